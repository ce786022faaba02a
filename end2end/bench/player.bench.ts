// What a viewer waits for: the first picture, a seek, a title's page, a letter in the search field.

import { type Browser, type Page, expect } from '@playwright/test';

import { keepClocks, loadCards, plan, pointAndClick, report, test } from '../support/bench';
import { open, titleNamed } from '../support/journey';
import { wake } from '../support/player';

const { profile } = plan;

/** A browser that was never here, of a desktop's size. */
async function stranger(browser: Browser, baseURL: string | undefined): Promise<Page> {
  const context = await browser.newContext({ baseURL, viewport: { width: 1440, height: 900 }, serviceWorkers: 'block' });
  const page = await context.newPage();
  await keepClocks(page);
  return page;
}

/** The middle of what is found, inside the window. */
async function middle(page: Page, selector: string): Promise<{ x: number; y: number }> {
  const found = page.locator(selector).first();
  await found.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await found.boundingBox())!;
  return { x: x + width / 2, y: y + height / 2 };
}

/** Presses Play on a film's page; milliseconds from the click to its first picture. */
async function play(page: Page, title: string): Promise<number> {
  const { id } = await titleNamed(page.request, title);
  await open(page, `/title/${id}`);
  await pointAndClick(page, await middle(page, `main a[href^="/watch/${id}"]`));
  const first = await page.waitForFunction(() => window.clocks.pictures[0]?.at);
  const at = (await first.jsonValue()) as number;
  return at - (await page.evaluate(() => window.clocks.clicked));
}

/** Goes to a place of the film that is not loaded; milliseconds until its picture is there. */
async function seekAway(page: Page, second: number): Promise<number> {
  await wake(page);
  const begun = await page.getByRole('slider', { name: 'Seek' }).evaluate((slider: HTMLInputElement, second) => {
    const { buffered } = document.querySelector('video')!;
    for (let range = 0; range < buffered.length; range += 1) {
      if (buffered.start(range) - 1 <= second && second <= buffered.end(range) + 1) {
        throw new Error(`${second} s is loaded: ${buffered.start(range)} to ${buffered.end(range)} s`);
      }
    }
    const begun = performance.now();
    slider.value = String(second);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    return begun;
  }, second);
  const shown = await page.waitForFunction(
    ({ begun, second }) => window.clocks.pictures.find(({ at, place }) => at > begun && Math.abs(place - second) < 1)?.at,
    { begun, second },
  );
  return ((await shown.jsonValue()) as number) - begun;
}

/** Titles of the home page that are in sight, each once. */
async function inSight(page: Page): Promise<string[]> {
  const paths = await page.locator('section[data-row] a[href^="/title/"]').evaluateAll((links) =>
    links
      .filter((link) => {
        const { left, top, right, bottom } = link.getBoundingClientRect();
        const isHit = link.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
        return isHit && left > 0 && right < innerWidth && top > 100 && bottom < innerHeight;
      })
      .map((link) => (link as HTMLAnchorElement).pathname),
  );
  return [...new Set(paths)];
}

/** Follows a card of the home page; milliseconds from the click until the title's heading is there. */
async function openTitle(page: Page, path: string): Promise<number> {
  await pointAndClick(page, await middle(page, `section[data-row] a[href="${path}"]`));
  const shown = await page.waitForFunction(() => window.clocks.heading);
  return ((await shown.jsonValue()) as number) - (await page.evaluate(() => window.clocks.clicked));
}

/** Types into the bar's search; milliseconds that each letter kept the page busy before anything else could happen. */
async function type(page: Page, count: number): Promise<number[]> {
  return page.evaluate(async (count) => {
    const field = document.querySelector<HTMLInputElement>('#bar-search')!;
    const letters = 'the silent garden of a frozen winter ';
    const times: number[] = [];
    for (let typed = 0; typed < count; typed += 1) {
      field.value = letters.slice(0, 1 + (typed % letters.length));
      const begun = performance.now();
      // All that listens is called before this returns: the action, its update, and whoever is told.
      field.dispatchEvent(new Event('input', { bubbles: true }));
      times.push(performance.now() - begun);
      // Faster than the pause after which is searched.
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    return times;
  }, count);
}

test('what a viewer waits for', async ({ browser, baseURL }) => {
  test.setTimeout(900_000);

  const firstPictures: number[] = [];
  const seeks: number[] = [];
  for (let visit = 0; visit < profile.visits; visit += 1) {
    for (const film of plan.films) {
      const page = await stranger(browser, baseURL);
      firstPictures.push(await play(page, film));
      await page.context().close();
    }
    const page = await stranger(browser, baseURL);
    await play(page, plan.long.title);
    // From the end to the beginning: what follows a place is loaded soon.
    for (let seek = 0; seek < profile.seeks; seek += 1) {
      await page.waitForTimeout(1_000);
      seeks.push(await seekAway(page, plan.long.seconds * (0.9 - (0.7 * seek) / profile.seeks)));
    }
    await page.context().close();
  }

  const titles: number[] = [];
  const page = await stranger(browser, baseURL);
  await open(page, '/');
  await page.locator('section[data-row]').nth(1).scrollIntoViewIfNeeded();
  const paths = (await inSight(page)).slice(0, profile.pages);
  expect(paths.length, 'titles in sight').toBeGreaterThan(3);
  for (const path of paths) {
    titles.push(await openTitle(page, path));
    await page.goBack();
    await expect(page.locator(`section[data-row] a[href="${path}"]`).first()).toBeVisible();
    // The way back is at its end.
    await page.waitForTimeout(800);
  }

  const keystrokesBefore = await type(page, profile.keystrokes);
  await open(page, '/browse');
  const cards = await loadCards(page, profile.cards);
  const keystrokes = await type(page, profile.keystrokes);

  report({ first_pictures: firstPictures, seeks, titles, keystrokes_before: keystrokesBefore, keystrokes, cards });
});
