// Cards by keyboard, mouse and finger: what can be done with one, before its code is there and after; where the focus goes on; Play.

import { type Page } from '@playwright/test';

import { LONG } from '../support/films';
import { expect, open, pressLong, pressUntil, test, titleNamed } from '../support/journey';

const actions = (page: Page) => page.locator('[data-card-actions]');
const card = (page: Page, name: string) =>
  page.getByRole('main').getByRole('listitem').filter({ has: page.getByRole('link', { name: new RegExp(`^${name}`) }) }).first();
const link = (page: Page, name: string) => card(page, name).getByRole('link', { name: new RegExp(`^${name}`) }).first();
const sheet = (page: Page, name: string) => page.getByRole('dialog', { name });
const marks = async (page: Page) => (await page.request.get('/api/v1/marks')).json();

test('the sheet of a card gives the focus back to the card, by keyboard', async ({ page }) => {
  await open(page, '/browse?genre=Western');
  await expect(actions(page)).toBeAttached();
  await link(page, 'High Noon').focus();
  const all = card(page, 'High Noon').getByRole('button', { name: 'Lists and more' });
  await expect(all).toBeVisible();
  await pressUntil(page, 'Tab', all);
  await page.keyboard.press('Enter');
  await expect(sheet(page, 'High Noon').getByRole('button', { name: 'My list' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect(sheet(page, 'High Noon')).toBeHidden();
  await expect(link(page, 'High Noon')).toBeFocused();
});

/** The code of what cards can do is under way until what is given back is called. */
async function holdCode(page: Page): Promise<() => void> {
  let deliver = () => {};
  const delivered = new Promise<void>((resolve) => (deliver = resolve));
  await page.route(/split_card_actions.*\.wasm/, async (route) => {
    await delivered;
    await route.continue();
  });
  return deliver;
}

test('a card that the keyboard came to before the buttons were there gets them', async ({ page }) => {
  for (const name of ['Alien', 'Jaws']) {
    const { id } = await titleNamed(page.request, name);
    expect((await page.request.put(`/api/v1/lists/watchlist/titles/${id}`, { data: {} })).status()).toBe(204);
  }
  const deliver = await holdCode(page);
  await open(page, '/my-list');
  await pressUntil(page, 'Tab', link(page, 'Jaws'), 30);
  await expect(actions(page)).toHaveCount(0);
  deliver();
  await expect(card(page, 'Jaws').getByRole('button', { name: 'Favourite' })).toBeVisible();
});

test('letters that were pressed before their code is there are not lost', async ({ page }) => {
  await page.request.put('/api/v1/history-settings', { data: { is_kept: true } });
  const deliver = await holdCode(page);
  await open(page, '/browse?genre=Western');
  await link(page, 'The Searchers').focus();
  await page.keyboard.press('l');
  await page.keyboard.press('f');
  await link(page, 'Stagecoach').focus();
  await page.keyboard.press('w');
  deliver();
  const [searchers, stagecoach] = await Promise.all(['The Searchers', 'Stagecoach'].map((name) => titleNamed(page.request, name)));
  await expect.poll(() => marks(page)).toEqual({ watchlist: [searchers.id], favourites: [searchers.id], watched: [stagecoach.id] });
});

test.describe('by a finger', () => {
  test.use({ viewport: { width: 360, height: 800 }, hasTouch: true, isMobile: true });

  test('a long press before its code is there follows no link, and opens the sheet once it is', async ({ page }) => {
    const deliver = await holdCode(page);
    await open(page, '/browse?genre=Western');
    await pressLong(page, link(page, 'High Noon'));
    await page.waitForTimeout(500);
    await expect(page).toHaveURL(/\/browse/);
    await expect(page.getByRole('dialog')).toHaveCount(0);
    deliver();
    await expect(sheet(page, 'High Noon')).toBeVisible();
    await sheet(page, 'High Noon').getByRole('button', { name: 'Close' }).tap();
    await link(page, 'High Noon').tap();
    await expect(page, 'a short one does').toHaveURL(/\/title\//);
  });

  test('a long press that no click ended swallows none that comes later, as of a screen reader', async ({ page }) => {
    const deliver = await holdCode(page);
    await open(page, '/browse?genre=Western');
    await pressLong(page, link(page, 'High Noon'));
    deliver();
    await expect(sheet(page, 'High Noon')).toBeVisible();
    await page.waitForTimeout(600);
    await sheet(page, 'High Noon').getByRole('button', { name: 'Close' }).evaluate((button: HTMLElement) => button.click());
    await expect(sheet(page, 'High Noon')).toHaveCount(0);
  });
});

test('what was watched has a mark on its card, and no more once that is taken back', async ({ page }) => {
  await page.request.put('/api/v1/history-settings', { data: { is_kept: true } });
  await open(page, '/browse?genre=Western');
  await expect(actions(page)).toBeAttached();
  const mark = card(page, 'Stagecoach').getByRole('img', { name: 'Watched' });
  await link(page, 'Stagecoach').focus();
  await expect(mark).toHaveCount(0);
  await page.keyboard.press('w');
  await expect(mark).toBeVisible();
  await expect(card(page, 'Stagecoach').getByRole('button', { name: 'Favourite' }), 'who marks a card sees how').toBeVisible();
  await page.keyboard.press('w');
  await expect(mark).toHaveCount(0);
});

test('a card of a film that can be played has a Play under the pointer and under the focus', async ({ page }) => {
  await open(page, '/');
  const row = page.getByRole('region', { name: 'Ready to watch' });
  const film = row.getByRole('listitem').filter({ hasText: LONG.title });
  const play = film.getByRole('link', { name: `Play ${LONG.title}` });
  const opacity = () => play.evaluate((element) => getComputedStyle(element).opacity);
  expect(await opacity()).toBe('0');
  await film.hover();
  await expect.poll(opacity).toBe('1');
  await page.mouse.move(0, 0);
  await expect.poll(opacity).toBe('0');
  await film.getByRole('link').first().focus();
  await expect.poll(opacity).toBe('1');
  await page.keyboard.press('Tab');
  await expect(play).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/watch\//);
});

test('a title is taken off a list of one\u2019s own by one press on its card, and Undo brings it back to its place with its note', async ({ page }) => {
  const list = 'westernswesterns0001';
  expect((await page.request.put(`/api/v1/lists/${list}`, { data: { name: 'Westerns' } })).status()).toBe(200);
  for (const [name, note] of [['Stagecoach', ''], ['High Noon', 'With Kim.'], ['Unforgiven', '']]) {
    const { id } = await titleNamed(page.request, name);
    const data = note ? { note } : {};
    expect((await page.request.put(`/api/v1/lists/${list}/titles/${id}`, { data })).status()).toBe(204);
  }
  const onList = async (): Promise<string[]> => {
    const answer: { items: { title: string }[] } = await (await page.request.get(`/api/v1/lists/${list}`)).json();
    return answer.items.map(({ title }) => title);
  };
  const before = await onList();
  await open(page, `/my-list?list=${list}`);
  await expect(actions(page)).toBeAttached();
  await card(page, 'High Noon').hover();
  await page.getByRole('button', { name: /^Take .*High Noon.* off .*Westerns/ }).click();
  await expect(card(page, 'High Noon')).toHaveCount(0);
  await expect.poll(onList).toEqual(before.filter((name) => name !== 'High Noon'));
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(onList).toEqual(before);
  await expect(card(page, 'High Noon').getByText('With Kim.')).toBeVisible();
});

test.describe('the page of lists on a phone', () => {
  test.use({ viewport: { width: 360, height: 800 }, hasTouch: true, isMobile: true });

  test('a title is taken off My list, favourites and a list of one\u2019s own by the same button in its poster\u2019s corner', async ({ page }) => {
    const { id } = await titleNamed(page.request, 'High Noon');
    const list = 'westernswesterns0002';
    expect((await page.request.put(`/api/v1/lists/${list}`, { data: { name: 'Westerns' } })).status()).toBe(200);
    for (const address of ['lists/watchlist/titles', 'favourites', `lists/${list}/titles`]) {
      expect((await page.request.put(`/api/v1/${address}/${id}`, { data: {} })).ok(), address).toBe(true);
    }
    for (const [address, from] of [
      ['/my-list', /^Take .*High Noon.* off My list$/],
      ['/my-list?list=favourites', /^Take .*High Noon.* off favourites$/],
      [`/my-list?list=${list}`, /^Take .*High Noon.* off .*Westerns/],
    ] as const) {
      await open(page, address);
      const off = page.getByRole('button', { name: from });
      await expect(off, address).toBeVisible();
      const [button, poster] = [(await off.boundingBox())!, (await card(page, 'High Noon').locator('img').boundingBox())!];
      expect(Math.min(button.width, button.height), 'a finger hits it').toBeGreaterThanOrEqual(43.9);
      const seen = await off.evaluate((element) => parseFloat(getComputedStyle(element, '::before').width));
      expect(seen, 'and the poster\u2019s title is seen').toBeLessThanOrEqual(30);
      expect(Math.abs(button.x + button.width - poster.x - poster.width)).toBeLessThanOrEqual(5);
      expect(Math.abs(button.y - poster.y)).toBeLessThanOrEqual(5);
      await off.tap();
      await expect(card(page, 'High Noon')).toHaveCount(0);
      await page.getByRole('button', { name: 'Undo' }).click();
      await expect(card(page, 'High Noon')).toHaveCount(1);
    }
  });

  test('lists that the screen is too narrow for are cut softly, and what is done with a title has one height', async ({ page }) => {
    for (const [at, name] of ['A rather long name', 'Another long name', 'A third one'].entries()) {
      expect((await page.request.put(`/api/v1/lists/listofmanynames0000${at}`, { data: { name } })).status()).toBe(200);
    }
    await open(page, '/my-list');
    const line = page.getByRole('navigation', { name: 'Lists' }).getByRole('list');
    await expect(line).toHaveAttribute('data-at', 'start');
    expect(await line.evaluate((element) => getComputedStyle(element).maskImage)).toContain('gradient');
    await line.evaluate((element) => element.scrollTo(element.scrollWidth, 0));
    await expect(line).toHaveAttribute('data-at', 'end');

    const { id } = await titleNamed(page.request, 'Vertigo');
    await open(page, `/title/${id}`);
    const heights = await page.getByRole('group', { name: 'Yours' }).getByRole('button').evaluateAll((buttons) =>
      buttons.map((button) => Math.round(button.getBoundingClientRect().height)));
    expect(new Set(heights).size, heights.join()).toBe(1);
  });
});
