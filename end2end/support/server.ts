// A real `marquee serve` for one run: started, waited for, and stopped as an operator would.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

import { storesOf } from './stores';

/** How long a server may take to answer, and to end after SIGTERM. */
const PATIENCE = 30_000;

export interface Server {
  url: string;
  stop(): Promise<void>;
}

/** The path in an environment variable that `cargo xtask e2e` sets. */
export function given(variable: 'MARQUEE_BIN' | 'MARQUEE_SITE' | 'MARQUEE_TEST_CSR'): string {
  const value = process.env[variable];
  if (!value) {
    throw new Error(`${variable} is not set: run the journeys with \`cargo xtask e2e\``);
  }
  return value;
}

/**
 * Serves `data` with these settings, and writes what the server says to `log`: on a free port of this machine, or where a server
 * was before.
 */
export async function serve(data: string, log: string, settings: Record<string, string> = {}, before?: Server): Promise<Server> {
  const address = before ? new URL(before.url).host : `127.0.0.1:${await freePort()}`;
  const output = openSync(log, 'w');
  // The server takes every MARQUEE_ variable for a setting; these are the journeys' own.
  const { MARQUEE_URL: _, MARQUEE_TEST_CSR: __, ...environment } = process.env;
  const server = spawn(given('MARQUEE_BIN'), ['serve', '--data', data, '--address', address], {
    cwd: data,
    stdio: ['ignore', output, output],
    env: {
      ...environment,
      MARQUEE_SITE: given('MARQUEE_SITE'),
      // All journeys come from one address, faster than people do.
      MARQUEE_GATEWAY__LIMIT__REQUESTS_PER_SECOND: '10000',
      MARQUEE_GATEWAY__LIMIT__BURST: '100000',
      ...storesOf(data),
      ...settings,
    },
  });
  // However this process ends, it leaves nobody behind.
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  const url = `http://${address}`;
  try {
    await untilReady(server, url);
  } catch (error) {
    kill();
    throw new Error(`${error}\n${readFileSync(log, 'utf8')}`);
  }
  return {
    url,
    async stop() {
      await end(server);
      process.off('exit', kill);
    },
  };
}

async function untilReady(server: ChildProcess, url: string): Promise<void> {
  const latest = Date.now() + PATIENCE;
  while (Date.now() < latest) {
    if (server.exitCode !== null || server.signalCode !== null) {
      throw new Error('the server ended before it answered');
    }
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the server was not ready within ${PATIENCE / 1000} s`);
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) {
    throw new Error(`the server ended during the journeys (${server.exitCode ?? server.signalCode})`);
  }
  const ended = once(server, 'exit');
  const impatient = setTimeout(() => server.kill('SIGKILL'), PATIENCE);
  server.kill('SIGTERM');
  const [code] = await ended;
  clearTimeout(impatient);
  if (code !== 0) {
    throw new Error(`the server did not end well after SIGTERM (${code})`);
  }
}

export async function freePort(): Promise<number> {
  const listener = createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  await new Promise((closed) => listener.close(closed));
  if (address === null || typeof address === 'string') {
    throw new Error('no port is free');
  }
  return address.port;
}
