// What was done can be undone, as long as its note is there; what nobody undoes is done, also where the tab goes at once.

import { type Page } from '@playwright/test';

import { LONG } from '../support/films';
import { expect, open, test } from '../support/journey';
import { expectPlaying, pause, seek, watch } from '../support/player';

const row = (page: Page) => page.getByRole('region', { name: 'Continue watching' });
const begun = async (page: Page) => (await (await page.request.get('/api/v1/continue-watching')).json()).length;

/** A film that was begun is taken off Continue watching. */
async function takeOff(page: Page): Promise<void> {
  await watch(page, page.request, LONG.title);
  await seek(page, 12);
  await expectPlaying(page);
  await pause(page);
  await expect.poll(() => begun(page)).toBe(1);
  await open(page, '/');
  await row(page).getByRole('listitem').hover();
  await row(page).getByRole('button', { name: `Take ${LONG.title} off Continue watching` }).click();
  await expect(row(page)).toHaveCount(0);
}

test('Undo brings back what was taken off Continue watching, here and on the server', async ({ page }) => {
  await takeOff(page);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(row(page).getByRole('link', { name: new RegExp(LONG.title) })).toBeVisible();
  await expect.poll(() => begun(page), 'it is on the server again').toBe(1);
  await page.reload();
  await expect(row(page).getByRole('link', { name: new RegExp(LONG.title) })).toContainText(/\d+ s left/);
});

test('Undo holds where what it takes back is longer on its way than the viewer takes to press it', async ({ page }) => {
  await page.route('**/api/v1/titles/*/progress?*', async (route) => {
    if (route.request().method() === 'DELETE') {
      await new Promise((resolve) => setTimeout(resolve, 3_000));
    }
    await route.continue();
  });
  await takeOff(page);
  const restored = page.waitForResponse((answer) => answer.request().method() === 'PUT' && /\/progress$/.test(answer.url()));
  await page.getByRole('button', { name: 'Undo' }).click();
  expect((await restored).status()).toBe(204);
  expect(await begun(page)).toBe(1);
  await page.reload();
  await expect(row(page).getByRole('link', { name: new RegExp(LONG.title) })).toContainText(/\d+ s left/);
});

test('what nobody undoes is done, also where the tab is closed at once', async ({ page, context }) => {
  await takeOff(page);
  await page.close();
  const later = await context.newPage();
  await expect.poll(() => begun(later), 'it is gone on the server').toBe(0);
  await open(later, '/');
  await expect(row(later)).toHaveCount(0);
});

test('a film that is marked as watched where nobody knows how far it was seen is not to be gone on with, until Undo', async ({ page }) => {
  await watch(page, page.request, LONG.title);
  await seek(page, 12);
  await expectPlaying(page);
  await pause(page);
  await expect.poll(() => begun(page)).toBe(1);
  await open(page, `/search?q=${encodeURIComponent(LONG.title)}`);
  const card = page.getByRole('main').getByRole('link', { name: new RegExp(`^${LONG.title}`) }).first();
  await card.focus();
  await page.keyboard.press('w');
  await expect(page.getByText(/ is marked as watched\.$/)).toBeVisible();
  await expect.poll(() => begun(page)).toBe(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(() => begun(page)).toBe(1);
  await card.click();
  await expect(page.getByRole('link', { name: /^Resume/ })).toBeVisible();
});
