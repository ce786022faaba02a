// Without a network, or with a server that does not answer: every page says so, and goes on by itself. What is kept for that is
// the app's shell alone, of one build, and nothing of whoever watches.

import { type BrowserContext, type Page } from '@playwright/test';

import { LONG } from '../support/films';
import { expect, open, serverAddress, takenOver, test as journey, titleNamed } from '../support/journey';
import { expectPlaying } from '../support/player';
import { type Proxy, listenWith, passOn } from '../support/proxy';

/** What a browser logs by itself where it cannot reach a server. */
const NO_ANSWER = [/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_|ERR_EMPTY_RESPONSE/, /Failed to fetch/, /status of 503 /, /^503 from /];

/** The server at an address of its own, which may go away, and may have another service worker. */
interface Between extends Proxy {
  worker: (script: string) => string;
}

const test = journey.extend<{ between: Between }>({
  between: async ({}, use) => {
    const between: Between = { ...(await listenWith(answer)), worker: (script) => script };
    async function answer(...[request, response]: Parameters<Parameters<typeof listenWith>[0]>) {
      if (request.url !== '/service-worker.js') {
        return passOn(serverAddress(), request, response);
      }
      const kept = await fetch(`${serverAddress()}/service-worker.js`);
      const { 'content-security-policy': policy } = Object.fromEntries(kept.headers);
      response.writeHead(200, { 'content-type': 'text/javascript', 'cache-control': 'no-cache', 'content-security-policy': policy });
      response.end(between.worker(await kept.text()));
    }
    await use(between);
    await between.stop();
  },
});
test.use({ serviceWorkers: 'allow', allowed: [NO_ANSWER, { scope: 'test' }] });

/** Waits until the shell is kept and what a first visit does not need is fetched, which is some seconds after a page is there. */
async function shellKept(page: Page): Promise<void> {
  await expect(page.locator('[data-card-actions]'), 'what cards can do is there').toBeAttached({ timeout: 15_000 });
  await expect
    .poll(() => page.evaluate(() => Boolean(navigator.serviceWorker.controller)), { message: 'the worker is in charge' })
    .toBe(true);
}

/** The addresses of everything that is kept, by the name of its cache. */
async function everythingKept(page: Page): Promise<Record<string, string[]>> {
  return page.evaluate(async () => {
    const kept: Record<string, string[]> = {};
    for (const name of await caches.keys()) {
      const requests = await (await caches.open(name)).keys();
      kept[name] = requests.map((request) => new URL(request.url).pathname);
    }
    return kept;
  });
}

const offline = (page: Page) => page.getByRole('heading', { level: 1, name: 'You are offline' });
const browse = (page: Page) => page.getByRole('heading', { level: 1, name: 'Browse' });

async function withoutNetwork(context: BrowserContext, page: Page): Promise<void> {
  await context.setOffline(true);
  await expect.poll(() => page.evaluate(() => navigator.onLine)).toBe(false);
}

test('a visit keeps the shell once it is over, and nothing of the films and of whoever watches', async ({ page, request }) => {
  const { id } = await titleNamed(request, LONG.title);
  const early: string[] = [];
  page.on('request', (request) => early.push(new URL(request.url()).pathname));
  await open(page, '/');
  await page.waitForTimeout(1_000);
  expect(early.filter((path) => /service-worker|offline/.test(path)), 'none of it is of the first visit').toEqual([]);
  await shellKept(page);
  for (const address of ['/browse', `/title/${id}`, '/settings', `/watch/${id}`]) {
    await open(page, address);
  }
  await expectPlaying(page);
  const kept = await everythingKept(page);
  expect(Object.keys(kept)).toHaveLength(1);
  const paths = Object.values(kept).flat();
  expect(paths.filter((path) => !/^\/(pkg|fonts)\/[0-9a-f]+\/./.test(path))).toEqual([]);
  for (const name of ['marquee.wasm', 'marquee.css', 'offline.html', 'split_title_page.wasm', '-wght.woff2']) {
    expect(paths.filter((path) => path.endsWith(name)), name).toHaveLength(1);
  }
});

test('without a network an address says so, and its page comes by itself as soon as there is one', async ({ context, page }) => {
  await open(page, '/');
  await shellKept(page);
  await withoutNetwork(context, page);
  await page.goto('/browse?genre=Western');
  await expect(offline(page)).toBeVisible();
  await expect(page).toHaveTitle('Marquee: no connection');
  await expect(page.getByRole('link', { name: 'Try again' })).toBeFocused();
  expect(await page.evaluate(() => document.fonts.ready.then(() => document.fonts.check('16px "Bricolage Grotesque"')))).toBe(true);
  await page.reload();
  await expect(offline(page)).toBeVisible();
  await context.setOffline(false);
  await expect(browse(page)).toBeVisible();
  await expect(page).toHaveURL(/\/browse\?genre=Western$/);
  await takenOver(page);
});

for (const width of [320, 1440]) {
  test(`the page for nowhere fits ${width} pixels`, async ({ context, page }) => {
    await open(page, '/');
    await shellKept(page);
    await withoutNetwork(context, page);
    await page.setViewportSize({ width, height: 640 });
    await page.goto('/browse');
    await expect(offline(page)).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const again = await page.getByRole('link', { name: 'Try again' }).boundingBox();
    expect(again?.height).toBeGreaterThanOrEqual(44);
    await page.screenshot({ path: `results/offline-${width}.png` });
  });
}

test('a server that does not answer is said to be one, and the page comes by itself when it does', async ({ page, between }) => {
  await open(page, `${between.url}/`);
  await shellKept(page);
  await between.goAway();
  await page.goto(`${between.url}/settings`);
  await expect(page.getByRole('heading', { level: 1, name: 'Marquee does not answer' })).toBeVisible();
  await between.comeBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible();
});

test('what fails within a page for want of a network says so once, and loads by itself', async ({ context, page, request }) => {
  const { id } = await titleNamed(request, 'Amélie');
  // Its code is there already.
  await open(page, `/title/${id}`);
  await open(page, '/search?q=amelie');
  await shellKept(page);
  const link = page.getByRole('main').getByRole('link', { name: /Amélie/ }).first();
  await link.hover();
  await page.waitForLoadState('networkidle');
  await withoutNetwork(context, page);
  await link.click();
  const words = page.getByRole('main').getByRole('alert');
  await expect(words.first()).toContainText('You are offline');
  await expect(words).toHaveCount(1);
  await context.setOffline(false);
  await expect(page.getByRole('heading', { level: 1, name: 'Amélie' })).toBeVisible();
  await expect(words).toHaveCount(0);
});

test('another build takes over when no page of the one before is left, without loading anything anew', async ({ context, page, between }) => {
  await open(page, `${between.url}/`);
  await shellKept(page);
  const [first] = Object.keys(await everythingKept(page));
  between.worker = (script) => script.replace(/const BUILD = "[^"]*"/, 'const BUILD = "next"');
  const documents: string[] = [];
  page.on('request', (request) => request.isNavigationRequest() && documents.push(request.url()));
  await open(page, `${between.url}/browse`);
  await expect.poll(() => page.evaluate(async () => Boolean((await navigator.serviceWorker.ready).waiting))).toBe(true);
  await page.waitForTimeout(2_000);
  expect(documents, 'no page is loaded anew for it').toHaveLength(1);
  expect(Object.keys(await everythingKept(page)).sort()).toEqual([first, 'marquee-next'].sort());

  await page.close();
  const later = await context.newPage();
  // A browser lets go of a page, and of its worker, after it is closed.
  await later.waitForTimeout(3_000);
  await open(later, `${between.url}/`);
  await expect.poll(async () => Object.keys(await everythingKept(later)), { message: 'the old files are gone' }).toEqual(['marquee-next']);
  await between.goAway();
  await later.goto(`${between.url}/settings`);
  await expect(later.getByRole('heading', { level: 1, name: 'Marquee does not answer' })).toBeVisible();
});
