// Statistics over the film: what is known of how it plays, once a second, and closed by any hand.

import { type Page } from '@playwright/test';

import { LONG } from '../support/films';
import { expect, pressRemote, pressUntil, TELEVISION, test } from '../support/journey';
import { PHONE } from '../support/layout';
import { choose, menu, state, wake, watch } from '../support/player';

const overlay = (page: Page) => page.getByRole('group', { name: 'Statistics' });

/** The figures by their names. */
async function figures(page: Page): Promise<Record<string, string>> {
  return overlay(page).evaluate((overlay) =>
    Object.fromEntries([...overlay.querySelectorAll('dl > div')].map((line) => [...line.children].map((one) => one.textContent!))),
  );
}

test('I shows what is true of the film, and again hides it', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await choose(page, 'Quality', '360p');
  await choose(page, 'Captions', 'German');
  await page.keyboard.press('Escape');
  await expect.poll(async () => (await state(page)).height).toBe(360);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press('i');
  await expect(overlay(page)).toBeVisible();
  await expect.poll(async () => (await figures(page)).Picture).toBe('640 \u00d7 360');
  const first = await figures(page);
  expect(first).toMatchObject({ Offered: '1280 \u00d7 720', Sound: 'English', Captions: 'German', 'Played by': 'hls.js' });
  expect(first.Codecs).toMatch(/^avc1\.[0-9a-f]{6}, mp4a\.40\.2$/);
  expect(first['Bit rate']).toMatch(/^[\d.]+ [kM]bit\/s$/);
  expect(first.Connection).toMatch(/^[\d.]+ [kM]bit\/s$/);
  expect(first['Dropped frames']).toMatch(/^\d+ of \d+$/);
  expect(Number.parseFloat(first['Buffered ahead'])).toBeGreaterThan(1);
  await expect.poll(async () => (await figures(page)).Session, { message: 'it is looked at again' }).not.toBe(first.Session);
  await expect(overlay(page).locator('dl'), 'nothing is read out each second').toHaveAttribute('aria-live', 'off');
  await page.keyboard.press('i');
  await expect(overlay(page)).toHaveCount(0);
});

test('the menu opens it, its button and Escape close it', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await (await menu(page)).getByRole('button', { name: 'Statistics' }).click();
  await expect(overlay(page)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Quality, audio, captions and speed' })).toBeFocused();
  await overlay(page).getByRole('button', { name: 'Close the statistics' }).click();
  await expect(overlay(page)).toHaveCount(0);
  await (await menu(page)).getByRole('button', { name: 'Statistics' }).click();
  await page.keyboard.press('Escape');
  await expect(overlay(page)).toHaveCount(0);
});

test('keys of the list say so', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' }).getByText('Statistics')).toBeVisible();
});

test.describe('on a television', () => {
  test.use({ viewport: { width: 1920, height: 1080 }, userAgent: TELEVISION });

  test('arrows open it and skip beside it, and Back closes it and does not leave the film', async ({ page, request }) => {
    await watch(page, request, LONG.title);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await pressUntil(page, 'ArrowRight', page.getByRole('button', { name: 'Quality, audio, captions and speed' }));
    await page.keyboard.press('Enter');
    await pressUntil(page, 'ArrowDown', page.getByRole('button', { name: 'Statistics' }), 20);
    await page.keyboard.press('Enter');
    await expect(overlay(page)).toBeVisible();
    await pressRemote(page, { code: 10009 });
    await expect(overlay(page)).toHaveCount(0);
    await expect(page).toHaveURL(/\/watch\//);
  });
});

test.describe('on the narrowest phone', () => {
  test.use({ viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true, userAgent: PHONE });

  test('it lies within the screen, and a finger closes it', async ({ page, request }) => {
    await watch(page, request, LONG.title);
    await page.locator('video').evaluate((video: HTMLVideoElement) => video.pause());
    await page.getByRole('button', { name: 'Quality, audio, captions and speed' }).tap();
    await page.getByRole('group', { name: 'Playback settings' }).getByRole('button', { name: 'Statistics' }).tap();
    const box = (await overlay(page).boundingBox())!;
    expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= 320 && box.y + box.height <= 640, JSON.stringify(box)).toBe(true);
    await overlay(page).getByRole('button', { name: 'Close the statistics' }).tap();
    await expect(overlay(page)).toHaveCount(0);
  });
});

test('the figures are hidden from nobody who points at the film', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await page.keyboard.press('i');
  await wake(page);
  await page.mouse.click(900, 400);
  await expect.poll(async () => (await state(page)).paused, { message: 'beside it one presses the film' }).toBe(true);
  await expect(overlay(page)).toBeVisible();
});
