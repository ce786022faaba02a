// The sleep timer: pauses with a word, can be called off, and goes on with the next film of the queue.

import { type Page } from '@playwright/test';

import { LONG, SHORT } from '../support/films';
import { expect, TELEVISION, test, titleNamed } from '../support/journey';
import { choose, expectPlaying, menu, seek, state, watch } from '../support/player';

const MINUTE = 60_000;
const WORDS = 'Paused by the sleep timer';
const SOON = 'The film pauses in half a minute';

/** A film on a page whose clock can be set forward. Its timers are the browser's own: the app could not end made-up ones. */
async function begin(page: Page, request: Parameters<typeof watch>[1], name: string): Promise<void> {
  await page.addInitScript(() => {
    const { now } = Date;
    const shifted = window as unknown as { shift: number };
    shifted.shift = 0;
    Date.now = () => now.call(Date) + shifted.shift;
  });
  await watch(page, request, name);
}

/** So much time passes at once, and the app has looked at the clock since. */
async function pass(page: Page, milliseconds: number): Promise<void> {
  await page.evaluate((by) => {
    (window as unknown as { shift: number }).shift += by;
  }, milliseconds);
  await page.waitForTimeout(1_500);
}

const card = (page: Page) => page.getByRole('status').filter({ hasText: WORDS });

test('it says half a minute before that it will pause, pauses with a word, and goes on when one is awake', async ({ page, request }) => {
  await begin(page, request, LONG.title);
  await choose(page, 'Sleep timer', '15 min');
  await expect((await menu(page)).getByText('Pauses in 15 min')).toBeVisible();
  await page.keyboard.press('Escape');
  await pass(page, 14 * MINUTE);
  await expect(page.getByText(SOON)).toHaveCount(0);
  await pass(page, MINUTE / 2);
  await expect(page.getByRole('status').filter({ hasText: SOON })).toBeVisible();
  expect((await state(page)).paused).toBe(false);
  await pass(page, MINUTE / 2);
  await expect(card(page)).toBeVisible();
  await expect.poll(async () => (await state(page)).paused).toBe(true);
  await expect(page.getByText(SOON)).toHaveCount(0);
  await page.getByRole('button', { name: 'Keep watching' }).click();
  await expectPlaying(page);
  await expect(card(page)).toHaveCount(0);
  await expect((await menu(page)).getByRole('radio', { name: 'Off' }).last(), 'it is over').toBeChecked();
});

test('whoever is awake half a minute before calls it off', async ({ page, request }) => {
  await begin(page, request, LONG.title);
  await choose(page, 'Sleep timer', '30 min');
  await page.keyboard.press('Escape');
  await pass(page, 29.6 * MINUTE);
  await page.getByRole('button', { name: 'Keep watching' }).click();
  await expect(page.getByText(SOON)).toHaveCount(0);
  await pass(page, 2 * MINUTE);
  await expect(card(page)).toHaveCount(0);
  expect((await state(page)).paused).toBe(false);
});

test('the next film of the queue goes on with it', async ({ page, request }) => {
  await begin(page, request, SHORT.title);
  await choose(page, 'Sleep timer', '45 min');
  await page.keyboard.press('Escape');
  const next = page.getByRole('group', { name: 'Up next' });
  await expect(next).toBeVisible();
  await next.getByRole('link', { name: 'Play now' }).click();
  const { id } = await titleNamed(request, LONG.title);
  await expect(page).toHaveURL(new RegExp(`/watch/${id}$`));
  await expect.poll(async () => (await state(page)).ended).toBe(false);
  await expectPlaying(page);
  const choices = (await menu(page)).getByRole('group', { name: 'Sleep timer' });
  await expect(choices.getByRole('radio', { name: '45 min' })).toBeChecked();
  await page.keyboard.press('Escape');
  await pass(page, 45 * MINUTE);
  await expect(card(page)).toBeVisible();
  await expect.poll(async () => (await state(page)).paused).toBe(true);
});

test('after the film it was to end with nothing begins by itself', async ({ page, request }) => {
  await begin(page, request, SHORT.title);
  await choose(page, 'Sleep timer', 'End of film');
  await expect((await menu(page)).getByText('Nothing plays after this film')).toBeVisible();
  await page.keyboard.press('Escape');
  const next = page.getByRole('group', { name: 'Up next' });
  await expect(next).toBeVisible();
  await expect(next.getByText(WORDS)).toBeVisible();
  const address = page.url();
  // Longer than the countdown to the next film.
  await page.waitForTimeout(12_000);
  await expect(next).toBeVisible();
  expect(page.url()).toBe(address);
});

test.describe('on a television', () => {
  test.use({ viewport: { width: 1920, height: 1080 }, userAgent: TELEVISION });

  test('OK goes on with a film that it paused', async ({ page, request }) => {
    await begin(page, request, LONG.title);
    await page.locator('video').evaluate((video: HTMLVideoElement) => video.pause());
    await choose(page, 'Sleep timer', '15 min');
    await page.keyboard.press('Escape');
    await seek(page, 1);
    await page.locator('video').evaluate((video: HTMLVideoElement) => video.play());
    await pass(page, 15 * MINUTE);
    await expect(page.getByRole('button', { name: 'Keep watching' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expectPlaying(page);
  });
});
