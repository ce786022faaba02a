// Each device gets what it can show: a phone no more lines than it has, a television a remote's way through.

import { type Page } from '@playwright/test';

import { LONG } from '../support/films';
import { expect, expectVisibleFocus, open, TELEVISION, test, titleNamed } from '../support/journey';

const PHONE =
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36';

/** The renditions in the manifest that the page's player was given. */
async function offered(page: Page): Promise<number[]> {
  const { id } = await titleNamed(page.request, LONG.title);
  const master = page.waitForResponse((response) => response.url().endsWith('/master.m3u8'));
  await open(page, `/watch/${id}`);
  const text = await (await master).text();
  return [...new Set([...text.matchAll(/RESOLUTION=\d+x(\d+)/g)].map((match) => Number(match[1])))].sort((a, b) => b - a);
}

test.describe('a small phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 1, isMobile: true, hasTouch: true, userAgent: PHONE });

  test('is recognised, is told so, and is offered no more lines than it can show', async ({ page }) => {
    await open(page, '/settings');
    await expect(page.locator('html')).toHaveAttribute('data-device', 'phone');
    const device = page.getByRole('region', { name: 'This device' });
    await expect(device).toContainText('Phone');
    await expect(device).toContainText('It described itself.');
    await expect(device).toContainText('One points with a finger.');
    const most = Number(/up to (\d+)p/.exec((await device.textContent()) ?? '')?.[1]);
    expect(most).toBeLessThan(720);
    const heights = await offered(page);
    expect(heights).toEqual(LONG.heights.filter((height) => height <= most));
  });

  test('has its bar at the foot, within reach of a thumb', async ({ page }) => {
    await open(page, '/');
    const bar = page.getByRole('navigation', { name: 'Main' }).last();
    await expect(bar).toBeInViewport();
    for (const link of await bar.getByRole('link').all()) {
      const box = (await link.boundingBox())!;
      expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(44);
    }
    await bar.getByRole('link', { name: 'Search' }).tap();
    await expect(page.getByRole('searchbox')).toBeVisible();
  });
});

test.describe('a phone as they are sold', () => {
  test.use({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, isMobile: true, hasTouch: true, userAgent: PHONE });

  test('is recognised by its name alone, before it has said anything', async ({ page }) => {
    const report = await (await page.request.get('/api/v1/device')).json();
    expect(report.profile.class).toBe('phone');
    expect(await (await page.request.get('/')).text()).toMatch(/<html[^>]*data-device="?phone/);
  });
});

test.describe('a television', () => {
  test.use({ viewport: { width: 1920, height: 1080 }, userAgent: TELEVISION });

  test('is recognised, and arrows move the focus by geometry', async ({ page }) => {
    await open(page, '/');
    await expect(page.locator('html')).toHaveAttribute('data-device', 'tv');
    await page.keyboard.press('ArrowDown');
    await expect(page.locator('main :focus'), 'the first arrow enters the screen').toHaveCount(1);
    await expectVisibleFocus(page);
    const depth = () => page.evaluate(() => scrollY + (document.activeElement?.getBoundingClientRect().top ?? 0));
    const cards = page.locator('section[data-row] ul').first().locator('a[href^="/title/"]');
    await cards.first().focus();
    await page.keyboard.press('ArrowRight');
    await expect(cards.nth(1)).toBeFocused();
    await expectVisibleFocus(page);
    const above = await depth();
    await page.keyboard.press('ArrowDown');
    await expect.poll(depth).toBeGreaterThan(above + 100);
    await expectVisibleFocus(page);
    await page.keyboard.press('ArrowUp');
    await expect(cards.nth(1)).toBeFocused();
  });

  test('is offered everything, its text is larger, and nothing touches the edge', async ({ page }) => {
    await open(page, '/settings');
    await expect(page.getByRole('region', { name: 'This device' })).toContainText('Television');
    const size = await page.evaluate(() => Number.parseFloat(getComputedStyle(document.documentElement).fontSize));
    expect(size).toBeGreaterThanOrEqual(24);
    const heading = (await page.getByRole('heading', { level: 1 }).boundingBox())!;
    expect(heading.x).toBeGreaterThanOrEqual(1920 * 0.05 - 1);
    expect(await offered(page)).toEqual(LONG.heights);
  });
});
