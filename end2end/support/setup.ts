// Before the first journey: a library, and a server that serves it. After the last, also where one failed: no server.

import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { libraryIn } from './library';
import { serve } from './server';

const RESULTS = join(dirname(fileURLToPath(import.meta.url)), '../results');
/** What the server said, for journeys that fail. */
export const LOG = join(RESULTS, 'server.log');

export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.MARQUEE_PICTURES && process.env.MARQUEE_URL) {
    return undefined;
  }
  mkdirSync(RESULTS, { recursive: true });
  const data = join(RESULTS, 'data');
  libraryIn(data);
  const server = await serve(data, LOG);
  // Workers inherit it.
  process.env.MARQUEE_URL = server.url;
  return async () => {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  };
}
