// A television beside its player: what is said for a while is reached by arrows, and so are stars and reviews; OK that is held on
// any card asks for more.

import { type Page } from '@playwright/test';

import { LONG, SHORT } from '../support/films';
import { expect, expectVisibleFocus, open, pressUntil, reach, TELEVISION, titleNamed } from '../support/journey';
import { libraryIn } from '../support/library';
import { REFUSED, withOwnServer } from '../support/own_server';

const PASSWORD = 'correct horse battery';

const test = withOwnServer({ fill: libraryIn });
test.describe.configure({ mode: 'serial' });
test.use({ allowed: [REFUSED], viewport: { width: 1920, height: 1080 }, userAgent: TELEVISION });

const notices = (page: Page) => page.getByRole('region', { name: 'Notices' });
const hint = (page: Page) => page.getByText('Hold OK for more');
const watchlist = async (page: Page): Promise<string[]> => (await (await page.request.get('/api/v1/marks')).json()).watchlist;
const focused = (page: Page) => page.evaluate(() => document.activeElement?.outerHTML.slice(0, 160) ?? '');

async function signIn(page: Page): Promise<void> {
  const made = await page.request.post('/api/v1/setup', { data: { login: 'ada', name: 'Ada', password: PASSWORD } });
  if (made.status() !== 201) {
    expect((await page.request.post('/api/v1/sign-in', { data: { login: 'ada', password: PASSWORD } })).status()).toBe(201);
  }
}

async function withActions(page: Page, address: string): Promise<void> {
  await open(page, address);
  await expect(page.locator('[data-card-actions]')).toBeAttached();
}

/** Puts the title that has the focus on "My list", or takes it off. */
async function toggleListed(page: Page): Promise<void> {
  await page.keyboard.down('Enter');
  await expect(page.getByRole('dialog').getByRole('button', { name: 'My list' })).toBeFocused();
  await page.keyboard.up('Enter');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
}

test('the way down leads to the Undo of a notice from a card, and back, and on', async ({ page }) => {
  await signIn(page);
  await withActions(page, '/browse?genre=Western');
  const card = page.getByRole('main').getByRole('link', { name: /^Unforgiven/ });
  await reach(page, card);
  await toggleListed(page);
  await expect(card).toBeFocused();
  const undo = notices(page).getByRole('button', { name: 'Undo' });
  await expect(undo).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await expect(undo).toBeFocused();
  await expectVisibleFocus(page);
  await page.keyboard.press('ArrowRight');
  await expect(notices(page).getByRole('button', { name: 'Close' })).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(card, 'up leads back').toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.waitForTimeout(16_000);
  await expect(undo, 'what has the focus stays').toBeFocused();
  await page.keyboard.press('Enter');
  await expect.poll(() => watchlist(page)).toEqual([]);
  await expect(card).toBeFocused();

  await page.keyboard.press('ArrowUp');
  const above = await focused(page);
  await page.keyboard.press('ArrowDown');
  await expect(card).toBeFocused();
  await toggleListed(page);
  await expect(undo).toBeVisible();
  await page.keyboard.press('ArrowUp');
  await expect.poll(() => focused(page), 'up is not held up by it').toBe(above);
  await page.keyboard.press('ArrowDown');
  await expect(undo, 'and from there it is reached as well').toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(card, 'on, to what lies below where it came from').toBeFocused();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowDown');
  await expect(card, 'who went past it is not held up again').toBeFocused();
});

test('stars and the way to a review are on the way down a title, and OK works them', async ({ page }) => {
  await signIn(page);
  const { id } = await titleNamed(page.request, 'Alien');
  await withActions(page, `/title/${id}`);
  const stars = page.getByRole('group', { name: 'Your rating' });
  await expect(stars).toBeVisible();
  const write = page.getByRole('button', { name: 'Write a review' });
  await pressUntil(page, 'ArrowDown', stars.locator('input:focus'), 20);
  await expectVisibleFocus(page);
  await pressUntil(page, 'ArrowLeft', stars.getByRole('radio', { name: 'Half a star' }));
  for (let presses = 0; presses < 6; presses += 1) {
    await page.keyboard.press('ArrowRight');
  }
  const chosen = stars.getByRole('radio', { name: '3½ stars' });
  await expect(chosen).toBeFocused();
  await expect(chosen, 'an arrow moves and does not choose').not.toBeChecked();
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await (await page.request.get(`/api/v1/titles/${id}/review`)).json()).review?.half_stars).toBe(7);
  await page.keyboard.press('ArrowDown');
  await pressUntil(page, 'ArrowLeft', write, 2);
  await page.keyboard.press('ArrowUp');
  await expect(chosen, 'where one rated').toBeFocused();
  await page.keyboard.press('ArrowUp');
  expect(await stars.locator('input:focus').count(), 'and up leads out').toBe(0);
  await pressUntil(page, 'ArrowDown', write, 4);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Your review' })).toBeFocused();
});

test('OK that is held opens the sheet of a film that was begun, and short it plays; the card says that it can be held', async ({ page }) => {
  await signIn(page);
  const { id } = await titleNamed(page.request, LONG.title);
  expect((await page.request.put(`/api/v1/titles/${id}/progress`, { data: { position: 12 } })).ok()).toBe(true);
  await withActions(page, '/');
  const row = page.getByRole('region', { name: 'Continue watching' });
  const still = row.locator(`a[href="/watch/${id}"]`);
  await expect(still).toBeVisible();
  await reach(page, still);
  await expect(hint(page)).toBeVisible();
  await page.keyboard.down('Enter');
  const sheet = page.getByRole('dialog', { name: LONG.title });
  await expect(sheet).toBeVisible();
  await page.keyboard.up('Enter');
  await expect(page).toHaveURL(/\/$/);
  await expect(hint(page), 'nothing of it can be held').toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(still).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(row.getByRole('button', { name: `Take ${LONG.title} off Continue watching` })).toBeFocused();
  await expect(hint(page)).toHaveCount(0);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/watch/${id}`));
});

test('OK that is held on what takes a film off does that alone, and the focus goes on with the next card, then the next row', async ({ page }) => {
  await signIn(page);
  for (const [name, position] of [[LONG.title, 12], [SHORT.title, 2]] as const) {
    const { id } = await titleNamed(page.request, name);
    expect((await page.request.put(`/api/v1/titles/${id}/progress`, { data: { position } })).ok()).toBe(true);
  }
  await withActions(page, '/');
  const row = page.getByRole('region', { name: 'Continue watching' });
  const stills = row.locator('a[href^="/watch/"]');
  await expect(stills).toHaveCount(2);
  await reach(page, stills.first());
  await page.keyboard.press('ArrowDown');
  // What was left off elsewhere may be offered: the way down leads through that.
  if (await page.locator('[data-notices] :focus').count()) await page.keyboard.press('ArrowDown');
  await expect(page.locator('[data-focus-row] a:focus'), 'a card, and no heading').toHaveCount(1);
  await page.keyboard.press('ArrowUp');
  await expect(stills.first()).toBeFocused();
  await page.keyboard.press('ArrowRight');
  for (let repeats = 0; repeats < 10; repeats += 1) {
    await page.keyboard.down('Enter');
    await page.waitForTimeout(100);
  }
  await page.keyboard.up('Enter');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(stills).toHaveCount(1);
  await expect(stills.first()).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(row).toHaveCount(0);
  await expect(page.locator('[data-focus-row]').first().locator('a:focus')).toHaveCount(1);
});
