// A review that is being written: kept where it is not saved, over every way away from it, and for its writer's eyes alone.

import { type APIRequestContext, type Page } from '@playwright/test';

import { SHORT } from '../support/films';
import { expect, open, takenOver, titleNamed } from '../support/journey';
import { libraryIn } from '../support/library';
import { REFUSED, withOwnServer } from '../support/own_server';

const PASSWORD = 'correct horse battery';
const FILM = 'Alien';
const STORED = 'Slow, dark and good.';

const test = withOwnServer({ fill: libraryIn });
test.describe.configure({ mode: 'serial' });
test.use({ allowed: [REFUSED] });

async function enter(request: APIRequestContext, login: string): Promise<void> {
  expect((await request.post('/api/v1/sign-in', { data: { login, password: PASSWORD } })).status()).toBe(201);
}

async function film(page: Page): Promise<string> {
  return `/title/${(await titleNamed(page.request, FILM)).id}`;
}

const section = (page: Page) => page.getByRole('region', { name: 'Reviews' });
const editor = (page: Page) => section(page).getByRole('textbox', { name: 'Your review' });

test.beforeAll(async ({ browser, own }) => {
  const context = await browser.newContext({ baseURL: own.url });
  const { request } = context;
  expect((await request.post('/api/v1/setup', { data: { login: 'ada', name: 'Ada', password: PASSWORD } })).status()).toBe(201);
  const account = { login: 'bob', name: 'Bob', password: PASSWORD, role: 'member' };
  expect((await request.post('/api/v1/accounts', { data: account })).status()).toBe(201);
  expect((await request.put('/api/v1/reviewer-name', { data: { name: 'A. L.' } })).ok()).toBe(true);
  const { id } = await titleNamed(request, FILM);
  expect((await request.put(`/api/v1/titles/${id}/review`, { data: { half_stars: 8, text: STORED } })).status()).toBe(200);
  await context.close();
});

test('a text that is being written is there again for whoever went elsewhere or loaded the page anew, and goes where it is given up', async ({ page }) => {
  const begun = 'Slow, dark and better the second time.';
  const again = section(page).getByText('We kept your draft.');
  await enter(page.request, 'ada');
  await open(page, await film(page));
  await section(page).getByRole('button', { name: 'Edit your review' }).click();
  await expect(again).toHaveCount(0);
  await editor(page).fill(begun);
  await section(page).getByLabel('Contains spoilers').check();
  await page.getByRole('banner').getByRole('link', { name: 'Home', exact: true }).click();
  await expect(page).toHaveURL(/\/$/);
  await page.goBack();
  await expect(again).toBeVisible();
  await expect(editor(page)).toHaveValue(begun);
  await expect(section(page).getByLabel('Contains spoilers')).toBeChecked();
  await page.reload();
  await expect(again).toBeVisible();
  await expect(editor(page)).toHaveValue(begun);
  for (const address of ['/', `/title/${(await titleNamed(page.request, SHORT.title)).id}`]) {
    await open(page, address);
    await page.reload();
    await takenOver(page);
    await open(page, await film(page));
    await expect(editor(page), `after ${address}`).toHaveValue(begun);
  }

  const question = page.getByRole('alertdialog', { name: 'Discard what you wrote?' });
  await section(page).getByRole('button', { name: 'Cancel' }).click();
  await question.getByRole('button', { name: 'Keep writing' }).click();
  await expect(editor(page)).toHaveValue(begun);
  await section(page).getByRole('button', { name: 'Cancel' }).click();
  await question.getByRole('button', { name: 'Discard' }).click();
  await expect(editor(page)).toHaveCount(0);
  await expect(section(page).getByRole('button', { name: 'Edit your review' })).toBeVisible();
  await page.reload();
  await takenOver(page);
  await section(page).getByRole('button', { name: 'Edit your review' }).click();
  await expect(editor(page), 'what is stored').toHaveValue(STORED);
  await expect(again).toHaveCount(0);
});

test('what is typed while a text is saved is not lost, and a text that was saved as the page went is no draft', async ({ page }) => {
  await enter(page.request, 'ada');
  await open(page, await film(page));
  const { id } = await titleNamed(page.request, FILM);
  const stored = async () => (await (await page.request.get(`/api/v1/titles/${id}/review`)).json()).review.text;
  // It arrives at once, and its answer comes late.
  await page.route('**/api/v1/titles/*/review', async (route) => {
    if (route.request().method() !== 'PUT') return route.continue();
    const response = await route.fetch();
    await new Promise((passed) => setTimeout(passed, 1_500));
    await route.fulfill({ response }).catch(() => undefined);
  });
  await section(page).getByRole('button', { name: 'Edit your review' }).click();
  await editor(page).fill('Slow, dark.');
  await section(page).getByRole('button', { name: 'Save' }).click();
  await editor(page).fill('Slow, dark and long.');
  await expect(section(page).getByText('What you typed since is not saved yet.')).toBeVisible();
  await expect(editor(page)).toHaveValue('Slow, dark and long.');
  expect(await stored()).toBe('Slow, dark.');

  await section(page).getByRole('button', { name: 'Save' }).click();
  await expect.poll(stored).toBe('Slow, dark and long.');
  await page.reload();
  await takenOver(page);
  await expect(section(page).getByRole('button', { name: 'Edit your review' })).toBeVisible();
  await expect(editor(page)).toHaveCount(0);

  await section(page).getByRole('button', { name: 'Edit your review' }).click();
  await section(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(editor(page), 'nothing was typed, and nothing is asked').toHaveCount(0);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
});

test('a press is taken on a page that was loaded anew and becomes longer under it', async ({ page }) => {
  await enter(page.request, 'ada');
  await page.setViewportSize({ width: 1280, height: 1400 });
  await open(page, await film(page));
  const edit = section(page).getByRole('button', { name: 'Edit your review' });
  await edit.click();
  // Farther down than the page is long without the form.
  await page.evaluate(() => scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' }));
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  let answer = () => {};
  const pressed = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/api/v1/titles/*/reviews?*', async (route) => {
    await pressed;
    await route.continue();
  });
  await page.reload();
  await expect(edit).toBeInViewport({ ratio: 1 });
  await edit.hover();
  await page.mouse.down();
  answer();
  await expect(section(page).getByRole('listitem').first()).toBeVisible();
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await page.mouse.up();
  await expect(editor(page)).toBeVisible();
});

test('what one was writing is not left in the tab for whoever watches next', async ({ page }) => {
  const kept = () => page.evaluate(() => sessionStorage.getItem('marquee.draft') ?? '');
  await enter(page.request, 'ada');
  await open(page, await film(page));
  await section(page).getByRole('button', { name: 'Edit your review' }).click();
  await editor(page).fill('For my eyes alone.');
  await open(page, '/');
  await expect.poll(kept).toContain('For my eyes alone.');
  await enter(page.request, 'bob');
  await open(page, '/');
  await expect.poll(kept).not.toContain('For my eyes alone.');
});
