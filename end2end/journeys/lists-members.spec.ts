// Lists of members: rights that a plan lacks, a household that shares, and more titles than a page has.

import { readFileSync } from 'node:fs';

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
  await expect(page.getByText(/^Shared by .?Ada.?$/)).toBeVisible();
  for (const name of ['Edit', 'Delete', 'Reorder']) {
    await expect(page.getByRole('main').getByRole('button', { name }), name).toHaveCount(0);
  }
});

test('to a child a list of the household counts what is for children, and says of nothing that it is hidden', async ({ page }) => {
  await signIn(page);
  const list = 'sundaysundaysunday01';
  const [title] = await allTitles(page);
  expect((await page.request.put(`/api/v1/lists/${list}/titles/${title}`, { data: {} })).status()).toBe(204);
  const made = await page.request.post('/api/v1/profiles', { data: { name: 'Kim', colour: '#57d39b', maturity: 0 } });
  expect(made.status()).toBe(201);
  const { id } = await made.json();
  expect((await page.request.put('/api/v1/profile', { data: { id } })).ok()).toBe(true);
  await open(page, `/my-list?list=${list}`);
  await expect(page.getByRole('heading', { level: 1, name: 'Sunday' })).toBeVisible();
  await expect(page.getByText('There is nothing here for you to watch.')).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Lists' }).getByRole('link', { name: 'Sunday' })).toHaveText(/Sunday\s*0$/);
  await expect(page.getByText('1 title', { exact: true })).toHaveCount(0);
});

// Spreadsheets write UTF-16 as "Unicode text", and the code page of their system where nobody asks for UTF-8.
for (const [encoding, bytes] of [
  ['UTF-16', (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])],
  ['Windows-1252', (text: string) => Buffer.from(text, 'latin1')],
] as const) {
  test(`a file in ${encoding} is read as what it says`, async ({ page }) => {
    await signIn(page);
    await open(page, '/my-list?list=history');
    await page.getByText('Export and import').click();
    const buffer = bytes("Title,Year\r\nLe Fabuleux Destin d'Amélie,2001\r\n");
    await page.getByLabel('Choose a file').setInputFiles({ name: 'watched.csv', mimeType: 'text/csv', buffer });
    await page.getByText('Show what was not found', { exact: true }).click();
    await expect(page.getByText("Le Fabuleux Destin d'Amélie (2001)")).toBeVisible();
  });
}

test('lists and history are saved as files, and a file from elsewhere is read, with what is not here named', async ({ page }) => {
  await signIn(page);
  await open(page, '/my-list?list=history');
  await page.getByText('Export and import').click();
  const csv = ['Title,Year,imdbID,Rating,WatchedDate', 'Title 007,1956,,,2024-05-01', 'No Such Film,1999,,,2024-05-02'].join('\n');
  await page.getByLabel('Choose a file').setInputFiles({ name: 'watched.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  await expect(page.getByText('1 entry was added to your history. 1 film is not in this library.')).toBeVisible();
  await page.getByText('Show what was not found', { exact: true }).click();
  await expect(page.getByText('No Such Film (1999)')).toBeVisible();
  await expect(cards(page).filter({ hasText: 'Title 007' })).toHaveCount(1);

  const file = async (name: string) => {
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name }).click();
    const saved = await saving;
    return { name: saved.suggestedFilename(), text: readFileSync(await saved.path(), 'utf8') };
  };
  const history = await file('Save as CSV');
  expect(history.name).toMatch(/\.csv$/);
  expect(history.text).toContain('Title 007,1956,,,2024-05-01');
  const everything = JSON.parse((await file('Save everything')).text);
  expect(everything.watchlist).toHaveLength(TITLES);
  expect(everything.history[0].dates).toEqual(['2024-05-01']);
});

test('of a file that cannot be read as a whole the rows are named, and the list that the others went to', async ({ page }) => {
  await signIn(page);
  await open(page, '/my-list?list=sundaysundaysunday01');
  await page.getByText('Export and import').click();
  const csv = ['Title,Year', 'Title 011,not a year', 'Title 012,', ',1999'].join('\n');
  await page.getByLabel('Choose a file').setInputFiles({ name: 'some.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  await expect(page.getByText(/^1 entry was added to .+Sunday.+\. 2 rows could not be read\.$/)).toBeVisible();
  await expect(page.getByText(/^They are rows 2 and 4 of the file\. Each row needs a title\./)).toBeVisible();
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
  const known = page.waitForResponse('**/api/v1/identity');
  await cards(page).first().hover();
  await known;
  await cards(page).first().focus();
  const buttons = page.locator('[data-card-actions]').getByRole('button');
  await expect(buttons, 'Watched, and the way to the rest').toHaveCount(2);
  await page.keyboard.press('f');
  const notices = page.getByRole('region', { name: 'Notices' });
  await expect(notices.getByText('Your plan does not include favourites.', { exact: true })).toBeVisible();
  await expect(notices.getByRole('button', { name: 'Undo' })).toHaveCount(0);
  await buttons.last().click();
  const sheet = page.getByRole('dialog');
  await expect(sheet.getByRole('button', { name: 'Watched' })).toBeVisible();
  for (const sentence of ['Your plan does not include My list or lists of your own.', 'Your plan does not include favourites.']) {
    await expect(sheet.getByRole('list', { name: 'This title' }).getByText(sentence, { exact: true })).toHaveCount(1);
  }
  for (const name of ['My list', 'Favourite', 'Create and add']) {
    await expect(sheet.getByRole('button', { name }), name).toHaveCount(0);
  }
  await page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
  await page.getByRole('banner').getByRole('link', { name: 'My list' }).click();
  await expect(page.getByText('Your plan does not include My list or lists of your own.').first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'New list' })).toHaveCount(0);
});
