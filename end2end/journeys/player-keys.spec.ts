// The player by keys: each does what the sheet says, and letters can be turned off (WCAG 2.2, 2.1.4).

import { LONG } from '../support/films';
import { expect, open, test, titleNamed } from '../support/journey';
import { expectPlaying, state, watch } from '../support/player';

test.beforeEach(async ({ page, request }) => {
  await watch(page, request, LONG.title);
  // The focus is nowhere: keys go to the player.
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
});

test('Space and K pause and play', async ({ page }) => {
  for (const key of [' ', 'k']) {
    await page.keyboard.press(key);
    await expect.poll(async () => (await state(page)).paused, { message: `${key} pauses` }).toBe(true);
    await page.keyboard.press(key);
    await expect.poll(async () => (await state(page)).paused, { message: `${key} plays` }).toBe(false);
  }
});

test('arrows, J, L, digits, Home and End seek', async ({ page }) => {
  await page.keyboard.press(' ');
  await expect.poll(async () => (await state(page)).paused).toBe(true);
  const steps: [string, (before: number) => number][] = [
    ['5', () => 12],
    ['ArrowRight', (before) => before + 5],
    ['ArrowLeft', (before) => before - 5],
    ['j', (before) => before - 10],
    ['l', (before) => before + 10],
    ['Home', () => 0],
    ['0', () => 0],
    ['End', () => LONG.seconds],
  ];
  let expected = 0;
  for (const [key, to] of steps) {
    expected = to(expected);
    await page.keyboard.press(key);
    const distance = async () => Math.abs((await state(page)).time - expected);
    await expect.poll(distance, { message: `${key} leads to ${expected} s` }).toBeLessThan(0.6);
  }
});

test('all arrows of the seek bar seek, and after a click on a button they still do', async ({ page }) => {
  await page.keyboard.press('5');
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await expect.poll(async () => (await state(page)).paused).toBe(true);
  const { time } = await state(page);
  const volume = () => page.locator('video').evaluate((video: HTMLVideoElement) => video.volume);
  const before = await volume();
  const expectMoved = (by: number, key: string) =>
    expect.poll(async () => Math.abs((await state(page)).time - time - by), { message: key }).toBeLessThan(0.6);
  await page.keyboard.press('ArrowRight');
  await expectMoved(5, 'Right after a click on a button');
  await page.keyboard.press('ArrowLeft');
  await expectMoved(0, 'Left after a click on a button');
  await page.getByRole('slider', { name: 'Seek' }).focus();
  for (const [key, by] of [['ArrowUp', 5], ['ArrowDown', 0], ['ArrowRight', 5], ['ArrowLeft', 0]] as const) {
    await page.keyboard.press(key);
    await expectMoved(by, `${key} on the bar`);
  }
  expect(await volume()).toBe(before);
});

test('arrows up and down, and M, change the volume', async ({ page }) => {
  const volume = () => page.locator('video').evaluate((video: HTMLVideoElement) => (video.muted ? 0 : video.volume));
  const before = await volume();
  await page.keyboard.press('ArrowDown');
  await expect.poll(volume).toBeCloseTo(before - 0.05, 2);
  await page.keyboard.press('ArrowUp');
  await expect.poll(volume).toBeCloseTo(before, 2);
  await page.keyboard.press('m');
  await expect.poll(volume).toBe(0);
  await page.keyboard.press('m');
  await expect.poll(volume).toBeCloseTo(before, 2);
});

test('C shows captions, F fills the screen, and signs change the speed', async ({ page }) => {
  await page.keyboard.press('c');
  await expect(page.getByText(/^(This is second|Das ist Sekunde)/).first()).toBeVisible();
  await page.keyboard.press('c');
  await expect(page.getByText(/^(This is second|Das ist Sekunde)/)).toHaveCount(0);

  const rate = () => page.locator('video').evaluate((video: HTMLVideoElement) => video.playbackRate);
  await page.keyboard.press('>');
  await expect.poll(rate).toBe(1.25);
  await page.keyboard.press('<');
  await expect.poll(rate).toBe(1);

  const isFull = () => page.evaluate(() => document.fullscreenElement !== null);
  await page.keyboard.press('f');
  await expect.poll(isFull).toBe(true);
  await page.keyboard.press('f');
  await expect.poll(isFull).toBe(false);
});

test('comma and full stop go by single frames', async ({ page }) => {
  await page.keyboard.press('5');
  await page.keyboard.press('.');
  await expect.poll(async () => (await state(page)).paused).toBe(true);
  const { time } = await state(page);
  await page.keyboard.press('.');
  await expect.poll(async () => (await state(page)).time - time).toBeCloseTo(1 / 24, 2);
  await page.keyboard.press(',');
  await expect.poll(async () => (await state(page)).time - time).toBeCloseTo(0, 2);
});

test('the question mark shows the keys, and Escape closes the sheet', async ({ page }) => {
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keys' });
  await expect(sheet).toBeVisible();
  await expect(sheet.getByRole('button', { name: 'Close' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
});

test('letters do nothing where the setting turns them off, and Space still pauses', async ({ page, request }) => {
  await open(page, '/settings');
  const letters = page.getByRole('switch', { name: /Letter shortcuts/ });
  await expect(letters).toBeChecked();
  const saved = page.waitForResponse((response) => response.url().endsWith('/api/v1/snapshot') && response.request().method() === 'PATCH');
  await letters.press('Space');
  await expect(letters).not.toBeChecked();
  expect((await saved).ok()).toBe(true);

  await open(page, `/title/${(await titleNamed(request, LONG.title)).id}`);
  await page.getByRole('main').getByRole('link', { name: /^(Play|Resume)/ }).first().click();
  await expectPlaying(page);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press('m');
  await page.keyboard.press('?');
  await page.keyboard.press('k');
  await page.keyboard.press('c');
  const { paused } = await state(page);
  expect(paused).toBe(false);
  expect(await page.locator('video').evaluate((video: HTMLVideoElement) => video.muted)).toBe(false);
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press(' ');
  await expect.poll(async () => (await state(page)).paused).toBe(true);
});
