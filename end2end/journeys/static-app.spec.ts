// The static single-page app, as Trunk and any static host serve it: the same as what the server renders, from the first
// request on.

import { type Request } from '@playwright/test';

import { LONG } from '../support/films';
import { expect, open, titleNamed } from '../support/journey';
import { libraryIn } from '../support/library';
import { REFUSED, withOwnServer } from '../support/own_server';
import { expectPlaying } from '../support/player';
import { fileOf, listenWith, passOn } from '../support/proxy';
import { given } from '../support/server';

/** What Trunk.toml passes on. */
const CALLS = /^\/(api|media|art|auth)\//;
const PASSWORD = 'correct horse battery';

const test = withOwnServer({ fill: libraryIn }).extend<object, { host: string }>({
  host: [
    async ({ own }, use) => {
      const host = await listenWith((request, response) =>
        CALLS.test(request.url ?? '') ? passOn(own.url, request, response) : fileOf(given('MARQUEE_TEST_CSR'), request, response),
      );
      await use(host.url);
      await host.stop();
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ host }, use) => use(host),
});
test.describe.configure({ mode: 'serial' });
test.use({ allowed: [REFUSED] });

/** The calls that pages make, from now on. */
function listenForCalls(page: import('@playwright/test').Page): Request[] {
  const calls: Request[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname.startsWith('/api/')) {
      calls.push(request);
    }
  });
  return calls;
}

const named = (calls: Request[]) => calls.map((call) => `${call.method()} ${new URL(call.url()).pathname}${new URL(call.url()).search}`);

test('it says what device it is before it asks for anything, and asks for nothing twice', async ({ page, request }) => {
  const { id } = await titleNamed(request, LONG.title);
  const calls = listenForCalls(page);
  for (const address of ['/', '/browse?genre=Western', `/title/${id}`, '/search?q=amelie', '/settings', '/sign-in', `/watch/${id}`]) {
    calls.length = 0;
    await open(page, address);
    await page.waitForLoadState('networkidle');
    // Who follows what changes asks once more, of what the page had before it followed.
    const follows = named(calls).findIndex((call) => call.startsWith('GET /api/v1/events'));
    const before = follows < 0 ? calls : calls.slice(0, follows);
    const asked = named(before).filter((call) => !call.includes('heartbeat'));
    expect(asked.length, address).toBeGreaterThan(1);
    expect(asked.filter((call, at) => asked.indexOf(call) !== at), `asked twice at ${address}`).toEqual([]);
    // A stream of events takes no headers along.
    for (const call of before) {
      expect(await call.headerValue('x-marquee-device'), `${call.url()} at ${address}`).not.toBeNull();
    }
  }
});

test('whoever signs in is known, browses, reloads where they are, and plays', async ({ page, request }) => {
  await open(page, '/sign-in');
  await page.getByLabel('Your name').fill('Ada Lovelace');
  await page.getByLabel('Sign-in name').fill('Ada');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page).toHaveURL(/\/$/);
  await expect(page.getByRole('banner').getByRole('button', { name: 'Ada Lovelace: profile menu' }), 'the bar knows who watches').toBeVisible();

  await page.getByRole('banner').getByRole('link', { name: 'Browse' }).click();
  await page.getByRole('list', { name: 'Genre' }).getByRole('link', { name: /Western/ }).click();
  await expect(page).toHaveURL(/\/browse\?genre=Western$/);
  await page.reload();
  const main = page.getByRole('main');
  await expect(main.getByRole('link', { name: /The Searchers/ }).first()).toBeVisible();
  await expect(main.getByRole('link', { name: /Amélie/ })).toHaveCount(0);

  const { id } = await titleNamed(page.request, LONG.title);
  await open(page, `/title/${id}`);
  await expect(page.getByRole('heading', { level: 1, name: LONG.title })).toBeVisible();
  await main.getByRole('link', { name: /^(Play|Resume)/ }).first().click();
  await expectPlaying(page);
});

test('the theme and what the device is are on the document as the server writes them', async ({ page }) => {
  await open(page, '/sign-in');
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/$/);
  await open(page, '/settings');
  const saved = page.waitForResponse((answer) => answer.request().method() === 'PATCH' && answer.url().includes('snapshot'));
  await page.getByRole('group', { name: 'Theme' }).getByRole('radio', { name: 'Light' }).check();
  await saved;
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await expect(page.locator('html')).toHaveAttribute('data-device', 'desktop');
});
