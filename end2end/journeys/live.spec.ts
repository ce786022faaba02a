// What one device does the others show, without being asked: lists, marks, films; and what is paused there goes on here.

import { type Browser, type BrowserContext, type Page } from '@playwright/test';

import { LONG, SHORT } from '../support/films';
import { NOT_FOUND, expect, open, takenOver, test as journey, titleNamed } from '../support/journey';
import { libraryIn } from '../support/library';
import { withOwnServer } from '../support/own_server';
import { expectPlaying, pause, seek, state, watch } from '../support/player';
import { listenWith, passOn } from '../support/proxy';

const PASSWORD = 'correct horse battery';
/** What one device does shows on the others within a second. */
const SOON = { timeout: 1_000 };
/** Where the network is away, a browser says so of each try by itself. */
const AWAY = /net::ERR_(INTERNET_DISCONNECTED|CONNECTION_[A-Z]+|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)|TypeError: Failed to fetch/;

const test = withOwnServer({ fill: libraryIn });
test.describe.configure({ mode: 'serial' });
test.use({ allowed: [[AWAY], { scope: 'test' }] });

const actions = (page: Page) => page.locator('[data-card-actions]');
const offer = (page: Page) => page.getByRole('complementary', { name: 'Paused on another device' });
const row = (page: Page) => page.getByRole('region', { name: 'Continue watching' });

/** Waits until the page follows what changes: its browser has asked for events and was answered. */
async function follows(page: Page, address: string): Promise<void> {
  const begun = page.waitForResponse((response) => response.url().includes('/api/v1/events'), { timeout: 15_000 });
  await open(page, address);
  expect((await begun).status()).toBe(200);
}

/** Another device that is signed in as Ada. */
async function device(browser: Browser, url: string): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({ baseURL: url });
  const page = await context.newPage();
  const answer = await page.request.post('/api/v1/sign-in', { data: { login: 'ada', password: PASSWORD } });
  expect(answer.status()).toBe(201);
  return { context, page };
}

test.beforeAll(async ({ own, playwright }) => {
  const request = await playwright.request.newContext({ baseURL: own.url });
  const made = await request.post('/api/v1/setup', { data: { login: 'ada', name: 'Ada', password: PASSWORD } });
  expect(made.status()).toBe(201);
  await request.dispose();
});

test('a title that is marked on one device is marked on the other, and so is one that is taken off', async ({ browser, own }) => {
  const [here, there] = [await device(browser, own.url), await device(browser, own.url)];
  const { id, title } = await titleNamed(here.page.request, SHORT.title);
  await follows(there.page, '/my-list');
  await open(here.page, `/title/${id}`);
  await expect(actions(here.page)).toBeAttached();
  await here.page.keyboard.press('l');
  const shown = there.page.getByRole('main').getByRole('link', { name: new RegExp(`^${title}`) }).first();
  await expect(shown).toBeVisible(SOON);
  await here.page.keyboard.press('l');
  await expect(shown).toBeHidden(SOON);

  await open(there.page, `/title/${id}`);
  const favourite = there.page.getByRole('main').getByRole('button', { name: /^Favourite/ }).first();
  await expect(actions(there.page)).toBeAttached();
  await expect(favourite).toHaveAttribute('aria-pressed', 'false');
  await here.page.keyboard.press('f');
  await expect(favourite).toHaveAttribute('aria-pressed', 'true', { timeout: 6_000 });
  await here.page.keyboard.press('f');
  await expect(favourite).toHaveAttribute('aria-pressed', 'false', SOON);
  await Promise.all([here.context.close(), there.context.close()]);
});

test('what another device marks while this one still asks what is marked is not lost', async ({ browser, own }) => {
  const [here, there] = [await device(browser, own.url), await device(browser, own.url)];
  const { id } = await titleNamed(here.page.request, SHORT.title);
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await there.page.route('**/api/v1/marks', async (route) => {
    const response = await route.fetch();
    await released;
    await route.fulfill({ response }).catch(() => 'a newer request took its place');
  });
  await follows(there.page, `/title/${id}`);
  await open(here.page, `/title/${id}`);
  const favourite = (page: Page) => page.getByRole('main').getByRole('button', { name: /^Favourite/ }).first();
  await expect(actions(here.page)).toBeAttached();
  // With the first word of its stream it has asked once more: what is answered then knows of nothing that follows.
  await there.page.waitForTimeout(1_000);
  await here.page.keyboard.press('f');
  await expect(favourite(here.page)).toHaveAttribute('aria-pressed', 'true');
  await there.page.waitForTimeout(1_000);
  release();
  await expect(favourite(there.page)).toHaveAttribute('aria-pressed', 'true', SOON);
  await here.page.keyboard.press('f');
  await expect(favourite(there.page)).toHaveAttribute('aria-pressed', 'false', SOON);
  await Promise.all([here.context.close(), there.context.close()]);
});

test('what is set on one device is so on the other, but under no film that plays there', async ({ browser, own }) => {
  journey.setTimeout(90_000);
  const [here, there] = [await device(browser, own.url), await device(browser, own.url)];
  await follows(there.page, '/settings');
  await open(here.page, '/settings');
  const theme = (page: Page, name: string) => page.getByRole('group', { name: 'Theme' }).getByRole('radio', { name });
  const set = (page: Page) => page.locator('html').getAttribute('data-theme');
  await theme(here.page, 'Light').check();
  await expect.poll(() => set(there.page), SOON).toBe('light');
  await expect(theme(there.page, 'Light')).toBeChecked();
  const next = (page: Page) => page.getByRole('switch', { name: /^Play the next film/ });
  await theme(here.page, 'Dark').check();
  await next(there.page).click();
  await expect.poll(() => set(there.page), SOON).toBe('dark');
  await expect(next(here.page)).not.toBeChecked(SOON);

  await watch(there.page, there.page.request, LONG.title);
  await expectPlaying(there.page);
  await theme(here.page, 'Light').check();
  await here.page.waitForTimeout(1_500);
  expect(await set(there.page), 'a film is as it was').toBe('dark');
  await there.page.keyboard.press('Escape');
  await there.page.goBack();
  await expect.poll(() => set(there.page), { timeout: 3_000 }).toBe('light');
  await Promise.all([here.context.close(), there.context.close()]);
});

test('a film that is paused on one device is continued on the other at the same second by one press', async ({ browser, own }) => {
  journey.setTimeout(90_000);
  const [here, there] = [await device(browser, own.url), await device(browser, own.url)];
  await follows(there.page, '/browse');
  await watch(here.page, here.page.request, LONG.title);
  await seek(here.page, 12);
  await expectPlaying(here.page);
  await expect(offer(there.page)).toBeHidden();
  const { time } = await pause(here.page);
  await expect(offer(there.page)).toContainText(LONG.title, { timeout: 2_000 });
  // Where that is narrow, what closes it stands at its end, above the way on.
  await there.page.setViewportSize({ width: 360, height: 800 });
  const part = async (role: 'link' | 'button') => (await offer(there.page).getByRole(role).boundingBox())!;
  const [box, close, way] = [(await offer(there.page).boundingBox())!, await part('button'), await part('link')];
  expect(box.x + box.width - close.x - close.width, 'at the end').toBeLessThan(16);
  expect(close.y + close.height, 'above the way on').toBeLessThanOrEqual(way.y);
  const end = await there.page.getByRole('main').evaluate((main) => {
    scrollTo(0, document.documentElement.scrollHeight);
    return main.getBoundingClientRect().bottom;
  });
  expect(end, 'the foot of the page is rolled clear of it').toBeLessThanOrEqual(box.y);
  await there.page.setViewportSize({ width: 1280, height: 800 });
  await offer(there.page).getByRole('link', { name: 'Continue here' }).click();
  await expect(offer(there.page), 'it goes at once').toHaveCount(0, SOON);
  await expect.poll(async () => (await state(there.page)).frames, { message: 'a picture' }).toBeGreaterThan(0);
  const from = await there.page.locator('video').evaluate((video: HTMLVideoElement) =>
    video.played.length > 0 ? video.played.start(0) : video.currentTime,
  );
  expect(Math.abs(from - time), `${from} s is ${time} s`).toBeLessThan(1);
  await Promise.all([here.context.close(), there.context.close()]);
});

test('where another device left off is offered once on the home page, and no more once the film was opened here', async ({ browser, own }) => {
  journey.setTimeout(90_000);
  const [here, there] = [await device(browser, own.url), await device(browser, own.url)];
  const { id } = await titleNamed(here.page.request, LONG.title);
  await watch(here.page, here.page.request, LONG.title);
  await seek(here.page, 12);
  await expectPlaying(here.page);
  await pause(here.page);
  const kept = async () => JSON.stringify(await (await here.page.request.get('/api/v1/snapshot')).json());
  await expect.poll(kept, { timeout: 10_000 }).toContain(id);
  await here.context.close();
  await open(there.page, '/');
  const ways = there.page.getByRole('link', { name: 'Continue here' });
  await expect(ways).toHaveCount(1);
  await expect(offer(there.page)).toContainText(LONG.title);
  await ways.click();
  await expectPlaying(there.page);
  await pause(there.page);
  await there.page.goBack();
  await expect(row(there.page)).toBeVisible();
  await there.page.waitForTimeout(1_500);
  await expect(offer(there.page)).toHaveCount(0);
  await there.context.close();
});

test('what is played on one device is on the home page of the other, and is gone there when it is over', async ({ browser, own }) => {
  const [here, there] = [await device(browser, own.url), await device(browser, own.url)];
  const { id, title } = await titleNamed(here.page.request, SHORT.title);
  await follows(there.page, '/');
  const film = row(there.page).getByRole('listitem').filter({ hasText: title });
  await expect(film).toHaveCount(0);
  const put = (position: number) => here.page.request.put(`/api/v1/titles/${id}/progress`, { data: { position } });
  expect((await put(2)).status()).toBe(204);
  await expect(film).toHaveCount(1, SOON);
  expect((await here.page.request.delete(`/api/v1/titles/${id}/progress`)).status()).toBe(204);
  await expect(film).toHaveCount(0, SOON);
  await Promise.all([here.context.close(), there.context.close()]);
});

test('a browser follows once however many tabs it has, and another tab goes on where the first one closes', async ({ browser, own }) => {
  const { context, page: first } = await device(browser, own.url);
  const asked: string[] = [];
  context.on('request', (request) => {
    const { pathname, search } = new URL(request.url());
    if (pathname === '/api/v1/events') {
      asked.push(search);
    }
  });
  await follows(first, '/my-list');
  const second = await context.newPage();
  await open(second, '/my-list');
  await expect(actions(second)).toBeAttached();
  const { id, title } = await titleNamed(first.request, SHORT.title);
  const add = () => first.request.put(`/api/v1/lists/watchlist/titles/${id}`, { data: {} });
  const shown = (page: Page) => page.getByRole('main').getByRole('link', { name: new RegExp(`^${title}`) }).first();
  expect((await add()).status()).toBe(204);
  await expect(shown(first)).toBeVisible(SOON);
  await expect(shown(second)).toBeVisible(SOON);
  expect(asked).toEqual(['']);
  const taken = second.waitForRequest((request) => request.url().includes('/api/v1/events'));
  await first.close();
  await taken;
  expect(asked).toHaveLength(2);
  expect(asked[1], 'from the last event that was passed on').toMatch(/^\?after=[0-9a-f]+(\.\d+)+$/);
  expect((await second.request.delete(`/api/v1/lists/watchlist/titles/${id}`)).status()).toBe(204);
  await expect(shown(second)).toBeHidden(SOON);
  await context.close();
});

test('what happened while the network was away is there when it is back', async ({ browser, own }) => {
  journey.setTimeout(90_000);
  const [here, there] = [await device(browser, own.url), await device(browser, own.url)];
  const { id, title } = await titleNamed(here.page.request, SHORT.title);
  await follows(there.page, '/my-list');
  await there.context.setOffline(true);
  expect((await here.page.request.put(`/api/v1/lists/watchlist/titles/${id}`, { data: {} })).status()).toBe(204);
  const shown = there.page.getByRole('main').getByRole('link', { name: new RegExp(`^${title}`) }).first();
  await there.page.waitForTimeout(1_500);
  await there.context.setOffline(false);
  await expect(shown).toBeVisible({ timeout: 5_000 });
  await there.page.reload();
  await takenOver(there.page);
  await expect(shown).toBeVisible();
  await Promise.all([here.context.close(), there.context.close()]);
});

test('while the server is away what was shown stays, and what failed meanwhile comes by itself once it is back', async ({ browser, own }) => {
  const between = await listenWith((request, response) => passOn(own.url, request, response));
  const { context, page } = await device(browser, between.url);
  const { id } = await titleNamed(page.request, SHORT.title);
  expect((await page.request.put(`/api/v1/lists/watchlist/titles/${id}`, { data: {} })).status()).toBe(204);
  await follows(page, '/my-list');
  const ways = page.getByRole('navigation', { name: 'Lists' });
  const mine = ways.getByRole('link', { name: 'My list' });
  await expect(mine).toHaveText(/My list\s*1$/);
  await between.goAway();
  await ways.getByRole('link', { name: 'Favourites' }).click();
  await expect(page.getByRole('main').getByRole('alert')).toContainText('The server could not be reached.');
  await expect(mine).toHaveText(/My list\s*1$/);
  await between.comeBack();
  await expect(page.getByText('You have no favourites yet')).toBeVisible({ timeout: 15_000 });
  await context.close();
  await between.stop();
});

test('stars that are given while the server is away stay on the screen, and are sent once it is back', async ({ browser, own }) => {
  const between = await listenWith((request, response) => passOn(own.url, request, response));
  const { context, page } = await device(browser, between.url);
  const { id } = await titleNamed(page.request, SHORT.title);
  await follows(page, `/title/${id}`);
  const reviews = page.getByRole('region', { name: 'Reviews' });
  const four = reviews.getByRole('radio', { name: '4 stars', exact: true });
  await expect(reviews.getByText('Not rated')).toBeVisible();
  await between.goAway();
  await four.check({ force: true });
  await expect(page.getByRole('region', { name: 'Notices' }).getByText('Your changes are kept and sent later.')).toHaveCount(1);
  await expect(four).toBeChecked();
  await between.comeBack();
  const stored = async () => (await (await page.request.get(`/api/v1/titles/${id}/review`)).json()).review?.half_stars;
  await expect.poll(stored, { timeout: 15_000 }).toBe(8);
  await expect(four).toBeChecked();
  await context.close();
  await between.stop();
});

test.describe('of what is gone the server says so', () => {
  test.use({ allowed: [[AWAY, NOT_FOUND], { scope: 'test' }] });

  test('a list that is deleted on another device says so, and where to go on', async ({ browser, own }) => {
    const [here, there] = [await device(browser, own.url), await device(browser, own.url)];
    const list = 'sundaysundaysunday02';
    const made = await here.page.request.put(`/api/v1/lists/${list}`, { data: { name: 'Sunday' } });
    expect(made.ok()).toBe(true);
    await follows(there.page, `/my-list?list=${list}`);
    await expect(there.page.getByRole('heading', { level: 1, name: 'Sunday' })).toBeVisible();
    expect((await here.page.request.delete(`/api/v1/lists/${list}`)).ok()).toBe(true);
    await expect(there.page.getByText('This list was deleted.')).toBeVisible({ timeout: 5_000 });
    await expect(there.page.getByRole('heading', { level: 1, name: 'Sunday' })).toBeVisible();
    await there.page.getByRole('main').getByRole('link', { name: 'My list', exact: true }).last().click();
    await expect(there.page.getByRole('heading', { level: 1, name: 'My list' })).toBeVisible();
    await Promise.all([here.context.close(), there.context.close()]);
  });
});

test('a setting that is changed without a network is said not to be saved, and is as soon as there is one', async ({ browser, own }) => {
  const { context, page } = await device(browser, own.url);
  await follows(page, '/settings');
  await expect(page.getByText(/^Changes are saved at once/)).toBeVisible();
  const next = page.getByRole('switch', { name: /^Play the next film/ });
  await context.setOffline(true);
  await next.click();
  await expect(page.getByText(/^Not saved yet/)).toBeVisible();
  const saved = page.waitForResponse((response) => response.url().endsWith('/api/v1/snapshot') && response.request().method() !== 'GET');
  await context.setOffline(false);
  await saved;
  await expect(page.getByText(/^Changes are saved at once/)).toBeVisible(SOON);
  await next.click();
  await context.close();
});
