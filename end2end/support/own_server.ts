// A server of its own for one file of journeys, from a fresh installation: accounts outlive a journey.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { test as journey } from './journey';
import { libraryIn } from './library';
import { type Server, serve } from './server';

/** What a browser logs by itself when a call is refused. */
export const REFUSED = /Failed to load resource: the server responded with a status of (401|403|409|412|422) /;

export const test = journey.extend<object, { hasLibrary: boolean; own: Server }>({
  hasLibrary: [false, { option: true, scope: 'worker' }],
  own: [
    async ({ hasLibrary }, use) => {
      const data = mkdtempSync(join(tmpdir(), 'marquee-own-'));
      if (hasLibrary) {
        libraryIn(data);
      }
      const server = await serve(data, join(data, 'server.log'));
      await use(server);
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ own }, use) => use(own.url),
});
