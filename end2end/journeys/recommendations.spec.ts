// What is recommended to a member: rows of their own on the home page, each title with its reason; "not for me"; rows that are hidden.

import { type Page } from '@playwright/test';

import { expect, open, pressUntil, titleNamed } from '../support/journey';
import { importTastes } from '../support/library';
import { REFUSED, withOwnServer } from '../support/own_server';

const test = withOwnServer({ fill: importTastes });
test.describe.configure({ mode: 'serial' });
test.use({ allowed: [REFUSED] });

const ADA = { login: 'ada', name: 'Ada', password: 'correct horse battery' };
const WATCHED = ['Even 02', 'Even 06', 'Even 12', 'Even 16'];

async function signIn(page: Page): Promise<void> {
  const { login, password } = ADA;
  expect((await page.request.post('/api/v1/sign-in', { data: { login, password } })).ok()).toBe(true);
}

const row = (page: Page, name: string | RegExp) => page.getByRole('region', { name });
const names = async (page: Page, of: string) =>
  row(page, of).locator('li a[href^="/title/"]').evaluateAll((links) => links.map((link) => link.textContent?.slice(0, 7).trim()));
const toast = (page: Page, text: string | RegExp) => page.getByRole('region', { name: 'Notices' }).getByText(text);
/** Until the page's own code has drawn the rows, which a server wrote before. */
const withRows = async (page: Page) => {
  await open(page, '/');
  await expect(page.locator('[data-card-actions]')).toBeAttached();
};
const saved = (page: Page) =>
  page.waitForResponse((answer) => answer.url().endsWith('/api/v1/snapshot') && answer.request().method() === 'PATCH');

/** The rows that are hidden, as the server keeps it. */
const hidden = async (page: Page): Promise<unknown[]> =>
  (await (await page.request.get('/api/v1/snapshot')).json()).snapshot.state.preferences.hidden_rows;

const cardOf = (page: Page, name: string) => row(page, 'Top picks for Ada').getByRole('listitem').filter({ hasText: name });

/** Says of a title that it is not to be recommended. */
async function notForMe(page: Page, name: string): Promise<void> {
  const card = cardOf(page, name);
  await card.getByRole('link', { name: new RegExp(`^${name}`) }).first().hover();
  await card.getByRole('button', { name: 'Lists and more' }).click();
  const sheet = page.getByRole('dialog', { name, exact: true });
  await sheet.getByText('Not for me').click();
  await sheet.getByRole('button', { name: 'Don’t recommend this' }).click();
  await expect(toast(page, /is not recommended any more\. You can change that in Settings\./)).toBeVisible();
  await expect(card).toHaveCount(0);
}

interface MyRows {
  rows: { key: string; items: { title: string; why: { kind: string } }[] }[];
}
const myRows = async (page: Page): Promise<MyRows> => (await page.request.get('/api/v1/my-rows')).json();

test('a member finds rows of their own, in the page that the server sends, each title with its reason', async ({ page }) => {
  expect((await page.request.post('/api/v1/setup', { data: ADA })).status()).toBe(201);
  for (const name of WATCHED) {
    const { id } = await titleNamed(page.request, name);
    expect((await page.request.put(`/api/v1/history/${id}`, { data: {} })).ok(), name).toBe(true);
  }
  // It is learnt from the strangers as the server starts, which takes long in a build that is not optimised.
  test.setTimeout(150_000);
  await expect.poll(async () => (await myRows(page)).rows.length, { timeout: 100_000 }).toBeGreaterThan(0);
  const { rows } = await myRows(page);
  const picks = rows.find(({ key }) => key === 'top-picks')?.items ?? [];
  expect(picks.length).toBeGreaterThanOrEqual(4);
  expect(picks.slice(0, 4).every(({ title }) => title.startsWith('Even')), JSON.stringify(picks.map(({ title }) => title))).toBe(true);

  const sent = await (await page.request.get('/')).text();
  expect(sent).toContain('Top picks for Ada');
  await withRows(page);
  await expect(row(page, 'Top picks for Ada')).toHaveCount(1);
  expect(await names(page, 'Top picks for Ada')).toEqual(picks.map(({ title }) => title));
  // What all of them share is said once, under the heading.
  const reasons = new Set(picks.map(({ why }) => JSON.stringify(why)));
  const said = row(page, 'Top picks for Ada').getByText(/^Because you watched Even|^Similar to what/);
  await expect(said).toHaveCount(reasons.size === 1 ? 1 : picks.length);
});

test('what is not for me goes at once, comes back by Undo, and stays away once it is said again', async ({ page }) => {
  await signIn(page);
  await withRows(page);
  const [first = ''] = await names(page, 'Top picks for Ada');
  const card = cardOf(page, first);
  const hide = () => notForMe(page, first);
  await hide();
  await page.getByRole('region', { name: 'Notices' }).getByRole('button', { name: 'Undo' }).first().click();
  await expect(card).toHaveCount(1);
  await hide();
  await expect.poll(async () => (await myRows(page)).rows.flatMap(({ items }) => items).map(({ title }) => title)).not.toContain(first);
  await withRows(page);
  expect(await names(page, 'Top picks for Ada')).not.toContain(first);

  await open(page, '/settings');
  const again = page.getByRole('button', { name: new RegExp(`Recommend again: .*${first}`) });
  await again.click();
  await expect(again).toHaveCount(0);
  await expect.poll(async () => (await page.request.get('/api/v1/hidden-recommendations')).json()).toEqual([]);
});

test('what is not for me on one device is in no row of another that is open, and is there again with Undo', async ({ page, browser, own }) => {
  await signIn(page);
  await withRows(page);
  const other = await browser.newContext({ baseURL: own.url });
  const second = await other.newPage();
  await signIn(second);
  const follows = second.waitForResponse((answer) => answer.url().includes('/api/v1/events'));
  await withRows(second);
  expect((await follows).status()).toBe(200);
  const before = await names(second, 'Top picks for Ada');
  const [first = ''] = before;
  await expect(cardOf(second, first)).toHaveCount(1);
  await notForMe(page, first);
  await expect(cardOf(second, first)).toHaveCount(0);
  expect(await names(second, 'Top picks for Ada'), 'nothing else moves').toEqual(before.slice(1));
  await page.getByRole('region', { name: 'Notices' }).getByRole('button', { name: 'Undo' }).first().click();
  await expect(cardOf(second, first)).toHaveCount(1);
  expect(await names(second, 'Top picks for Ada')).toEqual(before);
  await other.close();
});

test('by keyboard the focus goes on from what goes away: a title that is not wanted, a row that comes back', async ({ page }) => {
  await signIn(page);
  await withRows(page);
  const items = row(page, 'Top picks for Ada').getByRole('listitem');
  const [first = '', second = ''] = await names(page, 'Top picks for Ada');
  await items.first().getByRole('link').first().focus();
  const more = items.first().getByRole('button', { name: 'Lists and more' });
  await expect(more).toBeVisible();
  await expect(items.first().getByRole('group', { name: first, exact: true }), 'the name alone').toBeVisible();
  await pressUntil(page, 'Tab', more);
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog', { name: first });
  await sheet.getByText('Not for me').press('Enter');
  await sheet.getByRole('button', { name: 'Don’t recommend this' }).press('Enter');
  await expect(items.filter({ hasText: first })).toHaveCount(0);
  await expect(items.filter({ hasText: second }).getByRole('link').first(), 'the next card of the row').toBeFocused();
  await page.keyboard.press('Control+z');
  await expect(items.filter({ hasText: first })).toHaveCount(1);

  const hide = page.getByRole('button', { name: 'Hide the row Top picks for Ada' });
  await hide.focus();
  await page.keyboard.press('Enter');
  await expect(row(page, 'Top picks for Ada')).toHaveCount(0);
  await page.getByRole('region', { name: 'Rows that you hid' }).getByRole('button', { name: 'Top picks for Ada' }).press('Enter');
  await expect(row(page, 'Top picks for Ada')).toHaveCount(1);
  await expect(page.locator('main :focus'), 'and not the page as a whole').toHaveCount(1);
});

test('a row is hidden from the sheet of its card, comes back to its place by Undo, and from the bottom of the page in words', async ({ page }) => {
  await signIn(page);
  await withRows(page);
  const headings = () => page.getByRole('main').locator('[data-row] h2').allTextContents();
  const before = await headings();
  const picks = row(page, 'Top picks for Ada');
  const items = picks.getByRole('listitem');
  const hide = async () => {
    await items.first().hover();
    await items.first().getByRole('button', { name: 'Lists and more' }).click();
    await page.getByRole('dialog').getByRole('button', { name: /^Hide the row .*Top picks for Ada/ }).click();
    await expect(picks).toHaveCount(0);
    await expect(toast(page, /Top picks for Ada.* is hidden\. It can be brought back at the bottom of the page\./)).toBeVisible();
  };
  await hide();
  await page.getByRole('region', { name: 'Notices' }).getByRole('button', { name: 'Undo' }).click();
  await expect(picks).toHaveCount(1);
  await expect.poll(headings, 'where it was').toEqual(before);

  await hide();
  await page.getByRole('region', { name: 'Rows that you hid' }).getByRole('button', { name: 'Top picks for Ada' }).click();
  await expect(toast(page, /Top picks for Ada.* is back\./)).toBeVisible();
  await expect(toast(page, /is hidden/), 'and no more that it is hidden').toHaveCount(0);
  await expect(items.first().getByRole('link').first()).toBeFocused();
  await expect(picks.getByRole('heading')).toBeInViewport();
  await expect.poll(async () => (await hidden(page)).length).toBe(0);
});

test('a row that is hidden stays so, however soon the page goes', async ({ page }) => {
  await signIn(page);
  await withRows(page);
  await row(page, 'Top picks for Ada').hover();
  await row(page, 'Top picks for Ada').getByRole('button', { name: 'Hide the row Top picks for Ada' }).click();
  await page.goto('/browse');
  await withRows(page);
  await expect(row(page, 'Top picks for Ada')).toHaveCount(0);
  const kept = saved(page);
  await page.getByRole('region', { name: 'Rows that you hid' }).getByRole('button', { name: 'Top picks for Ada' }).click();
  await kept;
});

test('any row is hidden and brought back, on every device', async ({ page, browser, own }) => {
  await signIn(page);
  await withRows(page);
  const shared = await page.getByRole('main').locator('[data-row] h2').last().textContent() ?? '';
  for (const name of ['Top picks for Ada', shared]) {
    const kept = saved(page);
    await row(page, name).hover();
    await row(page, name).getByRole('button', { name: `Hide the row ${name}` }).click();
    await expect(row(page, name), name).toHaveCount(0);
    await expect(page.locator('[data-row] a:focus'), 'the focus is in a row').toHaveCount(1);
    await kept;
  }
  const other = await browser.newContext({ baseURL: own.url });
  const second = await other.newPage();
  await signIn(second);
  const sent = await (await second.request.get('/')).text();
  expect(sent).not.toContain('<h2 id="row-top-picks"');
  await withRows(second);
  await expect(row(second, 'Top picks for Ada')).toHaveCount(0);
  for (const name of ['Top picks for Ada', shared]) {
    await second.getByRole('region', { name: 'Rows that you hid' }).getByRole('button', { name }).click();
    await expect(row(second, name), name).toHaveCount(1);
  }
  await expect.poll(async () => (await hidden(second)).length).toBe(0);
  await row(second, shared).hover();
  await row(second, shared).getByRole('button', { name: `Hide the row ${shared}` }).click();
  await expect.poll(async () => (await hidden(second)).length).toBe(1);
  await open(second, '/settings');
  await second.getByRole('button', { name: `Show again: ${shared}` }).click();
  await expect(toast(second, / is back\.$/), 'the button that did it is gone').toBeVisible();
  await expect.poll(async () => (await hidden(second)).length).toBe(0);
  await other.close();
  await withRows(page);
  await expect(row(page, 'Top picks for Ada')).toHaveCount(1);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 800 }, hasTouch: true, isMobile: true });

  test('what hides a row follows the last word of its heading, in the same line', async ({ page }) => {
    await signIn(page);
    await withRows(page);
    await expect(row(page, 'Top picks for Ada').getByRole('button', { name: 'Hide the row Top picks for Ada' })).toBeVisible();
    const heads = await page.getByRole('main').locator('[data-row=hideable]:has([data-hide-row])').evaluateAll((rows) =>
      rows.map((one) => {
        const line = [...one.querySelector('h2')!.getClientRects()].at(-1)!;
        const button = one.querySelector('[data-hide-row]')!;
        const glyph = button.querySelector('svg')!.getBoundingClientRect();
        const middle = ({ top, bottom }: DOMRect) => (top + bottom) / 2;
        return {
          gap: glyph.left - line.right,
          above: Math.abs(middle(glyph) - middle(line)),
          size: button.getBoundingClientRect().width,
          end: button.getBoundingClientRect().right,
        };
      }));
    expect(heads.length).toBeGreaterThan(1);
    for (const { gap, above, size, end } of heads) {
      expect(gap).toBeGreaterThanOrEqual(4);
      expect(gap).toBeLessThanOrEqual(12);
      expect(above).toBeLessThanOrEqual(5);
      expect(size, 'a finger hits it').toBeGreaterThanOrEqual(43.9);
      expect(end).toBeLessThanOrEqual(360);
    }
  });
});

test('whoever wants no recommendations has none, and has them again', async ({ page }) => {
  await signIn(page);
  await open(page, '/settings');
  const wanted = page.getByRole('switch', { name: /Recommend films to me/ });
  await wanted.setChecked(false, { force: true });
  await expect(toast(page, /Recommendations are off/)).toBeVisible();
  expect(await (await page.request.get('/')).text()).not.toContain('Top picks');
  await withRows(page);
  await expect(row(page, /Top picks/)).toHaveCount(0);
  await open(page, '/settings');
  await expect(wanted).not.toBeChecked();
  await wanted.setChecked(true, { force: true });
  await expect(toast(page, /recommended to you from now on/)).toBeVisible();
  await page.getByRole('banner').getByRole('link', { name: 'Home' }).click();
  await expect(row(page, 'Top picks for Ada')).toHaveCount(1);
});

test('back from a title leads to the card that was left, also where rows came above it meanwhile', async ({ page }) => {
  await signIn(page);
  let answer = () => {};
  const asked = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/api/v1/my-rows', async (route) => {
    await asked;
    await route.continue();
  });
  await open(page, '/browse');
  const wanted = page.waitForRequest('**/api/v1/my-rows');
  await page.getByRole('banner').getByRole('link', { name: 'Home' }).click();
  await wanted;
  const last = page.getByRole('main').locator('[data-row]').last();
  const card = last.locator('a[href^="/title/"]').first();
  await card.scrollIntoViewIfNeeded();
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await expect(row(page, /Top picks/), 'they are on their way').toHaveCount(0);
  const top = () => card.evaluate((link) => Math.round(link.getBoundingClientRect().top));
  const before = await top();
  await card.click();
  await expect(page).toHaveURL(/\/title\//);
  const came = page.waitForResponse('**/api/v1/my-rows');
  answer();
  await came;
  await page.goBack();
  await expect(row(page, 'Top picks for Ada')).toHaveCount(1);
  await expect.poll(async () => Math.abs((await top()) - before)).toBeLessThanOrEqual(4);
  await page.waitForTimeout(1_000);
  expect(Math.abs((await top()) - before), 'and stays there').toBeLessThanOrEqual(4);
});
