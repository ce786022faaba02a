// How the journeys run: one real server of its own, one real Chromium, nothing tried twice.
// Must never hide that a journey fails now and then.

import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { defineConfig } from '@playwright/test';

// On servers of their own (`MARQUEE_TEST_STORES=real`) the stores are what is tried: how pages look and are worked does not
// hang on where things are kept, and is tried once.
// `journeys.json` says which servers each file is on then; `cargo xtask e2e` starts no others.
const NEEDS: Record<string, string[]> = JSON.parse(readFileSync(new URL('journeys.json', import.meta.url), 'utf8'));
const OF_THE_SCREEN = Object.keys(NEEDS)
  .filter((name) => NEEDS[name].length === 0)
  .map((name) => `${name}.spec.ts`);

export default defineConfig({
  outputDir: 'results/journeys',
  // What is measured has servers of its own.
  globalSetup: process.env.BENCH_PLAN ? undefined : './support/setup.ts',
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    colorScheme: 'dark',
    locale: 'en-GB',
    // Journeys that answer requests by themselves would not see those that a worker asks; offline.spec.ts allows it.
    serviceWorkers: 'block',
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: chromium(),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: projects(),
});

// Pictures of every page are made only when they are asked for: `MARQUEE_PICTURES=folder npx playwright test`. What
// `cargo xtask bench` measures in a browser is in `bench`, one thing at a time.
function projects() {
  if (process.env.BENCH_PLAN) {
    return [{ name: 'bench', testDir: 'bench', testMatch: '*.bench.ts' }];
  }
  return process.env.MARQUEE_PICTURES
    ? [{ name: 'pictures', testDir: '.', testMatch: 'pictures.ts' }]
    : [{ name: 'journeys', testDir: 'journeys', testMatch: '*.spec.ts', testIgnore: elsewhere() ? OF_THE_SCREEN : [] }];
}

function elsewhere(): boolean {
  return process.env.MARQUEE_TEST_STORES === 'real';
}

// The system's own browser, by the names that it goes by.
function chromium(): string {
  const folders = (process.env.PATH ?? '').split(':');
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
  if (!found) {
    throw new Error(`no browser is on the PATH: install one of ${names.join(', ')}`);
  }
  return found;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
