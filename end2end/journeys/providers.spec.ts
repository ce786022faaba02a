// Through a real OpenID Connect provider into Marquee and out again; and what happens when the provider lies or is down.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { APIResponse, Page } from '@playwright/test';

import { expect, open, test as journey } from '../support/journey';
import { CLIENT, type Lie, OpenIdProvider, forged, symmetric, unsigned } from '../support/provider';
import { type Server, freePort, serve } from '../support/server';

interface Place {
  own: Server;
  provider: OpenIdProvider;
}

const test = journey.extend<object, { place: Place }>({
  place: [
    async ({}, use) => {
      const data = mkdtempSync(join(tmpdir(), 'marquee-providers-'));
      const [secret, port] = [join(data, 'client.secret'), await freePort()];
      writeFileSync(secret, CLIENT.secret);
      const own = await serve(data, join(data, 'server.log'), {
        MARQUEE_IDENTITY__LOCAL: 'false',
        MARQUEE_IDENTITY__PROVIDERS__HOME__NAME: 'Our house',
        MARQUEE_IDENTITY__PROVIDERS__HOME__ISSUER: `http://localhost:${port}`,
        MARQUEE_IDENTITY__PROVIDERS__HOME__CLIENT_ID: CLIENT.id,
        MARQUEE_IDENTITY__PROVIDERS__HOME__CLIENT_SECRET_FILE: secret,
        MARQUEE_IDENTITY__PROVIDERS__HOME__GROUPS__OPERATORS: '[boss]',
        MARQUEE_IDENTITY__PROVIDERS__HOME__GROUPS__MEMBERS: '[family]',
      });
      const provider = await OpenIdProvider.make(port, own.url);
      await provider.start();
      await use({ own, provider });
      await provider.stop();
      await own.stop();
      rmSync(data, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ place }, use) => use(place.own.url),
});

test.describe.configure({ mode: 'serial' });

async function toProvider(page: Page): Promise<void> {
  await open(page, '/sign-in');
  await page.getByRole('link', { name: 'Continue with Our house' }).click();
}

async function enter(page: Page, who: string): Promise<void> {
  await toProvider(page);
  await page.getByLabel('Who are you?').fill(who);
  await page.getByRole('button', { name: 'Go on' }).click();
}

async function whoAsks(page: Page): Promise<{ name: string; role: string; provider: string } | undefined> {
  return (await (await page.request.get('/api/v1/identity')).json()).account;
}

test('somebody whom the provider knows enters with its word, and is what its groups say', async ({ page, place }) => {
  await enter(page, 'ada');
  await expect(page).toHaveURL(`${place.own.url}/`);
  await open(page, '/account');
  await expect(page.getByRole('heading', { level: 1, name: 'Ada Lovelace' })).toBeVisible();
  expect(await whoAsks(page)).toMatchObject({ name: 'Ada Lovelace', role: 'operator', provider: 'home' });
});

test('signing out here signs out there, and one comes back as a guest', async ({ page, place }) => {
  await enter(page, 'bea');
  await expect(page).toHaveURL(`${place.own.url}/`);
  expect(await whoAsks(page)).toMatchObject({ name: 'Bea', role: 'member' });
  // What is asked for as one signs out is refused, as it should be.
  const known = page.waitForResponse('**/api/v1/marks');
  await open(page, '/account');
  await known;
  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  await page.getByRole('button', { name: 'Sign out there as well' }).click();
  await expect(page).toHaveURL(new RegExp(`^${place.own.url}/`));
  expect(await whoAsks(page)).toBeUndefined();
  // The provider has forgotten them as well: it asks who they are.
  await toProvider(page);
  await expect(page.getByLabel('Who are you?')).toBeVisible();
});

test('whoever signs out at the provider is signed out here within five seconds', async ({ page, place }) => {
  await enter(page, 'bea');
  await expect(page).toHaveURL(`${place.own.url}/`);
  expect(await whoAsks(page)).toMatchObject({ name: 'Bea' });
  await page.goto(`${place.provider.issuer}/session/end`);
  await page.getByRole('button', { name: 'Sign out there as well' }).click();
  await expect.poll(() => whoAsks(page), { timeout: 6_000 }).toBeUndefined();
});

test('who is in none of the groups is refused in words', async ({ page }) => {
  await enter(page, 'eve');
  await expect(page.getByRole('alert')).toHaveText('You may not enter here. Ask whoever runs this Marquee.');
  expect(await whoAsks(page)).toBeUndefined();
});

test('who changes their mind at the provider is back at the sign-in page', async ({ page }) => {
  await toProvider(page);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('alert')).toHaveText('You were not signed in there, so you are not signed in here.');
});

test('through the provider one comes back to the page that asked for it, also at a second try', async ({ page, place }) => {
  const films = '/browse?genre=Drama';
  await page.goto(films);
  await expect(page).toHaveURL(`${place.own.url}/sign-in?from=%2Fbrowse%3Fgenre%3DDrama`);
  await page.getByRole('link', { name: 'Continue with Our house' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('alert')).toHaveText('You were not signed in there, so you are not signed in here.');
  await page.getByRole('link', { name: 'Continue with Our house' }).click();
  await page.getByLabel('Who are you?').fill('bea');
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page).toHaveURL(`${place.own.url}${films}`);
  expect(await whoAsks(page)).toMatchObject({ name: 'Bea' });
});

test('a way back is good once, and in its own browser alone', async ({ page, browser, place }) => {
  // The way to the provider and almost back, step by step, as the browser goes it.
  await open(page, '/sign-in');
  const next = async (answer: Promise<APIResponse>) => (await answer).headers()['location']!;
  const there = await next(page.request.get('/auth/home', { maxRedirects: 0 }));
  const question = new URL(await next(page.request.get(there, { maxRedirects: 0 })), place.provider.issuer).href;
  const answered = await next(page.request.post(question, { form: { who: 'bea' }, maxRedirects: 0 }));
  const back = await next(page.request.get(answered, { maxRedirects: 0 }));
  expect(back).toContain(`${place.own.url}/auth/home/callback?code=`);

  // Somebody else, who was lured onto it, is not signed in as Bea.
  const elsewhere = await browser.newContext({ baseURL: place.own.url });
  const lured = await elsewhere.newPage();
  await lured.goto('/');
  await lured.goto(back);
  await expect(lured.getByRole('alert')).toHaveText('That took too long, or was used before. Try once more.');
  expect(await whoAsks(lured)).toBeUndefined();
  await elsewhere.close();

  // That has used it up for Bea as well.
  await page.goto(back);
  await expect(page.getByRole('alert')).toHaveText('That took too long, or was used before. Try once more.');
  await page.goto('/auth/home/callback?state=made-up&code=made-up');
  await expect(page.getByRole('alert')).toHaveText('That took too long, or was used before. Try once more.');
  expect(await whoAsks(page)).toBeUndefined();
});

const now = () => Math.floor(Date.now() / 1000);
const LIES: [string, Lie][] = [
  ['of another attempt (wrong nonce)', (claims, sign) => sign({ ...claims, nonce: 'another' })],
  ['of no attempt (no nonce)', ({ nonce: _, ...claims }, sign) => sign(claims)],
  ['for another site (wrong audience)', (claims, sign) => sign({ ...claims, aud: 'another' })],
  ['for two sites', (claims, sign) => sign({ ...claims, aud: [CLIENT.id, 'another'] })],
  ['from another provider (wrong issuer)', (claims, sign) => sign({ ...claims, iss: 'http://localhost:1' })],
  ['that has expired', (claims, sign) => sign({ ...claims, iat: now() - 900, exp: now() - 300 })],
  ['from the future', (claims, sign) => sign({ ...claims, iat: now() + 600, exp: now() + 900 })],
  ['that another key signed', (claims) => forged(claims)],
  ['that nobody signed', async (claims) => unsigned(claims)],
  ['signed with the shared secret', (claims) => symmetric(claims)],
  ['whose access token is another', (claims, sign) => sign({ ...claims, at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' })],
];

for (const [what, lie] of LIES) {
  test(`a token ${what} lets nobody in`, async ({ page, place }) => {
    place.provider.lie = lie;
    await enter(page, 'bea');
    await expect(page.getByRole('alert')).toContainText('does not prove who you are');
    expect(await whoAsks(page)).toBeUndefined();
    place.provider.lie = undefined;
  });
}

test('clocks may differ by half a minute, either way', async ({ page, place }) => {
  for (const shift of [-30, 30]) {
    place.provider.lie = (claims, sign) => sign({ ...claims, iat: now() + shift, exp: now() + Math.max(shift, -30) + 5 });
    await page.context().clearCookies();
    await enter(page, 'bea');
    await expect(page).toHaveURL(`${place.own.url}/`);
    expect(await whoAsks(page)).toMatchObject({ name: 'Bea' });
  }
  place.provider.lie = undefined;
});

test('a provider that is down is said in words, and one enters once it is up again', async ({ page, place }) => {
  // What was learnt of it within the last second is not asked for again.
  await page.waitForTimeout(1_200);
  await place.provider.stop();
  await toProvider(page);
  await expect(page.getByRole('alert')).toHaveText('The provider does not answer at the moment. Try again in a while.');
  await place.provider.start();
  await page.waitForTimeout(1_200);
  await enter(page, 'ada');
  await expect(page).toHaveURL(`${place.own.url}/`);
  expect(await whoAsks(page)).toMatchObject({ name: 'Ada Lovelace' });
});
