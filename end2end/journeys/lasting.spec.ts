// What lasts: a pause, a session that ends meanwhile, the next film on a plan with one stream, a film that is left while it loads,
// two devices of one profile.

import { type Page, type Request } from '@playwright/test';

import { LONG, SHORT } from '../support/films';
import { expect, open, titleNamed } from '../support/journey';
import { libraryIn } from '../support/library';
import { withOwnServer } from '../support/own_server';
import { expectPlaying, pause, seek, state, wake, watch } from '../support/player';

const PASSWORD = 'correct horse battery';

const test = withOwnServer({ fill: libraryIn });
// What a browser logs of an ended session's parts and of its heartbeat.
test.use({ allowed: [/Failed to load resource: (the server responded with a status of (404|409|410|412|422)|net::ERR_CONNECTION_FAILED)/] });
test.describe.configure({ mode: 'serial' });

const STARTS = /\/api\/v1\/playback$/;
const HEARTBEATS = /\/api\/v1\/playback\/[^/]+\/progress$/;

/** The requests of a page that go to such an address by POST, from now on. */
function posts(page: Page, address: RegExp): Request[] {
  const seen: Request[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && address.test(new URL(request.url()).pathname)) {
      seen.push(request);
    }
  });
  return seen;
}

/** The session that the page was given last. */
async function sessionOf(requests: Request[]): Promise<string> {
  const response = await requests.at(-1)!.response();
  return (await response!.json()).session;
}

/** Says how many films the account that is signed in may play at once, and waits until that is in force. */
async function limitStreams(page: Page, streams: number): Promise<void> {
  const identity = async () => (await page.request.get('/api/v1/identity')).json();
  const address = `/api/v1/accounts/${(await identity()).account.id}/entitlements`;
  const { plan, version } = await (await page.request.get(address)).json();
  const limited = { plan, overrides: { streams }, expected_version: version };
  expect((await page.request.put(address, { data: limited })).status()).toBe(200);
  await expect.poll(async () => (await identity()).authorization.streams, { timeout: 8_000 }).toBe(streams);
}

test('heartbeats go on while a film is paused', async ({ page, request }) => {
  const beats = posts(page, HEARTBEATS);
  await watch(page, request, LONG.title);
  await pause(page);
  const before = beats.length;
  await expect.poll(() => beats.length, { timeout: 25_000 }).toBeGreaterThan(before);
  expect(beats.at(-1)!.postDataJSON().state).toBe('paused');
});

test('a session that ends while a film is paused is renewed under it, and the film plays on where it was', async ({ page, request }) => {
  const starts = posts(page, STARTS);
  await watch(page, request, LONG.title);
  await seek(page, 10);
  const { time } = await pause(page);
  await page.locator('video').evaluate((video) => Object.assign(video, { isTheSame: true }));
  const session = await sessionOf(starts);
  // As it would by itself after a closed lid: nothing of it is served any more.
  expect((await page.request.delete(`/api/v1/playback/${session}`)).status()).toBe(204);
  const before = starts.length;
  // The server hears of a seek at once, and says that it knows of no such session.
  await seek(page, time - 4);
  await expect.poll(() => starts.length, { message: 'another session is asked for' }).toBe(before + 1);
  expect(starts.at(-1)!.postDataJSON().replaces).toBe(session);
  await wake(page);
  await page.getByRole('button', { name: 'Play', exact: true }).first().click();
  await expectPlaying(page);
  const after = await state(page);
  expect(after.time).toBeGreaterThanOrEqual(time - 4.5);
  expect(after.time).toBeLessThan(time + 8);
  expect(await page.locator('video').evaluate((video) => 'isTheSame' in video), 'nothing is mounted anew').toBe(true);
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('parts of the film that do not load for a while are tried again, and nobody is told', async ({ page, request }) => {
  let away = true;
  await page.route(/\/media\/.*\.(m4s|mp4)$/, (route) => (away ? route.abort('connectionfailed') : route.continue()));
  const { id } = await titleNamed(request, LONG.title);
  await open(page, `/title/${id}`);
  await page.getByRole('main').getByRole('link', { name: /^(Play|Resume)/ }).first().click();
  await expect(page.locator('video')).toBeAttached();
  await page.waitForTimeout(3_000);
  away = false;
  await expectPlaying(page);
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('on a plan with one stream three films play after each other, and one that is left while it loads gives its place back', async ({
  page,
}) => {
  test.setTimeout(120_000);
  expect((await page.request.post('/api/v1/setup', { data: { login: 'ada', name: 'Ada', password: PASSWORD } })).ok()).toBe(true);
  await limitStreams(page, 1);

  await watch(page, page.request, SHORT.title);
  for (let film = 0; film < 2; film++) {
    const { duration } = await page.locator('video').evaluate((video: HTMLVideoElement) => ({ duration: video.duration }));
    await seek(page, duration - 1);
    const next = page.getByRole('group', { name: 'Up next' });
    await expect(next).toBeVisible({ timeout: 15_000 });
    const before = page.url();
    await next.getByRole('link', { name: 'Play now' }).click();
    await expect(page).not.toHaveURL(before);
    await expectPlaying(page);
    await expect(page.getByRole('alert')).toHaveCount(0);
  }

  await page.goto('/');
  const film = await titleNamed(page.request, LONG.title);
  await open(page, `/title/${film.id}`);
  // Late, so that the viewer is gone when it comes.
  await page.route(STARTS, async (route) => {
    const response = await route.fetch();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await route.fulfill({ response });
  });
  const given = page.waitForResponse((response) => response.request().method() === 'DELETE' && /\/playback\//.test(response.url()));
  await page.getByRole('main').getByRole('link', { name: /^(Play|Resume)/ }).first().click();
  await expect(page).toHaveURL(/\/watch\//);
  await page.goBack();
  await given;
  await page.unroute(STARTS);
  await watch(page, page.request, LONG.title);
});

test('what is set on one device is not set back because another one plays', async ({ page, browser, own }) => {
  test.setTimeout(90_000);
  const signIn = { data: { login: 'ada', password: PASSWORD } };
  expect((await page.request.post('/api/v1/sign-in', signIn)).status()).toBe(201);
  // The browser of the journey before is gone without a word, and holds its place for a while.
  await limitStreams(page, 3);
  await watch(page, page.request, LONG.title);

  const elsewhere = await browser.newContext({ baseURL: own.url });
  const other = await elsewhere.newPage();
  expect((await other.request.post('/api/v1/sign-in', signIn)).status()).toBe(201);
  await open(other, '/settings');
  const saved = other.waitForResponse(
    (response) => response.url().endsWith('/api/v1/snapshot') && response.request().method() === 'PATCH' && response.ok(),
  );
  await other.getByRole('group', { name: 'Theme' }).getByRole('radio', { name: 'Light' }).check();
  // The film's device sets something else meanwhile.
  await wake(page);
  await page.keyboard.press('m');
  await saved;
  await expect(other.locator('html')).toHaveAttribute('data-theme', 'light');
  await open(other, '/');
  await expect(other.locator('html')).toHaveAttribute('data-theme', 'light');
  await elsewhere.close();
});
