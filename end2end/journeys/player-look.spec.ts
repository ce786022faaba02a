// What lies over the film can be read and is on the screen, however bright the film and however narrow the screen.

import { type Page } from '@playwright/test';

import { LONG } from '../support/films';
import { expect, TELEVISION, test } from '../support/journey';
import { PHONE } from '../support/layout';
import { watch } from '../support/player';

const phone = { isMobile: true, hasTouch: true, userAgent: PHONE };

const SCREENS = [
  { screen: 'the narrowest phone', device: { ...phone, viewport: { width: 320, height: 640 } } },
  { screen: 'a phone on its side', device: { ...phone, viewport: { width: 844, height: 390 } } },
  { screen: 'a desktop', device: { viewport: { width: 1440, height: 900 } } },
  { screen: 'a television', device: { viewport: { width: 1920, height: 1080 }, userAgent: TELEVISION } },
];

/** A film as bright as one can be, which stands still, so that the controls stay. */
async function whiteFilm(page: Page): Promise<void> {
  await page.locator('video').evaluate((video: HTMLVideoElement) => {
    video.pause();
    video.style.visibility = 'hidden';
    video.parentElement!.style.background = 'white';
  });
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
}

/** The least contrast (WCAG 2.2, 1.4.3) of a text's colour with what lies behind it, by the picture of the screen. */
async function contrast(page: Page, selector: string): Promise<number> {
  const element = page.locator(selector);
  const color = await element.evaluate((element: HTMLElement) => {
    const { color } = getComputedStyle(element);
    element.style.color = 'transparent';
    return color;
  });
  const box = (await element.boundingBox())!;
  const shot = (await page.screenshot({ clip: box, animations: 'disabled' })).toString('base64');
  return page.evaluate(
    async ([shot, color]) => {
      const bytes = Uint8Array.from(atob(shot), (letter) => letter.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
      const luminance = ([red, green, blue]: number[]) =>
        0.2126 * linear(red / 255) + 0.7152 * linear(green / 255) + 0.0722 * linear(blue / 255);
      const text = luminance(color.match(/\d+/g)!.map(Number));
      let least = 21;
      for (let at = 0; at < data.length; at += 4) {
        const behind = luminance([data[at], data[at + 1], data[at + 2]]);
        least = Math.min(least, (Math.max(text, behind) + 0.05) / (Math.min(text, behind) + 0.05));
      }
      return least;
    },
    [shot, color] as const,
  );
}

for (const { screen, device } of SCREENS) {
  test.describe(`on ${screen}`, () => {
    test.use(device);

    test('title and times can be read on a white film, the times left and right of the bar', async ({ page, request }) => {
      await watch(page, request, LONG.title);
      await whiteFilm(page);
      await page.evaluate(() => {
        const bar = document.querySelector('input[aria-label=Seek]')!.closest('div')!.parentElement!.parentElement!;
        const [left, , right] = bar.children;
        left.setAttribute('data-measured', 'time');
        right.setAttribute('data-measured', 'left');
      });
      const box = async (selector: string) => (await page.locator(selector).boundingBox())!;
      const [time, bar, left] = [await box('[data-measured=time]'), await box('input[aria-label=Seek]'), await box('[data-measured=left]')];
      if (device.viewport.width >= 768) {
        expect(time.x + time.width).toBeLessThanOrEqual(bar.x);
        expect(left.x).toBeGreaterThanOrEqual(bar.x + bar.width);
      } else {
        expect(time.x).toBeLessThan(left.x);
      }
      for (const selector of ['h1', '[data-measured=time]', '[data-measured=left]']) {
        expect(await contrast(page, selector), selector).toBeGreaterThanOrEqual(4.5);
      }
    });

    test('the picture of a place on the seek bar is on the screen from end to end', async ({ page, request }) => {
      await watch(page, request, LONG.title);
      await whiteFilm(page);
      const bar = (await page.getByRole('slider', { name: 'Seek' }).boundingBox())!;
      for (const part of [0.001, 0.4, 0.999]) {
        await page.mouse.move(bar.x + bar.width * part, bar.y + bar.height / 2);
        const bubble = page.locator('[style*="--at"]');
        await expect(bubble).toBeVisible();
        const { x, y, width } = (await bubble.boundingBox())!;
        expect(x, `${part}`).toBeGreaterThanOrEqual(0);
        expect(x + width, `${part}`).toBeLessThanOrEqual(device.viewport.width);
        expect(y, `${part}`).toBeGreaterThanOrEqual(0);
        const picture = (await bubble.locator('div').boundingBox())!;
        expect(picture.width, 'there is a picture').toBeGreaterThan(80);
        expect(picture.width / picture.height).toBeCloseTo(16 / 9, 1);
      }
    });
  });
}
