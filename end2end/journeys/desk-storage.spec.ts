// Whoever runs the place says what its stores cost and where titles lie, and takes it back; what is wrong with the sheets is said beside them and loses
// nothing; how many have to search in vain before that is told is said.

import { AxeBuilder } from '@axe-core/playwright';
import { type Page } from '@playwright/test';

import { expect, open } from '../support/journey';
import { libraryIn } from '../support/library';
import { REFUSED, withOwnServer } from '../support/own_server';

const PASSWORD = 'correct horse battery';
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const SHEETS = {
  per_view: [
    {
      from: '2026-01',
      sheet: { currency: 'EUR', stored_gb_month: '0.02', reads_per_thousand: '0.0004', writes_per_thousand: '0.005', out: [{ gb: '0.05' }] },
    },
  ],
  flat: [{ from: '2026-01', sheet: { currency: 'EUR', beyond_gb: '0.01', steps: [{ capacity_gb: 1000, month: '10' }] } }],
};

const test = withOwnServer({ fill: libraryIn });
test.describe.configure({ mode: 'serial' });
// With its scope: a list of two would be taken for a value and its options.
test.use({ allowed: [[REFUSED], { scope: 'test' }] });

test.beforeEach(async ({ page }) => {
  const made = await page.request.post('/api/v1/setup', { data: { login: 'ada', name: 'Ada', password: PASSWORD } });
  if (made.status() !== 201) {
    expect((await page.request.post('/api/v1/sign-in', { data: { login: 'ada', password: PASSWORD } })).status()).toBe(201);
  }
});

const storage = (page: Page) => page.getByRole('region', { name: 'Storage', exact: true });
const sheets = (page: Page) => storage(page).getByRole('textbox', { name: 'Cost sheets', exact: true });
const save = (page: Page) => storage(page).getByRole('button', { name: 'Save the cost sheets' });

test('without cost sheets the desk says how to write them, and what is wrong with them is said beside them', async ({ page }) => {
  await open(page, '/operator');
  await expect(storage(page).getByText('Say what your stores cost:')).toBeVisible();
  await expect(storage(page).getByText('There are no cost sheets: nothing is advised, and no title moves.')).toBeVisible();
  await sheets(page).fill('{ "flat": [');
  await save(page).click();
  await expect(sheets(page), 'what cannot be read gets the focus').toBeFocused();
  const broken = JSON.stringify({ ...SHEETS, per_view: [] }, undefined, 2);
  await sheets(page).fill(broken);
  await save(page).click();
  await expect(storage(page).getByText(/there is no sheet of the per-view store/)).toBeVisible();
  await expect(sheets(page)).toHaveValue(broken);
  await expect(sheets(page)).toHaveAttribute('aria-invalid', 'true');
  expect((await (await page.request.get('/api/v1/storage/plan')).json()).sheets).toBeUndefined();

  await sheets(page).fill(JSON.stringify(SHEETS, undefined, 2));
  await save(page).click();
  await expect(page.getByText('The cost sheets are saved. What follows from them is there within a minute.')).toBeVisible();
  await expect(storage(page).getByText('Say what your stores cost:')).toBeHidden();
  expect((await (await page.request.get('/api/v1/storage/plan')).json()).sheets).toEqual(SHEETS);
});

test('sheets that somebody else stored meanwhile are neither overwritten nor do they take what was typed', async ({ page }) => {
  await open(page, '/operator');
  await expect(sheets(page)).toHaveValue(/stored_gb_month/);
  const { sheets_version } = await (await page.request.get('/api/v1/storage/plan')).json();
  const theirs = { ...SHEETS, note: 'theirs' };
  const stored = await page.request.put('/api/v1/storage/sheets', { data: { sheets: theirs, expected_version: sheets_version } });
  expect(stored.status()).toBe(200);
  const mine = JSON.stringify({ ...SHEETS, note: 'mine' });
  await sheets(page).fill(mine);
  await save(page).click();
  await expect(storage(page).getByRole('alert').filter({ hasText: 'Somebody else changed this in the meantime.' })).toBeVisible();
  await expect(sheets(page)).toHaveValue(mine);
  await storage(page).getByRole('button', { name: 'Show what is stored now' }).click();
  await expect(sheets(page)).toHaveValue(/theirs/);
});

test('a choice is saved once it is applied, says so, and is undone; one that fails is taken back in words', async ({ page }) => {
  await open(page, '/operator');
  const auto = storage(page).getByRole('radio', { name: /^Auto/ });
  const perView = storage(page).getByRole('radio', { name: /^Per view/ });
  await expect(auto).toBeChecked();
  const apply = storage(page).getByRole('button', { name: 'Apply', exact: true });
  await expect(apply).toHaveAttribute('aria-disabled', 'true');
  // There is one store alone.
  const flat = storage(page).getByRole('radio', { name: /^Flat/ });
  await expect(flat).toHaveAttribute('aria-disabled', 'true');
  await expect(flat).toHaveAccessibleName(/Needs a second store/);
  await flat.click({ force: true });
  await expect(auto).toBeChecked();
  await auto.focus();
  await page.keyboard.press('ArrowDown');
  await expect(perView).toBeChecked();
  expect((await (await page.request.get('/api/v1/storage/plan')).json()).choice).toBe('auto');
  await page.keyboard.press('Enter');
  await expect(storage(page).getByText('Saved: Per view. In force within a minute.')).toBeVisible();
  expect((await (await page.request.get('/api/v1/storage/plan')).json()).choice).toBe('per_view');
  const undo = storage(page).getByRole('button', { name: 'Undo' });
  await undo.click();
  await expect(storage(page).getByText('Saved: Auto. In force within a minute.')).toBeVisible();
  await expect(auto).toBeChecked();
  await expect(undo).toBeFocused();
  expect((await (await page.request.get('/api/v1/storage/plan')).json()).choice).toBe('auto');

  await page.route('**/api/v1/storage/choice', (route) =>
    route.fulfill({
      status: 422,
      contentType: 'application/problem+json',
      body: JSON.stringify({ type: 'urn:marquee:problem:invalid_request', code: 'invalid_request', status: 422, title: 'Not valid.' }),
    }),
  );
  await perView.check();
  await apply.click();
  await expect(storage(page).getByRole('alert').filter({ hasText: 'Where titles are stored was not changed.' })).toBeVisible();
  await expect(auto).toBeChecked();
});

test('where nothing was searched for in vain the desk says so, and how many have to make a search before it is listed', async ({ page }) => {
  await open(page, '/operator');
  const region = page.getByRole('region', { name: 'Searched for and not found' });
  await expect(region).toContainText('nothing that several people searched for was missing');
  const { notes } = await (await page.request.get('/api/v1/reports/searches_without_a_hit')).json();
  expect(notes[0]).toMatch(/different profiles made it on the same day/);
  await expect(region).toContainText(notes[0]);
});

for (const colorScheme of ['dark', 'light'] as const) {
  test(`on a phone nothing of it is wider than the screen, and no rule is broken, ${colorScheme}`, async ({ browser, own }) => {
    const context = await browser.newContext({
      baseURL: own.url,
      viewport: { width: 360, height: 800 },
      isMobile: true,
      hasTouch: true,
      colorScheme,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    expect((await page.request.post('/api/v1/sign-in', { data: { login: 'ada', password: PASSWORD } })).status()).toBe(201);
    await open(page, '/operator');
    await expect(sheets(page)).toBeVisible();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide).toBeLessThanOrEqual(0);
    await storage(page).getByText('What a sheet looks like').click();
    const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
    expect(found).toEqual([]);
    await context.close();
  });
}
