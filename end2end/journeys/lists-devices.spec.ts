// On which lists a title is, on every device of a profile.

import { type Browser, type Page } from '@playwright/test';

import { SHORT } from '../support/films';
import { expect, open, takenOver, titleNamed } from '../support/journey';
import { libraryIn } from '../support/library';
import { withOwnServer } from '../support/own_server';

const ADA = { login: 'ada', name: 'Ada', password: 'correct horse battery' };
const LIST = 'Sunday evening';
/** What one device does shows on the others within a second. */
const SOON = { timeout: 1_000 };

const test = withOwnServer({ fill: libraryIn });
test.describe.configure({ mode: 'serial' });

const sheet = (page: Page) => page.getByRole('dialog', { name: SHORT.title });
const onSunday = (page: Page) => sheet(page).getByRole('button', { name: new RegExp(`^${LIST}`) });
const mine = (page: Page) => sheet(page).getByRole('button', { name: /^My list/ });

/** A device that is signed in as Ada, on the title's page. */
async function device(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: url });
  const page = await context.newPage();
  const { login, password } = ADA;
  expect((await page.request.post('/api/v1/sign-in', { data: { login, password } })).ok()).toBe(true);
  const { id } = await titleNamed(page.request, SHORT.title);
  const follows = page.waitForResponse((response) => response.url().includes('/api/v1/events'), { timeout: 15_000 });
  await open(page, `/title/${id}`);
  await follows;
  return page;
}

async function openSheet(page: Page): Promise<void> {
  await expect(page.locator('[data-card-actions]')).toBeAttached();
  await page.getByRole('button', { name: /Lists and more/ }).click();
  await expect(sheet(page)).toBeVisible();
}

test.beforeAll(async ({ own, playwright }) => {
  const request = await playwright.request.newContext({ baseURL: own.url });
  expect((await request.post('/api/v1/setup', { data: ADA })).status()).toBe(201);
  await request.dispose();
});

test('a list that is made for a title on one device has it on the other, which takes it off from its page', async ({ browser, own }) => {
  const [here, there] = [await device(browser, own.url), await device(browser, own.url)];
  await openSheet(there);
  await openSheet(here);
  await sheet(here).getByLabel('New list').fill(LIST);
  await sheet(here).getByRole('button', { name: 'Create and add' }).click();
  await expect(onSunday(here)).toHaveAttribute('aria-pressed', 'true');
  await sheet(here).getByLabel('New list').fill(LIST);
  await sheet(here).getByRole('button', { name: 'Create and add' }).click();
  await expect(sheet(here).getByText(/You have a list .+ already, and .+ is on it\./)).toBeVisible();
  await expect(onSunday(here), 'no second one of that name').toHaveCount(1);
  await expect(onSunday(there), 'while its actions are shown there').toHaveAttribute('aria-pressed', 'true', SOON);

  await here.reload();
  await takenOver(here);
  await openSheet(here);
  await expect(onSunday(here), 'after a reload').toHaveAttribute('aria-pressed', 'true');
  await expect(mine(here)).toHaveAttribute('aria-pressed', 'false');

  await onSunday(there).click();
  await expect(there.getByRole('region', { name: 'Notices' }).getByText(/is no longer on .*Sunday evening/)).toBeVisible();
  await expect(onSunday(there)).toHaveAttribute('aria-pressed', 'false');
  await expect(onSunday(here)).toHaveAttribute('aria-pressed', 'false', SOON);
  const lists = async () => (await here.request.get('/api/v1/lists')).json();
  await expect.poll(async () => (await lists()).map(({ count }: { count: number }) => count)).toEqual([0, 0]);
  await Promise.all([here.context().close(), there.context().close()]);
});

test('while it is not known whether a list has the title its button says neither', async ({ browser, own }) => {
  const page = await device(browser, own.url);
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  // The lists are known of their page; what is asked as the sheet opens waits.
  await page.getByRole('banner').getByRole('link', { name: 'My list' }).click();
  await expect(page.getByRole('navigation', { name: 'Lists' }).getByRole('link', { name: new RegExp(`^${LIST}`) })).toBeVisible();
  await page.route(/\/api\/v1\/lists\?title=/, async (route) => {
    const response = await route.fetch();
    await released;
    await route.fulfill({ response }).catch(() => 'a newer request took its place');
  });
  await page.goBack();
  await openSheet(page);
  await expect(onSunday(page)).toHaveAttribute('aria-busy', 'true');
  expect(await onSunday(page).getAttribute('aria-pressed')).toBeNull();
  release();
  await expect(onSunday(page)).toHaveAttribute('aria-pressed', 'false');
  await expect(onSunday(page)).not.toHaveAttribute('aria-busy');
  await page.context().close();
});
