// The code of the watch page, and the library that plays HLS, are fetched only on the way to a film. Where code does not come,
// the document does, once; and where that helps nothing, words.

import { type Page } from '@playwright/test';

import { LONG } from '../support/films';
import { expect, open, takenOver, TELEVISION, test, titleNamed } from '../support/journey';
import { expectPlaying } from '../support/player';

const LIBRARY = /\/hls[^/]*\.m?js$/;
const REMOTE = /\/split_remote_control\.wasm$/;
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

test.describe('on a television', () => {
  test.use({ userAgent: TELEVISION });

  test('the code for a remote control is loaded at once, and an arrow that is pressed before it is there is not lost', async ({ page }) => {
    let arrive = () => {};
    const held = new Promise<void>((resolve) => (arrive = resolve));
    await page.route(REMOTE, async (route) => {
      await held;
      await route.fallback();
    });
    const asked = page.waitForRequest(REMOTE);
    await open(page, '/');
    await asked;
    await page.keyboard.press('ArrowDown');
    const focused = () => page.evaluate(() => document.activeElement?.tagName);
    expect(await focused()).toBe('BODY');
    arrive();
    // One begins with the film that is featured, and has gone on from there.
    await expect.poll(() => page.evaluate(() => document.activeElement?.closest('section[data-row]') !== null)).toBe(true);
  });
});

test('nobody else loads the code for a remote control', async ({ page }) => {
  const fetched = listenForCode(page);
  await open(page, '/');
  await page.keyboard.press('ArrowDown');
  await open(page, '/browse');
  await page.waitForLoadState('networkidle');
  expect(fetched.length).toBeGreaterThan(0);
  expect(fetched.filter((path) => REMOTE.test(path))).toEqual([]);
});

/** What a browser and the loader log by themselves when a chunk cannot be fetched. */
const NO_CHUNK = [
  /status of 404 .*\/(split|chunk)_[^/]*\.wasm/,
  /WebAssembly.*HTTP status code is not ok/,
  /(split|chunk)_[^/]*\.wasm was preloaded using link preload but not used/,
];
const NO_NETWORK = [/ERR_INTERNET_DISCONNECTED/, /Failed to fetch/];

/** A server that lacks the chunks of the pages that are open, as one has after an upgrade. */
async function withoutChunks(page: Page) {
  const missing = { isOn: true, asked: 0 };
  await page.route(CHUNK, async (route) => {
    if (!missing.isOn) {
      return route.fallback();
    }
    missing.asked += 1;
    return route.fulfill({ status: 404, headers: { 'cache-control': 'no-store' }, body: '' });
  });
  return missing;
}

/** The documents that are asked for from now on. */
function listenForDocuments(page: Page): string[] {
  const documents: string[] = [];
  page.on('request', (request) => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) {
      documents.push(new URL(request.url()).pathname);
    }
  });
  return documents;
}

const toBrowse = (page: Page) => page.getByRole('banner').getByRole('link', { name: 'Browse' });
const browse = (page: Page) => page.getByRole('heading', { level: 1, name: 'Browse' });

test.describe('where a chunk answers 404', () => {
  // With its scope: a list of two would be taken for a value and its options.
  test.use({ allowed: [[...NO_CHUNK, ...NO_NETWORK], { scope: 'test' }] });

  test('a hover over a link changes nothing; a click leads there by one document, and on from there without', async ({ page }) => {
    await open(page, '/');
    const documents = listenForDocuments(page);
    const missing = await withoutChunks(page);
    await toBrowse(page).hover();
    await expect.poll(() => missing.asked).toBeGreaterThan(0);
    await page.keyboard.press('/');
    await expect(page.getByRole('searchbox').first(), 'the page lives').toBeFocused();
    await page.keyboard.press('Escape');
    expect(documents).toEqual([]);

    // The document is of the build that is served now, whose chunks are there.
    page.on('request', (request) => {
      missing.isOn &&= !request.isNavigationRequest();
    });
    await toBrowse(page).click();
    await expect(page).toHaveURL(/\/browse$/);
    await takenOver(page);
    await expect(browse(page)).toBeVisible();
    expect(documents).toEqual(['/browse']);

    await page.getByRole('banner').getByRole('link', { name: 'Home' }).first().click();
    await expect(page).toHaveURL(/\/$/);
    await toBrowse(page).click();
    await expect(browse(page)).toBeVisible();
    expect(documents, 'from then on pages are changed within the document').toEqual(['/browse']);
  });

  test('Play leads to the film all the same', async ({ page, request }) => {
    const { id } = await titleNamed(request, LONG.title);
    await open(page, `/title/${id}`);
    const documents = listenForDocuments(page);
    const missing = await withoutChunks(page);
    page.on('request', (request) => {
      missing.isOn &&= !request.isNavigationRequest();
    });
    await page.getByRole('main').getByRole('link', { name: /^(Play|Resume)/ }).first().click();
    await expect(page).toHaveURL(new RegExp(`/watch/${id}$`));
    await takenOver(page);
    await expect(page.locator('video')).toBeAttached();
    expect(documents).toEqual([`/watch/${id}`]);
  });

  test('a film whose code does not come takes no place among the streams', async ({ page, request }) => {
    const { id } = await titleNamed(request, LONG.title);
    await open(page, `/title/${id}`);
    const claimed: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith('/api/v1/playback')) {
        claimed.push(request.url());
      }
    });
    const missing = await withoutChunks(page);
    await page.getByRole('main').getByRole('link', { name: /^(Play|Resume)/ }).first().click();
    const words = page.getByRole('alertdialog', { name: 'This page did not load' });
    await expect(words).toBeVisible();
    expect(claimed).toEqual([]);
    missing.isOn = false;
    await words.getByRole('link', { name: 'Try again' }).click();
    await expect(page.locator('video')).toBeAttached();
    expect(claimed).toHaveLength(1);
  });

  test('a prefetch that failed is tried again at a later hover, and then no document is needed', async ({ page }) => {
    await open(page, '/');
    const documents = listenForDocuments(page);
    const missing = await withoutChunks(page);
    await toBrowse(page).hover();
    await expect.poll(() => missing.asked).toBeGreaterThan(0);
    missing.isOn = false;
    const fetched = listenForCode(page);
    await expect
      .poll(async () => {
        await page.mouse.move(0, 0);
        await toBrowse(page).hover();
        return fetched.length;
      })
      .toBeGreaterThan(0);
    await page.waitForLoadState('networkidle');
    await toBrowse(page).click();
    await expect(browse(page)).toBeVisible();
    expect(documents).toEqual([]);
  });

  test('for ever, there are words and ways on, and no circle', async ({ page }) => {
    await open(page, '/');
    const documents = listenForDocuments(page);
    await withoutChunks(page);
    await toBrowse(page).click();
    const words = page.getByRole('alertdialog', { name: 'This page did not load' });
    await expect(words).toBeVisible();
    const again = words.getByRole('link', { name: 'Try again' });
    await expect(again).toBeFocused();
    await page.waitForTimeout(2_000);
    expect(documents, 'one document was tried').toEqual(['/browse']);

    await again.press('Enter');
    await expect.poll(() => documents.length).toBe(2);
    await expect(words).toBeVisible();
    await page.waitForTimeout(1_000);
    expect(documents, 'whoever tries again gets one more').toEqual(['/browse', '/browse']);

    await words.getByRole('link', { name: 'Go to the home page' }).click();
    await expect(page).toHaveURL(/\/$/);
    await takenOver(page);
    await expect(words).toHaveCount(0);
  });

  test('for ever, a page that is opened by its address is loaded once more, and then there are words', async ({ page }) => {
    const documents = listenForDocuments(page);
    await withoutChunks(page);
    // It is loaded anew before it is whole.
    await page.goto('/browse', { waitUntil: 'commit' });
    await expect(page.getByRole('alertdialog', { name: 'This page did not load' })).toBeVisible();
    await page.waitForTimeout(2_000);
    expect(documents).toEqual(['/browse', '/browse']);
  });

  test('for ever, going back leads to a page that is there', async ({ page }) => {
    await open(page, '/');
    await withoutChunks(page);
    await toBrowse(page).click();
    const words = page.getByRole('alertdialog', { name: 'This page did not load' });
    await expect(words).toBeVisible();
    await page.goBack();
    await expect(page).toHaveURL(/\/$/);
    await expect(words).toHaveCount(0);
    await expect(toBrowse(page)).toBeVisible();
  });

  test('without a network one may stay on the page that is there, and go on from it later', async ({ context, page }) => {
    await open(page, '/');
    await context.setOffline(true);
    await toBrowse(page).click();
    const words = page.getByRole('alertdialog', { name: 'You are offline' });
    await words.getByRole('button', { name: 'Stay here' }).click();
    await expect(words).toHaveCount(0);
    await expect(page).toHaveURL(/\/$/);
    await context.setOffline(false);
    await toBrowse(page).click();
    await expect(browse(page)).toBeVisible();
    await expect(page).toHaveURL(/\/browse$/);
  });

  test('without a network it is said, and the page comes by itself as soon as there is one', async ({ context, page }) => {
    await open(page, '/');
    await context.setOffline(true);
    await toBrowse(page).click();
    const words = page.getByRole('alertdialog', { name: 'You are offline' });
    await expect(words).toBeVisible();
    await context.setOffline(false);
    await expect(words).toHaveCount(0);
    await expect(page).toHaveURL(/\/browse$/);
    await takenOver(page);
    await expect(browse(page)).toBeVisible();
  });
});
