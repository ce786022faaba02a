// Pictures of every page for people to look at, at three sizes, dark and light. Not part of the tests:
//   MARQUEE_PICTURES=folder [MARQUEE_URL=http://127.0.0.1:3000] npx playwright test

import { type Page, test } from '@playwright/test';
import { join } from 'node:path';

const FOLDER = process.env.MARQUEE_PICTURES ?? 'results/pictures';
const TELEVISION = 'Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 TV Safari/537.36';
const PHONE = 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36';
const SIZES = [
  { size: 'phone', viewport: { width: 360, height: 800 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, userAgent: PHONE },
  { size: 'desktop', viewport: { width: 1440, height: 900 } },
  // A 4K television calls its screen 1920x1080 at two pixels to one.
  { size: 'tv', viewport: { width: 1920, height: 1080 }, deviceScaleFactor: 2, userAgent: TELEVISION },
];

for (const { size, ...device } of SIZES) {
  for (const colorScheme of ['dark', 'light'] as const) {
    test.describe(`${size}, ${colorScheme}`, () => {
      test.use({ ...device, colorScheme, baseURL: process.env.MARQUEE_URL });

      test(`every page at ${size} size, ${colorScheme}`, async ({ page }) => {
        test.setTimeout(180_000);
        const watchable: { id: string }[] = (await (await page.request.get('/api/v1/titles?watchable=true')).json()).items;
        const all: { id: string; video?: object }[] = (await (await page.request.get('/api/v1/titles')).json()).items;
        const plain = all.find((title) => !title.video);
        const pages: [string, string][] = [
          ['home', '/'],
          ['browse', '/browse'],
          ['browse-empty', '/browse?genre=Western&decade=1920&watchable=true'],
          ['search', '/search?q=godf'],
          ['search-empty', '/search?q=zzzzqqqq'],
          ['title-with-video', `/title/${watchable[0].id}`],
          ['title-without-video', `/title/${plain?.id}`],
          ['my-list-empty', '/my-list'],
          ['settings', '/settings'],
          ['sign-in', '/sign-in'],
          ['account', '/account'],
          ['profiles', '/profiles'],
          ['not-found', '/nowhere'],
        ];
        const keep = (name: string) => page.screenshot({ path: join(FOLDER, `${name}-${size}-${colorScheme}.png`) });
        for (const [name, address] of pages) {
          await page.goto(address);
          await page.locator('body[data-ready]').waitFor({ state: 'attached' });
          await drawn(page);
          await keep(name);
        }
        await page.goto(`/title/${watchable[0].id}`);
        await page.locator('body[data-ready]').waitFor({ state: 'attached' });
        await page.getByRole('main').getByRole('link', { name: /^(Play|Resume)/ }).first().click();
        await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 2, undefined, { timeout: 60_000 });
        await page.mouse.move(300, 300);
        await page.mouse.move(320, 300);
        await keep('watch');
        await page.getByRole('button', { name: 'Quality, audio, captions and speed' }).click();
        await keep('watch-menu');
      });
    });
  }
}

/** Every picture in sight is there, and nothing moves in any more. */
async function drawn(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.evaluate(async () => {
    await document.fonts.ready;
    const inSight = [...document.images].filter((image) => image.getBoundingClientRect().top < innerHeight);
    await Promise.allSettled(inSight.filter((image) => image.currentSrc).map((image) => image.decode()));
    const ending = document.getAnimations().filter((one) => one.effect?.getTiming().iterations !== Infinity);
    await Promise.allSettled(ending.map((one) => one.finished));
  });
}
