// The layout holds: everything that can be pressed is on the screen, from the narrowest phone to a television; nothing scrolls
// sideways at 400 % zoom, and nothing jumps while it loads.

import { type Page } from '@playwright/test';

import { LONG } from '../support/films';
import { NOT_FOUND, everyPage, expect, open, test } from '../support/journey';
import { SCREENS, besides, controls, outside, smallerThanAFinger } from '../support/layout';
import { watch } from '../support/player';

/** How far the page can be scrolled sideways. */
async function sideways(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** The film stands still, so that the controls stay. */
async function stand(page: Page): Promise<void> {
  await page.locator('video').evaluate((video: HTMLVideoElement) => video.pause());
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
}

for (const { screen, device } of SCREENS) {
  test.describe(`on ${screen}`, () => {
    test.use({ ...device, allowed: [NOT_FOUND] });

    test('every button, link and field of every page is on the screen', async ({ page, request }) => {
      test.slow();
      for (const [name, address] of Object.entries(await everyPage(request))) {
        await open(page, address);
        await page.waitForLoadState('networkidle');
        const all = await controls(page.locator('body'));
        expect(all.length, `things to press on ${name}`).toBeGreaterThan(0);
        expect(await besides(page, all), name).toEqual([]);
        expect(await sideways(page), name).toBe(0);
      }
    });

    test('every control of the player is on the screen, and can be hit', async ({ page, request }) => {
      await watch(page, request, LONG.title);
      await stand(page);
      const all = await controls(page.locator('[data-player]'));
      const names = all.map(({ name }) => name);
      const needed = ['Back to the title page', 'Play', '10 seconds back', '10 seconds on', 'Captions'];
      for (const name of [...needed, 'Quality, audio, captions and speed', 'Full screen']) {
        expect(names.filter((known) => known.endsWith(` ${name}`)), name).toHaveLength(1);
      }
      expect(await outside(page, all)).toEqual([]);
      const small = all.filter(({ left, top, right, bottom }) => Math.min(right - left, bottom - top) < 43.9);
      expect(small, 'smaller than a finger').toEqual([]);
      const isNarrow = device.viewport.width < 768;
      expect(names.includes('button Sound off'), 'a narrow line leaves the sound to the menu').toBe(!isNarrow);
      for (const name of ['Keyboard shortcuts', 'Picture in picture']) {
        expect(names.includes(`button ${name}`), `${name} only where it makes sense`).toBe(screen === 'a desktop');
      }
    });

    test('the player\u2019s menu fits, and each of its choices can be brought to the screen', async ({ page, request }) => {
      await watch(page, request, LONG.title);
      await stand(page);
      await page.getByRole('button', { name: 'Captions', exact: true }).click();
      await page.getByRole('button', { name: 'Quality, audio, captions and speed' }).click();
      const menu = page.getByRole('group', { name: 'Playback settings' });
      await expect(menu).toBeVisible();
      const [{ width, height }, box] = [page.viewportSize()!, (await menu.boundingBox())!];
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.y).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width);
      expect(box.y + box.height).toBeLessThanOrEqual(height);
      const choices = await menu.locator('button:visible, input:visible').all();
      expect(choices.length).toBeGreaterThan(10);
      for (const choice of choices) {
        await choice.scrollIntoViewIfNeeded();
        const place = (await choice.boundingBox())!;
        expect(place.y, 'within the menu').toBeGreaterThanOrEqual(box.y - 1);
        expect(place.y + place.height, 'within the menu').toBeLessThanOrEqual(box.y + box.height + 1);
        expect(place.x + place.width, 'within the menu').toBeLessThanOrEqual(box.x + box.width + 1);
      }
      await menu.getByRole('radio', { name: '2\u00d7' }).check();
      await expect.poll(() => page.locator('video').evaluate((video: HTMLVideoElement) => video.playbackRate)).toBe(2);
      // A click beside it closes it, and does nothing else.
      await page.mouse.click(width / 2, Math.max(4, box.y / 2));
      await expect(menu).toHaveCount(0);
      expect(await page.locator('video').evaluate((video: HTMLVideoElement) => video.paused)).toBe(true);
    });
  });
}

test.describe('on a desktop of 1280 pixels zoomed to 400 %', () => {
  test.use({ viewport: { width: 320, height: 256 }, deviceScaleFactor: 4, allowed: [NOT_FOUND] });

  test('no page scrolls sideways, and nothing lies beside the screen', async ({ page, request }) => {
    test.slow();
    for (const [name, address] of Object.entries(await everyPage(request))) {
      await open(page, address);
      await page.waitForLoadState('networkidle');
      expect(await besides(page, await controls(page.locator('body'))), name).toEqual([]);
      expect(await sideways(page), name).toBe(0);
    }
  });

  test('every control of the player is on the screen, and what has no room is in the menu', async ({ page, request }) => {
    await watch(page, request, LONG.title);
    await stand(page);
    expect(await outside(page, await controls(page.locator('[data-player]')))).toEqual([]);
    await page.getByRole('button', { name: 'Quality, audio, captions and speed' }).click();
    const menu = page.getByRole('group', { name: 'Playback settings' });
    await menu.getByRole('button', { name: 'Sound off' }).click();
    await expect.poll(() => page.locator('video').evaluate((video: HTMLVideoElement) => video.muted)).toBe(true);
    await menu.getByRole('button', { name: 'Keyboard shortcuts' }).click();
    await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog', { name: 'Keys' })).toBeHidden();
  });
});

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

test.describe('under a finger', () => {
  test.use({ ...SCREENS[1].device, allowed: [NOT_FOUND] });

  test('whatever is pressed is as large as a finger, on every page', async ({ page, request }) => {
    test.slow();
    const { watch: _, ...pages } = await everyPage(request);
    for (const [name, address] of Object.entries(pages)) {
      await open(page, address);
      await page.waitForLoadState('networkidle');
      expect(await smallerThanAFinger(page), name).toEqual([]);
    }
  });
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 800 } });

  test('a long name of a list is cut, and never what is said of it', async ({ page }) => {
    const name = 'Films my grandmother would have loved on long November evenings';
    await open(page, '/my-list');
    await page.getByRole('button', { name: 'New list' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByRole('button', { name: 'Create list' }).click();
    await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
    const said = page.getByRole('region', { name: 'Notices' }).getByText(/^The list .+ was created\.$/);
    await expect(said).toBeVisible();
    const isWhole = (element: Element) => element.scrollHeight <= element.clientHeight + 1;
    expect(await said.evaluate(isWhole), 'the sentence is read to its end').toBe(true);
    const chip = page.getByRole('navigation', { name: 'Lists' }).getByRole('link', { name });
    await expect(chip).toBeInViewport({ ratio: 0.9 });
  });
});
