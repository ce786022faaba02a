// One film at once: a second device is refused in words, sees who plays, stops it, and plays.

import { type Page } from '@playwright/test';

import { expect, open, titleNamed } from '../support/journey';
import { LONG } from '../support/films';
import { libraryIn } from '../support/library';
import { REFUSED, withOwnServer } from '../support/own_server';

const PASSWORD = 'correct horse battery';

const test = withOwnServer({ fill: libraryIn });
// With its scope: a list of two would be taken for a value and its options.
test.use({ allowed: [[REFUSED, /status of 410/], { scope: 'test' }] });

const isPlaying = (page: Page) =>
  page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.2, undefined, { timeout: 30_000 });

test('a device that may not play sees which one does, stops it, and plays', async ({ page, browser, own }) => {
  test.setTimeout(90_000);
  const setup = await page.request.post('/api/v1/setup', { data: { login: 'ada', name: 'Ada', password: PASSWORD } });
  const { id } = await setup.json();
  const address = `/api/v1/accounts/${id}/entitlements`;
  const { plan, version } = await (await page.request.get(address)).json();
  const limited = { plan, overrides: { streams: 1 }, expected_version: version };
  expect((await page.request.put(address, { data: limited })).status()).toBe(200);
  const film = await titleNamed(page.request, LONG.title);
  // In force on every node within five seconds.
  await expect
    .poll(async () => (await (await page.request.get('/api/v1/identity')).json()).authorization.streams, { timeout: 8_000 })
    .toBe(1);
  await open(page, `/watch/${film.id}`);
  await isPlaying(page);

  const elsewhere = await browser.newContext({ baseURL: own.url });
  const other = await elsewhere.newPage();
  expect((await other.request.post('/api/v1/sign-in', { data: { login: 'ada', password: PASSWORD } })).status()).toBe(201);
  await open(other, `/watch/${film.id}`);
  await expect(other.getByRole('alert')).toContainText('This account plays one film at once at most.');
  const stream = other.getByRole('region', { name: 'Playing now' }).getByRole('listitem');
  await expect(stream).toHaveCount(1);
  await expect(stream).toContainText(LONG.title);
  await stream.getByRole('button', { name: /^Stop / }).click();
  await isPlaying(other);
  await elsewhere.close();
});
