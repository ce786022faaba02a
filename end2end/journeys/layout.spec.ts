// The layout holds: no sideways scroll on the narrowest phone or at 400 % zoom, and nothing jumps while it loads.

import { type Page } from '@playwright/test';

import { NOT_FOUND, everyPage, expect, open, test } from '../support/journey';

/** How far the page can be scrolled sideways, and what sticks out. */
async function sideways(page: Page): Promise<{ by: number; what: string[] }> {
  return page.evaluate(() => {
    const root = document.documentElement;
    const by = root.scrollWidth - root.clientWidth;
    const isClipped = (element: Element) => {
      for (let at = element.parentElement; at && at !== root; at = at.parentElement) {
        if (getComputedStyle(at).overflowX !== 'visible') {
          return true;
        }
      }
      return false;
    };
    const wide = [...document.querySelectorAll('body *')].filter((element) => {
      return element.getBoundingClientRect().right > root.clientWidth + 1 && !isClipped(element);
    });
    return { by, what: by > 0 ? wide.slice(0, 3).map((element) => element.outerHTML.slice(0, 150)) : [] };
  });
}

const NARROW = [
  { screen: 'the narrowest phone', viewport: { width: 320, height: 640 }, deviceScaleFactor: 2 },
  { screen: 'a desktop of 1280 pixels zoomed to 400 %', viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 },
];

for (const { screen, ...device } of NARROW) {
  test.describe(`on ${screen}`, () => {
    test.use({ ...device, allowed: [NOT_FOUND] });

    test('no page scrolls sideways', async ({ page, request }) => {
      test.slow();
      for (const [name, address] of Object.entries(await everyPage(request))) {
        await open(page, address);
        await page.waitForLoadState('networkidle');
        expect(await sideways(page), name).toEqual({ by: 0, what: [] });
      }
    });
  });
}

for (const viewport of [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
]) {
  test(`nothing jumps while the home page loads at ${viewport.width} pixels`, async ({ page }) => {
    await page.setViewportSize(viewport);
    await open(page, '/');
    await page.waitForLoadState('networkidle');
    const shifts = await page.evaluate(async () => {
      await document.fonts.ready;
      const seen = new Promise<{ value: number; what: string }[]>((resolve) => {
        const found: { value: number; what: string }[] = [];
        const note = (entries: PerformanceEntryList) => {
          for (const entry of entries as (PerformanceEntry & { value: number; sources: { node?: Element }[] })[]) {
            found.push({ value: entry.value, what: entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 100)).join(' | ') });
          }
        };
        const observer = new PerformanceObserver((list) => note(list.getEntries()));
        observer.observe({ type: 'layout-shift', buffered: true });
        requestAnimationFrame(() =>
          requestAnimationFrame(() => {
            note(observer.takeRecords());
            resolve(found);
          }),
        );
      });
      return seen;
    });
    const sum = shifts.reduce((sum, shift) => sum + shift.value, 0);
    expect(sum, JSON.stringify(shifts)).toBeLessThan(0.05);
  });
}
