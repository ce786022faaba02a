// The grid of posters while it is scrolled, beside a page with a few of the same posters that does nothing.

import { type Browser, type Page, expect } from '@playwright/test';
import { writeFileSync } from 'node:fs';

import { keepClocks, loadCards, plan, report, test } from '../support/bench';
import { open } from '../support/journey';

const { profile } = plan;
const VIEWPORT = { width: 1440, height: 900 };
const TRACE = `${plan.results}.trace`;
/** Scripts, styles and layout, and what the page says of itself (`performance.mark`). */
const CATEGORIES = ['devtools.timeline', 'v8.execute', 'disabled-by-default-devtools.timeline', 'blink.user_timing'];

interface Scrolled {
  /** Milliseconds from each frame to the next. */
  frames: number[];
  /** The most cards that were in the document at once. */
  cards: number;
}

/** Scrolls at the plan's speed, back and forth where the page ends. */
async function scroll(page: Page): Promise<Scrolled> {
  return page.evaluate(
    ({ speed, seconds }) =>
      new Promise<Scrolled>((resolve) => {
        const most = document.documentElement.scrollHeight - innerHeight;
        // A live list: to ask how long it is costs nothing while the document does not change.
        const items = document.getElementsByTagName('li');
        const frames: number[] = [];
        let cards = 0;
        let begun: number | undefined;
        let before = 0;
        const step = (now: number) => {
          performance.mark('bench-frame');
          begun ??= now;
          if (now > begun) {
            frames.push(now - before);
          }
          before = now;
          cards = Math.max(cards, items.length);
          if (now - begun > seconds * 1000) {
            resolve({ frames, cards });
            return;
          }
          const way = (((now - begun) / 1000) * speed) % (2 * most);
          scrollTo({ top: way < most ? way : 2 * most - way, behavior: 'instant' });
          requestAnimationFrame(step);
        };
        requestAnimationFrame(step);
      }),
    { speed: profile.pixels_a_second, seconds: profile.seconds },
  );
}

async function openGrid(page: Page): Promise<void> {
  await open(page, '/browse?sort=title');
  await expect(page.locator('li[data-number] a[href^="/title/"]').first()).toBeVisible();
  await page.waitForTimeout(1_500);
}

/** A page of nothing but the first posters of the list, as large and as many beside each other as in the grid. */
async function openStill(page: Page, grid: Page, baseURL: string): Promise<void> {
  const { posters, columns, gap } = await grid.evaluate((count) => {
    const items = [...document.querySelectorAll('li[data-number]')].slice(0, count);
    const list = getComputedStyle(items[0].parentElement!);
    return {
      posters: items.map((item) => item.querySelector('img')!.src),
      columns: list.gridTemplateColumns,
      gap: list.gap,
    };
  }, profile.posters);
  expect(new Set(posters).size, 'different posters').toBe(profile.posters);
  const list = posters.map((poster) => `<li><img src="${poster}" alt=""></li>`).join('');
  const style = `body{margin:0;background:black}img{display:block;width:100%;aspect-ratio:2/3}
    ul{list-style:none;margin:0;padding:100vh 4vw;display:grid;grid-template-columns:${columns};gap:${gap}}`;
  const body = `<!doctype html><title>Still</title><style>${style}</style><ul>${list}</ul>`;
  await page.route(`${baseURL}/still`, (route) => route.fulfill({ body, contentType: 'text/html' }));
  await page.goto('/still');
  await page.evaluate(() => Promise.all([...document.images].map((image) => image.decode())));
}

/** What the page's scripts hold, after what they no longer hold was taken away. */
async function heap(page: Page): Promise<{ javascript: number; wasm: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  await session.send('HeapProfiler.enable');
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  await session.detach();
  const javascript = metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? Number.NaN;
  const wasm = await page.evaluate(() => [...window.clocks.memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0));
  return { javascript, wasm };
}

async function newPage(browser: Browser, baseURL: string | undefined): Promise<Page> {
  const context = await browser.newContext({ baseURL, viewport: VIEWPORT, serviceWorkers: 'block' });
  return context.newPage();
}

test('the grid beside a page that does nothing', async ({ browser, baseURL }) => {
  test.setTimeout(900_000);
  const page = await newPage(browser, baseURL);
  await keepClocks(page);
  await openGrid(page);
  // Nobody saw these posters before: the server draws them meanwhile.
  const cold = await scroll(page);

  const still = await newPage(browser, baseURL);
  await openStill(still, page, baseURL!);
  const frames = { grid: [] as number[], still: [] as number[] };
  let cards = cold.cards;
  for (let round = 0; round < profile.rounds; round += 1) {
    await page.bringToFront();
    // Anew each time: what comes into sight is asked for, as on a first way down.
    await openGrid(page);
    const scrolled = await scroll(page);
    frames.grid.push(...scrolled.frames);
    cards = Math.max(cards, scrolled.cards);
    await still.bringToFront();
    frames.still.push(...(await scroll(still)).frames);
  }
  await still.context().close();

  await openGrid(page);
  await browser.startTracing(page, { categories: CATEGORIES });
  await scroll(page);
  writeFileSync(TRACE, await browser.stopTracing());

  await openGrid(page);
  const loaded = await loadCards(page, profile.cards);
  report({ cold: cold.frames, ...frames, trace: TRACE, cards, loaded, heap: await heap(page) });
});
