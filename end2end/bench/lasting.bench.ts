// A film that goes on after what interrupts it: for real, in real time, in full screen. What is recorded is what the video
// element said of itself, twenty times a second.

import { type Browser, type BrowserServer, type Page, chromium, expect } from '@playwright/test';
import { setTimeout as sleep } from 'node:timers/promises';

import { plan, report, serveAgain, test as plain } from '../support/bench';
import { open, titleNamed } from '../support/journey';
import { expectPlaying, pause, seek, wake } from '../support/player';

const { profile } = plan;
/** How long it is watched after a cause has ended. */
const WATCHED = 15_000;

interface Sample {
  /** Milliseconds since 1970. */
  at: number;
  /** The film's position in seconds. */
  position: number;
  /** Pictures so far. */
  pictures: number;
  is_full: boolean;
}

interface Recorded {
  name: string;
  /** From when on the position is the viewer's own wish; milliseconds since 1970. */
  since: number;
  begun: number;
  ended: number;
  /** Whether the browser stood still meanwhile. */
  stood_still: boolean;
  samples: Sample[];
}

declare global {
  interface Window {
    samples: Sample[];
  }
}

/** The server may be stopped, and another one be there afterwards. */
const test = plain.extend<{ launched: BrowserServer; film: Page }>({
  launched: async ({}, use) => {
    const { launchOptions } = test.info().project.use;
    const launched = await chromium.launchServer({ ...launchOptions, headless: true });
    await use(launched);
    await launched.close();
  },
  /** A page on which the long film plays in full screen and is recorded. */
  film: async ({ launched, baseURL }, use) => {
    const browser: Browser = await chromium.connect(launched.wsEndpoint());
    const page = await browser.newPage({ baseURL, viewport: { width: 1440, height: 900 } });
    const { id } = await titleNamed(page.request, plan.long.title);
    await open(page, `/title/${id}`);
    await page.locator(`main a[href^="/watch/${id}"]`).first().click();
    await expectPlaying(page);
    await page.keyboard.press('f');
    await expect.poll(() => page.evaluate(() => document.fullscreenElement !== null), { message: 'full screen' }).toBe(true);
    await page.evaluate(() => {
      window.samples = [];
      setInterval(() => {
        // Whatever element plays: whether it is the same is seen by the position.
        const video = document.querySelector('video');
        window.samples.push({
          at: Date.now(),
          position: video?.currentTime ?? -1,
          pictures: video?.getVideoPlaybackQuality().totalVideoFrames ?? 0,
          is_full: document.fullscreenElement !== null,
        });
      }, 50);
    });
    await sleep(3_000);
    await use(page);
    await browser.close();
  },
});
test.describe.configure({ mode: 'serial' });

const recorded: Recorded[] = [];

/** Watches what became of it, and keeps that. */
async function keep(page: Page, cause: Omit<Recorded, 'samples' | 'stood_still'> & { stood_still?: boolean }): Promise<void> {
  await sleep(WATCHED);
  const samples = await page.evaluate(() => window.samples);
  recorded.push({ stood_still: false, ...cause, samples });
  report({ causes: recorded });
}

/** Goes to where nothing is loaded; since when the film is to be there. */
async function seekAway(page: Page): Promise<number> {
  await seek(page, plan.long.seconds * 0.8);
  return Date.now();
}

test('a pause', async ({ film }) => {
  test.setTimeout(profile.pause_seconds * 1000 + 120_000);
  await pause(film);
  const begun = Date.now();
  await sleep(profile.pause_seconds * 1000);
  await wake(film);
  const ended = Date.now();
  await film.keyboard.press('k');
  await keep(film, { name: 'a pause', since: begun, begun, ended });
});

test('a browser that is stopped', async ({ film, launched }) => {
  test.setTimeout(profile.stopped_seconds * 1000 + 120_000);
  // It leads a group of its own, which is all of its processes.
  const group = -launched.process().pid!;
  const begun = Date.now();
  process.kill(group, 'SIGSTOP');
  try {
    await sleep(profile.stopped_seconds * 1000);
  } finally {
    process.kill(group, 'SIGCONT');
  }
  const ended = Date.now();
  await keep(film, { name: 'a stopped browser', since: begun - 1_000, begun, ended, stood_still: true });
});

test('a network that is away', async ({ film }) => {
  test.setTimeout(profile.offline_seconds * 1000 + 120_000);
  const begun = Date.now();
  await film.context().setOffline(true);
  await sleep(2_000);
  const since = await seekAway(film);
  await sleep(profile.offline_seconds * 1000 - 2_000);
  const ended = Date.now();
  await film.context().setOffline(false);
  await keep(film, { name: 'no network', since, begun, ended });
});

test('a server that is started anew', async ({ film, server }) => {
  test.setTimeout(180_000);
  const begun = Date.now();
  await server.stop();
  const since = await seekAway(film);
  const another = await serveAgain(server);
  const ended = Date.now();
  server.stop = another.stop;
  await keep(film, { name: 'a restarted server', since, begun, ended });
});
