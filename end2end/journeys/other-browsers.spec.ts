// The browsers that are not Chromium: opening, signing in and playing, in the Firefox and the WebKit of this machine.

import { expect, test as plain } from '@playwright/test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { LONG } from '../support/films';
import { libraryIn } from '../support/library';
import { OTHER_BROWSERS, type OtherBrowser } from '../support/other_browsers';
import { serve } from '../support/server';

const PASSWORD = 'correct horse battery';

// Journeys of Chromium have a page of its own, which these do without.
const test = plain.extend<object, { url: string }>({
  url: [
    async ({}, use) => {
      const data = mkdtempSync(join(tmpdir(), 'marquee-others-'));
      libraryIn(data);
      const server = await serve(data, join(data, 'server.log'));
      const account = { login: 'ada', name: 'Ada', password: PASSWORD };
      const setup = await fetch(`${server.url}/api/v1/setup`, {
        method: 'POST',
        body: JSON.stringify(account),
        headers: { 'content-type': 'application/json', origin: server.url },
      });
      expect(setup.status).toBe(201);
      await use(server.url);
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    },
    { scope: 'worker', timeout: 180_000 },
  ],
});

test.describe.configure({ timeout: 120_000 });

/** What an expression in the page becomes, sooner or later. */
function becomes<T>(browser: OtherBrowser, expression: string, message: string) {
  return expect.poll(() => browser.evaluate<T>(expression), { message, timeout: 30_000 });
}

const button = (name: string) => `//button[normalize-space()='${name}' or @aria-label='${name}']`;

for (const [name, start] of Object.entries(OTHER_BROWSERS)) {
  test.describe(name, () => {
    let browser: OtherBrowser;
    test.beforeEach(async () => {
      browser = await start();
    });
    test.afterEach(() => browser.close());

    test(`${name} opens, signs in and plays a film: pictures come, it pauses, seeks and goes on`, async ({ url }) => {
      await browser.goto(`${url}/sign-in`);
      await becomes(browser, `document.body.hasAttribute('data-ready')`, 'the app takes the page over').toBe(true);
      await browser.fill(`//input[@autocomplete='username' or @name='login']`, 'ada');
      await browser.fill(`//input[@type='password']`, PASSWORD);
      await browser.click(`//main${button('Sign in')}`);
      await becomes(browser, 'location.pathname', 'whoever signed in is led on').toBe('/');

      await browser.goto(`${url}/search?q=${encodeURIComponent(LONG.title)}`);
      await browser.click(`//main//a[starts-with(@href, '/title/')]`);
      await becomes(browser, 'location.pathname', 'a title is opened').toMatch(/^\/title\//);
      await browser.click(`//main//a[starts-with(@href, '/watch/')]`);
      if (browser.wantsGesture) {
        const waits = `(video => video !== null && video.paused && video.readyState > 2)(document.querySelector('video'))`;
        await becomes(browser, waits, 'the film is there and waits for whoever watches').toBe(true);
        await browser.click(button('Play'));
      }
      await becomes(browser, `document.querySelector('video')?.currentTime ?? 0`, 'time passes').toBeGreaterThan(1);
      const frames = `document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames`;
      const before = await browser.evaluate<number>(frames);
      await becomes(browser, frames, 'pictures come').toBeGreaterThan(before + 5);
      expect(await browser.evaluate(`document.querySelector('video').videoHeight`)).toBeGreaterThan(0);
      expect(await browser.evaluate(`document.querySelectorAll('[role=alert]:not(:empty)').length`)).toBe(0);

      await browser.evaluate(`document.querySelector('video').pause()`);
      await becomes(browser, `document.querySelector('video').paused`, 'it pauses').toBe(true);
      await browser.evaluate(`document.querySelector('video').currentTime = 14`);
      await browser.click(button('Play'));
      await becomes(browser, `document.querySelector('video').currentTime`, 'it goes on from there').toBeGreaterThan(14.5);
      expect(await browser.evaluate(`document.querySelector('video').currentTime`)).toBeLessThan(22);
    });
  });
}
