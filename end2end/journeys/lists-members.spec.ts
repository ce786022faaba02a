// Lists of members: rights that a plan lacks, a household that shares, and more titles than a page has.

import { type Page } from '@playwright/test';

import { expect, open } from '../support/journey';
import { importTitles } from '../support/library';
import { REFUSED, withOwnServer } from '../support/own_server';

const TITLES = 300;
const test = withOwnServer({ fill: (data) => importTitles(data, TITLES) });
test.describe.configure({ mode: 'serial' });
test.use({ allowed: [REFUSED] });

const ADA = { login: 'ada', name: 'Ada', password: 'correct horse battery' };

async function signIn(page: Page): Promise<void> {
  const { login, password } = ADA;
  expect((await page.request.post('/api/v1/sign-in', { data: { login, password } })).ok()).toBe(true);
}

async function allTitles(page: Page): Promise<string[]> {
  const ids: string[] = [];
  for (let offset = 0; offset < TITLES; offset += 100) {
    const answer = await page.request.get(`/api/v1/titles?sort=title&limit=100&offset=${offset}`);
    ids.push(...(await answer.json()).items.map(({ id }: { id: string }) => id));
  }
  return ids;
}

const cards = (page: Page) => page.getByRole('main').locator('li a[href^="/title/"]');

test('of three hundred titles all are reached, page by page', async ({ page }) => {
  expect((await page.request.post('/api/v1/setup', { data: ADA })).status()).toBe(201);
  for (const id of (await allTitles(page)).reverse()) {
    expect((await page.request.put(`/api/v1/lists/watchlist/titles/${id}`, { data: {} })).status()).toBe(204);
  }
  await open(page, '/my-list');
  await expect(page.getByText('300 titles')).toBeVisible();
  await expect(cards(page).first()).toContainText('Title 001');
  expect(await cards(page).count()).toBeLessThan(TITLES);
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, 4_000);
      return cards(page).count();
    }, { timeout: 30_000 })
    .toBe(TITLES);
  await expect(cards(page).last()).toContainText('Title 300');
  const names = await cards(page).evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  expect(new Set(names).size, 'each once').toBe(TITLES);
});

test('a list that is shared is seen by the other profiles of the account, and changed by none of them', async ({ page }) => {
  await signIn(page);
  const list = 'sundaysundaysunday01';
  expect((await page.request.put(`/api/v1/lists/${list}`, { data: { name: 'Sunday', is_shared: true } })).status()).toBe(200);
  const made = await page.request.post('/api/v1/profiles', { data: { name: 'Bea', colour: '#5b8def' } });
  expect(made.status()).toBe(201);
  const { id } = await made.json();
  expect((await page.request.put('/api/v1/profile', { data: { id } })).ok()).toBe(true);
  await open(page, '/my-list');
  await page.getByRole('navigation', { name: 'Lists' }).getByRole('link', { name: /Sunday/ }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Sunday' })).toBeVisible();
  await expect(page.getByText('Shared by somebody of your household')).toBeVisible();
  for (const name of ['Change', 'Delete', 'Put in order']) {
    await expect(page.getByRole('main').getByRole('button', { name }), name).toHaveCount(0);
  }
});

test('whoever lacks the right is told which, and nothing stays as if it had been done', async ({ page }) => {
  await signIn(page);
  const { id } = (await (await page.request.get('/api/v1/identity')).json()).account;
  const address = `/api/v1/accounts/${id}/entitlements`;
  const { plan, version } = await (await page.request.get(address)).json();
  const overrides = { may_keep_favourites: false, may_keep_watchlists: false };
  const put = await page.request.put(address, { data: { plan, overrides, expected_version: version } });
  expect(put.status()).toBe(200);
  await expect.poll(async () => (await page.request.get('/api/v1/favourites')).status(), { timeout: 8_000 }).toBe(403);
  await open(page, '/browse');
  await expect(page.locator('[data-card-actions]')).toBeAttached();
  await cards(page).first().focus();
  await page.keyboard.press('f');
  const notices = page.getByRole('region', { name: 'Notices' });
  await expect(notices.getByText(/could not be made a favourite\. .*plan does not include favourites/)).toBeVisible();
  await expect(notices.getByRole('button', { name: 'Undo' })).toHaveCount(0);
  await page.getByRole('banner').getByRole('link', { name: 'My list' }).click();
  await expect(page.getByText(/plan does not include watchlists/).first()).toBeVisible();
});
