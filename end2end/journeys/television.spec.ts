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

/** Holds OK on the card that has the focus, and goes down its sheet to this way. */
async function fromSheet(page: Page, name: string | RegExp): Promise<void> {
  await page.keyboard.down('Enter');
  await expect(page.getByRole('dialog').getByRole('button', { name: 'My list' })).toBeFocused();
  await page.keyboard.up('Enter');
  await pressUntil(page, 'ArrowDown', page.getByRole('dialog').getByRole('button', { name }));
  await page.keyboard.press('Enter');
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
  await expect(stars.getByRole('radio', { name: 'Half a star' }), 'from wherever one comes').toBeFocused();
  for (let presses = 0; presses < 6; presses += 1) {
    await page.keyboard.press('ArrowRight');
  }
  const chosen = stars.getByRole('radio', { name: '3½ stars' });
  await expect(chosen).toBeFocused();
  await expect(chosen, 'an arrow moves and does not choose').not.toBeChecked();
  const hintOfStars = page.getByText('3½ stars: press OK to rate', { exact: true });
  await expect(hintOfStars).toBeVisible();
  const fill = () => chosen.evaluate((radio) => getComputedStyle(radio.parentElement!.querySelector('svg')!).fill);
  expect(await fill(), 'it does not look given').toBe('none');
  await page.keyboard.press('Enter');
  await expect(hintOfStars).toHaveCount(0);
  expect(await fill()).not.toBe('none');
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
  await expect(row.locator('li button:visible'), 'arrows go from film to film').toHaveCount(0);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/watch/${id}`));
});

test('the sheet of a card takes a film off Continue watching and hides a row, and the focus goes on with the next card, then the next row', async ({ page }) => {
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
  await expect(stills.nth(1), 'one press a film').toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await fromSheet(page, 'Take off Continue watching');
  await expect(stills).toHaveCount(1);
  await expect(stills.first()).toBeFocused();
  await fromSheet(page, /^Hide the row .*Continue watching/);
  await expect(row).toHaveCount(0);
  await expect(page.locator('[data-focus-row]').first().locator('a:focus'), 'the next row').toHaveCount(1);
  const undo = notices(page).filter({ hasText: 'Continue watching' }).getByRole('button', { name: 'Undo' }).last();
  await pressUntil(page, 'ArrowDown', undo, 3);
  await page.keyboard.press('Enter');
  await expect(row, 'the row that was hidden is back').toHaveCount(1);
});

test('what is done in a sheet is said below what it offers, and Undo is reached by arrows', async ({ page }) => {
  await signIn(page);
  await withActions(page, '/browse?genre=Western');
  await reach(page, page.getByRole('main').getByRole('link', { name: /^High Noon/ }));
  await page.keyboard.down('Enter');
  const sheet = page.getByRole('dialog', { name: 'High Noon' });
  await expect(sheet.getByRole('button', { name: 'My list' })).toBeFocused();
  await page.keyboard.up('Enter');
  await expect(sheet.getByRole('button', { name: /^Hide the row/ }), 'a grid is no row').toHaveCount(0);
  const room = (await sheet.boundingBox())!.height;
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const said = notices(page).getByText(/is a favourite/);
  await expect(said).toBeVisible();
  await expect(notices(page).getByText(/is on My list/), 'one at a time').toHaveCount(0);
  const { y, height } = (await sheet.locator(':scope > :first-child').boundingBox())!;
  expect((await said.boundingBox())!.y, 'it covers nothing').toBeGreaterThanOrEqual(y + height);
  expect((await sheet.boundingBox())!.height, 'and nothing moves for it').toBeCloseTo(room, 1);
  await pressUntil(page, 'ArrowDown', notices(page).getByRole('button', { name: 'Undo' }), 20);
  await expectVisibleFocus(page);
  await page.keyboard.press('Enter');
  await expect(sheet.getByRole('button', { name: 'Favourite' })).toHaveAttribute('aria-pressed', 'false');
});
