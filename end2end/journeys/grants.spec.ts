// No grant, no bytes: what the browser could ask for without one, with a forged one, or with one that is over.

import { type APIRequestContext, type APIResponse } from '@playwright/test';

import { LONG, SHORT } from '../support/films';
import { expect, test, titleNamed } from '../support/journey';

interface Started {
  session: string;
  manifest: string;
}

async function start(request: APIRequestContext, name: string): Promise<Started> {
  const { id } = await titleNamed(request, name);
  const answer = await request.post('/api/v1/playback', { data: { title: id } });
  expect(answer.status()).toBe(201);
  return answer.json();
}

/** The addresses below a grant, without it: the master, and one of each kind that it leads to. */
async function parts(request: APIRequestContext, manifest: string): Promise<string[]> {
  const base = manifest.slice(0, manifest.lastIndexOf('/') + 1);
  const master = await (await request.get(manifest)).text();
  const playlists = [...master.matchAll(/^(?!#)(\S+\.m3u8)$|URI="([^"]+\.m3u8)"/gm)].map((match) => match[1] ?? match[2]);
  expect(playlists.length).toBeGreaterThanOrEqual(3);
  const found = ['master.m3u8', ...playlists];
  for (const playlist of playlists) {
    const folder = playlist.slice(0, playlist.lastIndexOf('/') + 1);
    const text = await (await request.get(base + playlist)).text();
    const media = [...text.matchAll(/^(?!#)(\S+)$|URI="([^"]+)"/gm)].map((match) => folder + (match[1] ?? match[2]));
    found.push(...media.slice(0, 2));
  }
  return found;
}

const grantOf = (manifest: string) => manifest.split('/')[2];

/** Refused in a few words: no playlist, no picture, no byte of video. */
async function expectRefused(answer: APIResponse, why: string): Promise<void> {
  expect([401, 403, 404, 410], `${why}: ${answer.status()} for ${answer.url()}`).toContain(answer.status());
  expect(answer.headers()['content-type'], why).toContain('application/problem+json');
  expect((await answer.body()).length, why).toBeLessThan(1000);
}

test('with its grant every part of a film is served, and without one none is', async ({ page }) => {
  const { manifest } = await start(page.request, LONG.title);
  const names = await parts(page.request, manifest);
  for (const name of names) {
    const granted = await page.request.get(`/media/${grantOf(manifest)}/${name}`);
    expect(granted.status(), name).toBe(200);
    await expectRefused(await page.request.get(`/media/${name}`), 'no grant');
    await expectRefused(await page.request.get(`/media/-/${name}`), 'no grant to speak of');
  }
});

test('a grant with any part changed is refused', async ({ page }) => {
  const { manifest } = await start(page.request, SHORT.title);
  const names = await parts(page.request, manifest);
  const whole = Buffer.from(grantOf(manifest), 'base64url');
  // Key, height, expiry, session, title, tag: see the layout of a grant.
  for (const at of [0, 1, 2, 3, 10, 11, 26, 27, whole.length - 33, whole.length - 32, whole.length - 1]) {
    const forged = Buffer.from(whole);
    forged[at] ^= 1;
    for (const name of names.slice(0, 4)) {
      await expectRefused(await page.request.get(`/media/${forged.toString('base64url')}/${name}`), `byte ${at} changed`);
    }
  }
  const shorter = whole.subarray(0, whole.length - 1).toString('base64url');
  await expectRefused(await page.request.get(`/media/${shorter}/master.m3u8`), 'a byte short');
});

test('a grant for one title gives nothing of another', async ({ page }) => {
  const [long, short] = [await start(page.request, LONG.title), await start(page.request, SHORT.title)];
  const { id } = await titleNamed(page.request, LONG.title);
  const grant = grantOf(short.manifest);
  for (const way of [id, `/${id}`, `..%2f${id}`, `%2e%2e%2f${id}`, `..%5c${id}`]) {
    await expectRefused(await page.request.get(`/media/${grant}/${way}/master.m3u8`), way);
  }
  // The long film has a rendition that the short one lacks.
  const names = await parts(page.request, long.manifest);
  const higher = names.filter((name) => name.includes('720'));
  expect(higher).not.toEqual([]);
  for (const name of higher) {
    await expectRefused(await page.request.get(`/media/${grant}/${name}`), name);
  }
});

test('once the player has said that it is over, its grant is refused', async ({ page }) => {
  const { session, manifest } = await start(page.request, LONG.title);
  const names = await parts(page.request, manifest);
  expect((await page.request.delete(`/api/v1/playback/${session}`)).status()).toBe(204);
  for (const name of names) {
    const refused = async () => (await page.request.get(`/media/${grantOf(manifest)}/${name}`)).status();
    await expect.poll(refused, { message: name }).not.toBe(200);
    await expectRefused(await page.request.get(`/media/${grantOf(manifest)}/${name}`), name);
  }
});

test('a stranger can neither read nor end the session of another', async ({ page, playwright, baseURL }) => {
  const { session, manifest } = await start(page.request, LONG.title);
  const stranger = await playwright.request.newContext({ baseURL });
  const said = await stranger.post(`/api/v1/playback/${session}/progress`, { data: { position: 5, state: 'playing' } });
  expect([403, 404, 409, 410]).toContain(said.status());
  expect([403, 404, 409, 410]).toContain((await stranger.delete(`/api/v1/playback/${session}`)).status());
  expect((await page.request.get(manifest)).status()).toBe(200);
  await stranger.dispose();
});

test('posters are open to everybody', async ({ page, playwright, baseURL }) => {
  const { id } = await titleNamed(page.request, 'The Godfather');
  const cards = await (await page.request.get(`/api/v1/titles/${id}`)).json();
  const stranger = await playwright.request.newContext({ baseURL });
  const poster = await stranger.get(cards.artwork.poster);
  expect(poster.status()).toBe(200);
  expect(poster.headers()['content-type']).toContain('image/');
  await stranger.dispose();
});
