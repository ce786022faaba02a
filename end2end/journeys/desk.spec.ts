// The operator's desk while two people watch: one of them is stopped with a message and reads it, the other plays on, and the desk follows
// by itself. Its figures are those of the calls.

import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, type Page } from '@playwright/test';

import { LONG } from '../support/films';
import { expect, open, titleNamed } from '../support/journey';
import { libraryIn } from '../support/library';
import { REFUSED, withOwnServer } from '../support/own_server';

const PASSWORD = 'correct horse battery';
/** The desk follows within a second or two; this machine may be busy. */
const SOON = { timeout: 8_000 };
/** A player hears of its end with its next heartbeat. */
const A_HEARTBEAT = { timeout: 30_000 };
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const test = withOwnServer({ fill: libraryIn });
test.describe.configure({ mode: 'serial' });
// With its scope: a list of two would be taken for a value and its options.
test.use({ allowed: [[REFUSED, /status of 410/], { scope: 'test' }] });

interface Person {
  context: BrowserContext;
  page: Page;
}

async function person(browser: Browser, url: string, login: string): Promise<Person> {
  const context = await browser.newContext({ baseURL: url });
  const page = await context.newPage();
  const entered = await page.request.post('/api/v1/sign-in', { data: { login, password: PASSWORD } });
  expect(entered.status()).toBe(201);
  return { context, page };
}

const isPlaying = (page: Page) =>
  page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.2, undefined, { timeout: 30_000 });

const now = (page: Page) => page.getByRole('region', { name: 'Now playing' });
/** The lines of those who watch, without the head of the table. */
const lines = (page: Page) => now(page).getByRole('row').filter({ has: page.getByRole('cell') });

/** Waits until the page follows what changes. */
async function follows(page: Page, address: string): Promise<void> {
  const begun = page.waitForResponse((response) => response.url().includes('/api/v1/events'), { timeout: 20_000 });
  await open(page, address);
  expect((await begun).status()).toBe(200);
}

test.beforeAll(async ({ own, playwright }) => {
  const request = await playwright.request.newContext({ baseURL: own.url });
  const made = await request.post('/api/v1/setup', { data: { login: 'ada', name: 'Ada', password: PASSWORD } });
  expect(made.status()).toBe(201);
  for (const [login, name] of [['bob', 'Robert'], ['eve', 'Eve']]) {
    const account = { login, name, password: PASSWORD, role: 'member' };
    expect((await request.post('/api/v1/accounts', { data: account })).status()).toBe(201);
  }
  await request.dispose();
});

test('of two who watch one is stopped with a message, and the desk follows by itself', async ({ browser, own }) => {
  test.setTimeout(150_000);
  const [ada, bob, eve] = [
    await person(browser, own.url, 'ada'),
    await person(browser, own.url, 'bob'),
    await person(browser, own.url, 'eve'),
  ];
  const film = await titleNamed(ada.page.request, LONG.title);
  await follows(ada.page, '/operator');
  await expect(ada.page.getByRole('heading', { level: 1, name: 'Desk' })).toBeVisible();
  await expect(now(ada.page)).toContainText('Nobody is watching.');

  await open(bob.page, `/watch/${film.id}`);
  await isPlaying(bob.page);
  await expect(lines(ada.page)).toHaveCount(1, SOON);
  await expect(lines(ada.page)).toContainText('Robert');
  await expect(lines(ada.page)).toContainText(LONG.title);
  await open(eve.page, `/watch/${film.id}`);
  await isPlaying(eve.page);
  await expect(lines(ada.page)).toHaveCount(2, SOON);
  await expect(now(ada.page).getByRole('status').first()).toHaveText('2 films');

  // A film of 24 seconds would end meanwhile: whoever rests plays as well.
  for (const { page } of [bob, eve]) {
    await page.evaluate(() => document.querySelector('video')?.pause());
  }
  await expect(lines(ada.page).filter({ hasText: 'Paused' })).toHaveCount(2, SOON);
  // Each figure is a call's.
  const told = await (await ada.page.request.get('/api/v1/playing')).json();
  expect(told.total).toBe(2);
  const [first] = told.items;
  await expect(lines(ada.page).first()).toContainText(first.account.profile);
  await expect(lines(ada.page).first()).toContainText(`${first.device}`);
  await expect(lines(ada.page).first()).toContainText(`up to ${first.class}p`);
  // No more than is left of the film.
  const ahead = Math.floor(Math.min(first.buffered_millis / 1000, first.duration_seconds - first.position));
  await expect(lines(ada.page).first()).toContainText(`${ahead} s loaded ahead`);

  const message = '<b>We close</b> at ten';
  await lines(ada.page).filter({ hasText: 'Robert' }).getByRole('button', { name: /^Stop / }).click();
  const dialog = ada.page.getByRole('dialog', { name: 'Stop this film?' });
  await expect(dialog).toContainText('Robert is watching');
  await dialog.getByLabel('Message to whoever watches').fill(message);
  await dialog.getByRole('button', { name: 'Stop the film' }).click();
  await expect(dialog).toBeHidden();
  await expect(ada.page.getByText('Stopped for Robert.')).toBeVisible();
  await expect(lines(ada.page)).toHaveCount(1, SOON);
  await expect(lines(ada.page)).toContainText('Eve');
  await expect(now(ada.page).getByRole('heading', { name: 'Now playing' })).toBeFocused();

  await expect(bob.page.getByRole('alert')).toContainText('The operator stopped this film', A_HEARTBEAT);
  await expect(bob.page.getByRole('alert').locator('blockquote')).toHaveText(`“${message}”`);
  await expect(bob.page.locator('video')).toHaveCount(0);
  await eve.page.evaluate(() => document.querySelector('video')?.play());
  const before = await eve.page.evaluate(() => document.querySelector('video')?.currentTime ?? 0);
  await eve.page.waitForFunction((before) => (document.querySelector('video')?.currentTime ?? 0) > before + 0.5, before);

  const stops = ada.page.getByRole('region', { name: 'What was stopped' });
  await expect(stops.getByRole('listitem')).toContainText(`ada stopped “${LONG.title}” of bob`);
  await expect(stops.getByRole('listitem')).toContainText(message);
  await eve.page.goto('about:blank');
  await expect(now(ada.page)).toContainText('Nobody is watching.', SOON);
  for (const { context } of [ada, bob, eve]) {
    await context.close();
  }
});

test('a desk that has lost the server says so within seconds, stands still, and goes on once it is back', async ({ browser, own }) => {
  test.setTimeout(90_000);
  const [ada, bob] = [await person(browser, own.url, 'ada'), await person(browser, own.url, 'bob')];
  await open(bob.page, `/watch/${(await titleNamed(bob.page.request, LONG.title)).id}`);
  await isPlaying(bob.page);
  await bob.page.evaluate(() => document.querySelector('video')?.pause());
  await open(ada.page, '/operator');
  await expect(lines(ada.page)).toContainText('Paused', SOON);
  const fares = ada.page.getByRole('region', { name: 'Stores and tasks' });
  await expect(fares.getByText('Healthy', { exact: true })).not.toHaveCount(0);
  await ada.context.setOffline(true);
  const said = ada.page.getByRole('status').filter({ hasText: 'No connection to the server.' });
  await expect(said).toContainText(/Figures from \d\d:\d\d:\d\d\./, SOON);
  await expect(lines(ada.page)).toContainText('Was paused');
  await expect(fares.getByText('Healthy', { exact: true })).toHaveCount(0);
  await ada.context.setOffline(false);
  await expect(said).toHaveCount(0, { timeout: 20_000 });
  await expect(fares.getByText('Healthy', { exact: true })).not.toHaveCount(0);
  await ada.context.close();
  await bob.context.close();
});

test('what was watched is in figures, charts and tables, which say the same as the reports', async ({ browser, own }) => {
  test.setTimeout(90_000);
  const { context, page } = await person(browser, own.url, 'ada');
  // Sums are made every ten seconds.
  await expect
    .poll(async () => (await (await page.request.get('/api/v1/reports/titles')).json()).rows.length, { timeout: 40_000 })
    .toBeGreaterThan(0);
  await open(page, '/operator');
  const report = await (await page.request.get('/api/v1/reports/hours')).json();
  const at = report.columns.findIndex((column: { name: string }) => column.name === 'sessions');
  const today = report.rows.filter((row: [string]) => row[0].startsWith(report.to));
  const begun = today.reduce((sum: number, row: number[]) => sum + row[at], 0);
  expect(begun).toBeGreaterThanOrEqual(2);
  const region = page.getByRole('region', { name: 'Today and a week ago' });
  const tile = region.getByRole('button', { name: /Films begun/ });
  await expect(tile).toContainText(String(begun));
  await tile.click();
  await expect(tile).toHaveAttribute('aria-pressed', 'true');
  await expect(region.getByRole('img', { name: new RegExp(`^Films begun by the hour: ${begun} today so far`) })).toBeVisible();
  await region.getByText('Table', { exact: true }).click();
  const rows = region.getByRole('row').filter({ has: page.getByRole('cell') });
  await expect(rows).toHaveCount(24);
  const last = today[today.length - 1];
  await expect(rows.nth(today.length - 1).getByRole('cell').first()).toHaveText(String(last[at]));
  const titles = page.getByRole('region', { name: 'Most watched in seven days' });
  await expect(titles.getByRole('link', { name: LONG.title })).toBeVisible();
  const health = await (await page.request.get('/api/v1/health')).json();
  await expect(page.getByRole('region', { name: 'Stores and tasks' }).getByText('Healthy')).not.toHaveCount(0);
  expect(health.stores.every((store: { failure?: string }) => !store.failure)).toBe(true);
  await context.close();
});

for (const colorScheme of ['dark', 'light'] as const) {
  test(`on a phone nothing of it is wider than the screen, and no rule is broken, ${colorScheme}`, async ({ browser, own }) => {
    test.setTimeout(90_000);
    const viewer = await person(browser, own.url, 'bob');
    await open(viewer.page, `/watch/${(await titleNamed(viewer.page.request, LONG.title)).id}`);
    await isPlaying(viewer.page);
    await viewer.page.evaluate(() => document.querySelector('video')?.pause());
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
    await expect(lines(page)).toHaveCount(1, SOON);
    await expect(page.getByRole('region', { name: 'Today and a week ago' }).getByRole('img')).toBeVisible();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide).toBeLessThanOrEqual(0);
    const stop = lines(page).getByRole('button', { name: /^Stop / });
    const box = await stop.boundingBox();
    expect(box && box.width >= 44 && box.height >= 44).toBe(true);
    for (const table of await page.getByText('Table', { exact: true }).all()) {
      await table.click();
    }
    await page.waitForLoadState('networkidle').catch(() => undefined);
    const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
    expect(found).toEqual([]);
    await stop.click();
    await expect(page.getByRole('dialog', { name: 'Stop this film?' })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(stop).toBeFocused();
    await context.close();
    await viewer.context.close();
  });
}

test('the desk is for operators alone', async ({ browser, own }) => {
  const { context, page } = await person(browser, own.url, 'bob');
  await open(page, '/operator');
  await expect(page.getByRole('main').getByRole('alert')).toContainText('Only operators can open this page.');
  await expect(now(page)).toHaveCount(0);
  await context.close();
});
