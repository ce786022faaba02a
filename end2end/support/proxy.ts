// What stands between a browser and a server, or does not: passes requests on, answers some by itself, and goes away and comes
// back at the same address.

import { type IncomingMessage, type Server, type ServerResponse, createServer, request as ask } from 'node:http';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';

import { freePort } from './server';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface Proxy {
  url: string;
  /** Refuses connections from now on, and breaks off those that are there. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

/** Answers at a free port of this machine. */
export async function listenWith(answer: Answer): Promise<Proxy> {
  const port = await freePort();
  let server: Server | undefined;
  const comeBack = async () => {
    server = createServer((request, response) => {
      Promise.resolve(answer(request, response)).catch(() => response.destroy());
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const goAway = async () => {
    const closed = new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    // One that was on its way in is there after the first time.
    const again = setInterval(() => server?.closeAllConnections(), 50);
    server?.closeAllConnections();
    await closed;
    clearInterval(again);
    server = undefined;
  };
  await comeBack();
  return { url: `http://127.0.0.1:${port}`, goAway, comeBack, stop: goAway };
}

/** Has `upstream` answer, with the browser's own address for itself. */
export function passOn(upstream: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const { method, headers } = incoming;
    const forwarded = ask(new URL(incoming.url ?? '/', upstream), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      answer.on('error', reject);
      outgoing.on('close', resolve);
    });
    forwarded.on('error', reject);
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
}

const TYPES: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.mjs': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

/** A static host of a single-page app: its files, and its page for every other address. */
export function fileOf(folder: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const path = normalize(new URL(incoming.url ?? '/', 'http://host').pathname);
  const asked = join(folder, path);
  const isFile = statSync(asked, { throwIfNoEntry: false })?.isFile() ?? false;
  if (!isFile && extname(path)) {
    outgoing.writeHead(404).end();
    return;
  }
  const file = isFile ? asked : join(folder, 'index.html');
  outgoing.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
  outgoing.end(readFileSync(file));
}
