// A lock for the controls of what is held in a hand: touches do nothing until it is opened by a press that is held.

import { type Page } from '@playwright/test';

import { LONG } from '../support/films';
import { expect, test } from '../support/journey';
import { PHONE } from '../support/layout';
import { expectPlaying, state, watch } from '../support/player';

const layer = (page: Page) => page.getByRole('dialog', { name: 'The controls are locked' });
const hint = (page: Page) => page.getByText('Hold to unlock');

/** How visible something is, over all that it lies in. */
async function opacity(page: Page): Promise<number> {
  return hint(page).evaluate((element) => Number(getComputedStyle(element.parentElement!).opacity));
}

async function lock(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Lock the controls' });
  // A tap brings the controls only once they have gone.
  await expect.poll(() => button.evaluate((button) => getComputedStyle(button.parentElement!.parentElement!).opacity)).toBe('0');
  await page.touchscreen.tap(180, 300);
  await button.tap();
  await expect(layer(page)).toBeVisible();
}

/** A finger that stays for so long. */
async function hold(page: Page, milliseconds: number): Promise<void> {
  const { x, y, width, height } = (await hint(page).boundingBox())!;
  const session = await page.context().newCDPSession(page);
  const touchPoints = [{ x: x + width / 2, y: y + height / 2 }];
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
  await page.waitForTimeout(milliseconds);
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await session.detach();
}

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 800 }, isMobile: true, hasTouch: true, userAgent: PHONE });

  test.beforeEach(async ({ page, request }) => {
    await watch(page, request, LONG.title);
    // Time enough for all that follows.
    await page.locator('video').evaluate((video: HTMLVideoElement) => {
      video.loop = true;
    });
    await expect.poll(() => page.getByRole('button', { name: 'Pause', exact: true }).count()).toBe(1);
  });

  test('taps and double taps do nothing but say how to open it', async ({ page }) => {
    await lock(page);
    await expect.poll(() => opacity(page)).toBe(0);
    const { time } = await state(page);
    for (const [x, y] of [[350, 420], [350, 420], [180, 420], [180, 420], [30, 770], [180, 770], [16, 30]]) {
      await page.touchscreen.tap(x, y);
    }
    await expect.poll(() => opacity(page)).toBe(1);
    expect((await state(page)).paused).toBe(false);
    expect((await state(page)).time - time, 'no double tap skips').toBeLessThan(8);
    await expect(page).toHaveURL(/\/watch\//);
    await expect(layer(page)).toBeVisible();
    await expect.poll(() => opacity(page), { message: 'it goes again' }).toBe(0);
  });

  test('a press that is held for a second opens it, a shorter one does not', async ({ page }) => {
    await lock(page);
    await page.touchscreen.tap(180, 300);
    await expect.poll(() => opacity(page)).toBe(1);
    await hold(page, 400);
    await expect(layer(page)).toBeVisible();
    await hold(page, 1_300);
    await expect(layer(page)).toBeHidden();
    await expectPlaying(page);
    await page.touchscreen.tap(350, 420);
    await page.touchscreen.tap(350, 420);
    await expect(page.getByText('+10 s', { exact: true }), 'double taps skip again, and say so').toBeVisible();
  });

  test('Escape, which is Back on a phone, opens it, and other keys do nothing', async ({ page }) => {
    await lock(page);
    await page.keyboard.press('k');
    await page.keyboard.press('m');
    expect((await state(page)).paused).toBe(false);
    await expect(layer(page)).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(layer(page)).toBeHidden();
    await expect(page).toHaveURL(/\/watch\//);
  });

  test('a screen reader finds one button, which opens it', async ({ page }) => {
    await lock(page);
    const open = layer(page).getByRole('button');
    await expect(open).toHaveCount(1);
    await expect(open).toHaveAccessibleName('Unlock the controls');
    await open.evaluate((button: HTMLButtonElement) => button.click());
    await expect(layer(page)).toBeHidden();
  });
});

test.describe('on a desktop', () => {
  test('there is nothing to lock', async ({ page, request }) => {
    await watch(page, request, LONG.title);
    await expect(page.getByRole('button', { name: 'Quality, audio, captions and speed' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Lock the controls' })).toHaveCount(0);
  });
});
