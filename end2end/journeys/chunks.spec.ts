// The code of the watch page, and the library that plays HLS, are fetched only on the way to a film.

import { type Page } from '@playwright/test';

import { LONG } from '../support/films';
import { expect, open, test, titleNamed } from '../support/journey';
import { expectPlaying } from '../support/player';

const LIBRARY = /\/hls[^/]*\.m?js$/;
const CHUNK = /\/(split|chunk)_[^/]*\.wasm$/;

/** The chunks and the library, as they are fetched. */
function listenForCode(page: Page): string[] {
  const fetched: string[] = [];
  page.on('request', (request) => {
    const path = new URL(request.url()).pathname;
    if (LIBRARY.test(path) || CHUNK.test(path)) {
      fetched.push(path);
    }
  });
  return fetched;
}

/** Visits every page but the watch page; what they fetched. */
async function visitTheOthers(page: Page, title: string): Promise<Set<string>> {
  const fetched = listenForCode(page);
  for (const address of ['/', '/browse', '/search?q=alien', '/settings', `/title/${title}`]) {
    await open(page, address);
    await page.waitForLoadState('networkidle');
  }
  return new Set(fetched);
}

for (const way of ['hover', 'focus'] as const) {
  test(`no other page loads anything of the player; ${way} on Play loads all of it`, async ({ page, request }) => {
    const { id } = await titleNamed(request, LONG.title);
    const others = await visitTheOthers(page, id);
    expect([...others].filter((path) => LIBRARY.test(path))).toEqual([]);

    const fetched = listenForCode(page);
    const ofThePlayer = () => fetched.filter((path) => !others.has(path));
    const play = page.getByRole('main').getByRole('link', { name: 'Play', exact: true });
    await (way === 'hover' ? play.hover() : play.focus());
    await expect.poll(() => ofThePlayer().some((path) => CHUNK.test(path)), { message: 'its chunk' }).toBe(true);
    await expect.poll(() => ofThePlayer().some((path) => LIBRARY.test(path)), { message: 'the library' }).toBe(true);
    await page.waitForLoadState('networkidle');

    const before = fetched.length;
    await play.click();
    await expectPlaying(page);
    expect(fetched.slice(before), 'what was fetched on the way is not fetched again').toEqual([]);
  });
}

test('a visit that begins on the watch page fetches the player at once', async ({ page, request }) => {
  const fetched = listenForCode(page);
  const { id } = await titleNamed(request, LONG.title);
  await open(page, `/watch/${id}`);
  await expect(page.locator('video')).toBeAttached();
  await expect.poll(() => fetched.some((path) => LIBRARY.test(path))).toBe(true);
  expect(fetched.some((path) => CHUNK.test(path))).toBe(true);
});
