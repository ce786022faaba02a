// A server of its own for one file of journeys, from a fresh installation: accounts outlive a journey.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { test as journey } from './journey';
import { type Server, serve } from './server';

/** What a browser logs by itself when a call is refused. */
export const REFUSED = /Failed to load resource: the server responded with a status of (401|403|409|412|422) /;

interface Installation {
  /** Fills the data folder before the server starts. */
  fill?: (data: string) => void;
  /** The name of this machine in addresses. */
  host?: string;
}

/**
 * Journeys on a server of their own. Each file calls this once: what two files shared would be one server for both,
 * whenever one worker runs them after each other.
 */
export function withOwnServer({ fill, host }: Installation = {}) {
  return journey.extend<object, { own: Server }>({
    own: [
      async ({}, use) => {
        const data = mkdtempSync(join(tmpdir(), 'marquee-own-'));
        fill?.(data);
        const server = await serve(data, join(data, 'server.log'));
        const url = host ? server.url.replace('127.0.0.1', host) : server.url;
        await use({ ...server, url });
        await server.stop();
        rmSync(data, { recursive: true, force: true });
      },
      // Filling may package a film, which takes as long as the machine is busy.
      { scope: 'worker', timeout: 180_000 },
    ],
    baseURL: async ({ own }, use) => use(own.url),
  });
}
