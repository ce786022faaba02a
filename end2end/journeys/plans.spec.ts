// What a plan denies: a sharpness that no playlist names and no address gives, and one device more than it allows.

import { type APIRequestContext, type Page } from '@playwright/test';

import { ULTRA_HD } from '../support/films';
import { expect, open, titleNamed } from '../support/journey';
import { importUltraHd } from '../support/library';
import { REFUSED, withOwnServer } from '../support/own_server';
import { menu } from '../support/player';

const PASSWORD = 'correct horse battery';
/** The lines of what a film in 4K is packaged to. */
const ALL = [2160, 1440, 1080, 720, 480, 360, 240];
/** A device that shows all of it: what is missing is the plan's doing. */
const TELEVISION = { 'x-marquee-device': 'class=tv, w=3840, h=2160, dpr=100, pointer=none, max=4320' };

const test = withOwnServer({ fill: importUltraHd });
test.use({ allowed: [REFUSED] });
test.describe.configure({ mode: 'serial' });

async function signIn(page: Page): Promise<void> {
  await open(page, '/sign-in');
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Lets ada do this from now on, and waits until it is in force. */
async function allow(request: APIRequestContext, overrides: { resolution?: string; devices?: number }): Promise<void> {
  const { id } = (await (await request.get('/api/v1/identity')).json()).account;
  const address = `/api/v1/accounts/${id}/entitlements`;
  const { plan, version } = await (await request.get(address)).json();
  expect((await request.put(address, { data: { plan, overrides, expected_version: version } })).status()).toBe(200);
  await expect
    .poll(async () => (await (await request.get('/api/v1/identity')).json()).authorization, { timeout: 8_000 })
    .toMatchObject(overrides);
}

async function start(request: APIRequestContext): Promise<{ folder: string; playlists: string[]; lines: number[] }> {
  const { id } = await titleNamed(request, ULTRA_HD.title);
  const answer = await request.post('/api/v1/playback', { data: { title: id }, headers: TELEVISION });
  expect(answer.status()).toBe(201);
  const { manifest } = await answer.json();
  const master = await (await request.get(manifest)).text();
  const lines = [...master.matchAll(/RESOLUTION=\d+x(\d+)/g)].map((match) => Number(match[1]));
  const playlists = [...master.matchAll(/^(?!#)(\S+\.m3u8)$/gm)].map((match) => match[1]);
  return { folder: manifest.slice(0, manifest.lastIndexOf('/') + 1), playlists, lines: lines.sort((a, b) => b - a) };
}

test('a plan for HD gets nothing of a film in 4K above 1080 lines', async ({ page }) => {
  expect((await page.request.post('/api/v1/setup', { data: { login: 'ada', name: 'Ada', password: PASSWORD } })).status()).toBe(201);
  const everything = await start(page.request);
  expect(everything.lines).toEqual(ALL);
  const sharpest = everything.playlists.filter((name) => name.includes('2160'));
  expect(sharpest).toHaveLength(1);

  await allow(page.request, { resolution: 'HD' });
  const denied = await start(page.request);
  expect(denied.lines).toEqual(ALL.filter((lines) => lines <= 1080));
  // By its address, which is no secret, it is not to be had with this grant.
  expect((await page.request.get(denied.folder + denied.playlists[0])).status()).toBe(200);
  expect((await page.request.get(denied.folder + sharpest[0])).status()).toBe(403);

  const { id } = await titleNamed(page.request, ULTRA_HD.title);
  await open(page, `/title/${id}`);
  await page.getByRole('main').getByRole('link', { name: /^(Play|Resume)/ }).first().click();
  const quality = (await menu(page)).getByRole('group', { name: 'Quality', exact: true });
  await expect(quality.getByRole('radio', { name: '1080p', exact: true })).toBeVisible();
  await expect(quality.getByRole('radio', { name: '2160p', exact: true })).toHaveCount(0);
});

test('one device more than the plan allows is refused in words, and can take the place of the oldest', async ({ page, browser, own }) => {
  await signIn(page);
  await expect(page).toHaveURL(`${own.url}/`);
  await page.request.delete('/api/v1/sign-ins');
  await allow(page.request, { devices: 1 });

  const elsewhere = await browser.newContext({ baseURL: own.url });
  const other = await elsewhere.newPage();
  await signIn(other);
  await expect(other.getByRole('alert')).toContainText('plan allows 1 device at once.');
  await other.getByRole('button', { name: /^Sign out .* and go on$/ }).click();
  await expect(other).toHaveURL(`${own.url}/`);
  const whoAsks = async (at: Page) => (await (await at.request.get('/api/v1/identity')).json()).account?.login;
  expect(await whoAsks(other)).toBe('ada');
  await expect.poll(() => whoAsks(page), { timeout: 6_000 }).toBeUndefined();
  await elsewhere.close();
});
