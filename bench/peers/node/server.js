// One title by id, as one would write it with Fastify and better-sqlite3: an access token in a cookie is checked (JWT, HS256,
// the claims that Marquee's has), then the reply is read by a prepared statement. Two workers share the port.
//
//   node server.js fill DATABASE < REPLIES       one reply to a line, `{"id": ..., "body": "..."}`
//   SECRET=... node server.js cookie             the cookie of somebody who is signed in
//   SECRET=... node server.js serve DATABASE PORT    until its standard input ends
//
// `/constant/ID` does everything but the reading: what Fastify itself is good for here. Must never answer without a token.

import cluster from 'node:cluster';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import Fastify from 'fastify';

const WORKERS = 2;
const SKEW_SECONDS = 30;
const COOKIE = 'marquee_access';

const [command, file, port] = process.argv.slice(2);
if (command === 'fill') {
  await fill();
} else if (command === 'cookie') {
  console.log(`${COOKIE}=${token()}`);
} else if (cluster.isPrimary) {
  for (let worker = 0; worker < WORKERS; worker += 1) cluster.fork();
  // Nobody measures one worker of two.
  cluster.on('exit', () => process.exit(1));
  process.stdin.on('end', () => process.exit(0)).resume();
} else {
  await serve();
}

async function fill() {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.exec('CREATE TABLE titles (id TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL)');
  const insert = database.prepare('INSERT INTO titles (id, body) VALUES (?, ?)');
  database.exec('BEGIN');
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, body } = JSON.parse(line);
    insert.run(id, body);
  }
  database.exec('COMMIT');
  database.close();
}

async function serve() {
  const database = new Database(file, { readonly: true });
  database.pragma('mmap_size = 268435456');
  const read = database.prepare('SELECT body FROM titles WHERE id = ?').pluck();
  const constant = database.prepare('SELECT body FROM titles LIMIT 1').pluck().get();
  const fastify = Fastify({ logger: false });

  fastify.addHook('onRequest', (request, reply, done) => {
    if (tokenHolds(cookie(request.headers.cookie))) done();
    else reply.code(401).send();
  });
  const json = (reply, body) => reply.header('content-type', 'application/json').send(body);
  fastify.get('/api/v1/titles/:id', (request, reply) => {
    const body = read.get(request.params.id);
    if (body === undefined) reply.code(404).send();
    else json(reply, body);
  });
  fastify.get('/constant/:id', (request, reply) => { json(reply, constant); });
  await fastify.listen({ host: '127.0.0.1', port: Number(port) });
}

function cookie(header = '') {
  for (const pair of header.split('; ')) {
    if (pair.startsWith(`${COOKIE}=`)) return pair.slice(COOKIE.length + 1);
  }
  return '';
}

function token() {
  const now = Math.floor(Date.now() / 1000);
  const head = encoded({ alg: 'HS256', typ: 'JWT', kid: '1' });
  const claims = encoded({ iss: 'marquee', aud: 'marquee-gateway', sub: 'account', sid: 'sign-in', gen: 1, iat: now, exp: now + 3600 });
  return `${head}.${claims}.${signed(`${head}.${claims}`).toString('base64url')}`;
}

function signed(text) {
  return createHmac('sha256', process.env.SECRET).update(text).digest();
}

function encoded(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function tokenHolds(token) {
  const [head, claims, signature] = token.split('.');
  if (signature === undefined) return false;
  const given = Buffer.from(signature, 'base64url');
  const made = signed(`${head}.${claims}`);
  if (given.length !== made.length || !timingSafeEqual(given, made)) return false;
  if (decoded(head).alg !== 'HS256') return false;
  const { iss, aud, exp, sub } = decoded(claims);
  return iss === 'marquee' && aud === 'marquee-gateway' && typeof sub === 'string' && exp + SKEW_SECONDS >= Date.now() / 1000;
}

function decoded(part) {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}
