// What a viewer changes while the server cannot be reached is theirs alone: it goes with them, and whoever watches next on the
// same browser keeps what is theirs.

import { type Page } from '@playwright/test';

import { LONG, SHORT, VOICES } from '../support/films';
import { expect, open, takenOver, titleNamed } from '../support/journey';
import { importVoices, libraryIn } from '../support/library';
import { withOwnServer } from '../support/own_server';
import { expectPlaying, watch } from '../support/player';

const test = withOwnServer({
  fill: (data) => {
    libraryIn(data);
    importVoices(data);
  },
});
test.describe.configure({ mode: 'serial' });
test.use({
  allowed: [
    [/Failed to load resource: (net::ERR_INTERNET_DISCONNECTED|the server responded with a status of (401|409))/],
    { scope: 'test' },
  ],
});

const FILMS = [LONG.title, VOICES.title, SHORT.title];
const CHANGES = /\/api\/v1\/titles\/[^/]+\/progress/;

const row = (page: Page) => page.getByRole('region', { name: 'Continue watching' });
const opener = (page: Page, who: string) => page.getByRole('banner').getByRole('button', { name: `${who}: profile menu` });

/** The titles that whoever watches has begun, as the server knows it. */
const begun = async (page: Page): Promise<string[]> => {
  const items: { title: string }[] = await (await page.request.get('/api/v1/continue-watching')).json();
  return items.map(({ title }) => title).sort();
};

/** Begins each film as the profile that is chosen. */
async function beginAll(page: Page): Promise<void> {
  for (const name of FILMS) {
    const { id } = await titleNamed(page.request, name);
    const answer = await page.request.put(`/api/v1/titles/${id}/progress`, { data: { position: 2 } });
    expect(answer.status(), name).toBe(204);
  }
}

/** Signs in by the API, in the page's browser. */
async function signIn(page: Page): Promise<void> {
  const account = { login: 'ada', password: 'correct horse battery' };
  expect((await page.request.post('/api/v1/sign-in', { data: account })).status()).toBe(201);
}

/** Chooses who watches by the API, in the page's browser. */
async function choose(page: Page, who: string): Promise<void> {
  const profiles: { id: string; name: string }[] = await (await page.request.get('/api/v1/profiles')).json();
  const { id } = profiles.find(({ name }) => name === who)!;
  expect((await page.request.put('/api/v1/profile', { data: { id } })).ok()).toBe(true);
}

/** Changes who watches, by the menu. */
async function becomes(page: Page, before: string, after: string): Promise<void> {
  await opener(page, before).click();
  await page.getByRole('dialog', { name: before }).getByRole('button', { name: after }).click();
  await expect(opener(page, after)).toBeVisible();
  await takenOver(page);
}

test('three changes made without the server, then another profile: nothing of theirs is touched, nor sent later', async ({ page }) => {
  const account = { login: 'ada', name: 'Ada', password: 'correct horse battery' };
  expect((await page.request.post('/api/v1/setup', { data: account })).status()).toBe(201);
  await beginAll(page);
  const made = await page.request.post('/api/v1/profiles', { data: { name: 'Bea', colour: '#5b8def' } });
  expect(made.status()).toBe(201);
  await choose(page, 'Bea');
  await beginAll(page);
  await choose(page, 'Ada');

  await open(page, '/');
  await page.route(CHANGES, (route) => route.abort('internetdisconnected'));
  for (const name of FILMS) {
    await row(page).getByRole('listitem').filter({ hasText: name }).hover();
    await row(page).getByRole('button', { name: `Take ${name} off Continue watching` }).click();
  }
  await expect(row(page)).toHaveCount(0);
  const kept = () => page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith('marquee.change.')).length);
  expect(await kept()).toBe(3);
  expect(await begun(page), 'nothing has arrived').toHaveLength(3);

  await becomes(page, 'Ada', 'Bea');
  await page.unroute(CHANGES);
  await page.reload();
  await expect(row(page).getByRole('listitem')).toHaveCount(3);
  // Longer than a change waits before it is sent again.
  await page.waitForTimeout(3_000);
  expect(await begun(page), 'what Bea has begun').toEqual([...FILMS].sort());
  expect(await kept(), 'they went with their viewer').toBe(0);

  await becomes(page, 'Bea', 'Ada');
  await expect(row(page).getByRole('listitem')).toHaveCount(3);
  expect(await begun(page), 'what Ada has begun').toEqual([...FILMS].sort());
});

test('a tab whose viewer is no longer the one becomes theirs who watch, as soon as it asks for anything; a film in it ends in words', async ({
  page,
  context,
}) => {
  await signIn(page);
  await choose(page, 'Ada');
  await open(page, '/browse');
  await expect(opener(page, 'Ada')).toBeVisible();
  const film = await context.newPage();
  await watch(film, film.request, LONG.title);
  const position = async () => (await (await film.request.get(`/api/v1/titles/${id}/progress`)).json()).progress?.position;
  const { id } = await titleNamed(page.request, LONG.title);
  const before = await (await choose(page, 'Bea'), position());

  await page.getByRole('banner').getByRole('link', { name: 'Home' }).click();
  await expect(opener(page, 'Bea')).toBeVisible();
  await expect(row(page).getByRole('listitem')).toHaveCount(3);
  await expect(film.getByRole('alert')).toContainText('The profile was changed on this device.', { timeout: 20_000 });
  expect(await position(), 'nothing of the film is written to Bea').toBe(before);
  await film.getByRole('link', { name: 'Continue' }).click();
  await expectPlaying(film);
});

test('a film of whoever is signed out meanwhile ends with that, with the way back in at hand and nobody in the bar', async ({
  page,
  context,
}) => {
  await signIn(page);
  await choose(page, 'Ada');
  const film = await context.newPage();
  await watch(film, film.request, LONG.title);
  expect((await page.request.delete('/api/v1/sign-in')).ok()).toBe(true);
  await expect(film.getByRole('alert')).toContainText('You were signed out.', { timeout: 20_000 });
  await expect(film.getByRole('link', { name: 'Sign in' })).toBeFocused();
  await film.getByRole('link', { name: 'Back to the home page' }).click();
  await expect(film.getByRole('banner')).toBeVisible();
  await expect(opener(film, 'Ada')).toHaveCount(0);
});
