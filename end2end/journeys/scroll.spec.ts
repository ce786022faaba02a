// Back and forward lead to where one was, not to the top of where one was.

import { type Locator, type Page } from '@playwright/test';

import { expect, open, takenOver, test } from '../support/journey';

const offset = (page: Page) => page.evaluate(() => Math.round(scrollY));

/** Scrolls as far as asked, once the page is long enough for it. */
async function scrollTo(page: Page, top: number): Promise<void> {
  await expect
    .poll(async () => {
      await page.evaluate((top) => scrollTo({ top, behavior: 'instant' }), top);
      return offset(page);
    })
    .toBe(top);
  // Seen by the viewer, and told to the page, in the frame after.
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
}

/** As a mouse does: Playwright's own click may first scroll the page by half a window for what is sticky, and people do not. */
async function pointAndClick(page: Page, link: Locator): Promise<void> {
  const box = await link.boundingBox();
  await page.mouse.click(box!.x + box!.width / 2, box!.y + box!.height / 2);
}

/** The first card that stands below the bar, so that pointing at it scrolls nothing. */
async function cardInWindow(page: Page): Promise<Locator> {
  const cards = page.getByRole('main').getByRole('listitem').getByRole('link');
  return cards.nth(await cards.evaluateAll((links) => links.findIndex((link) => link.getBoundingClientRect().top > 120)));
}

async function expectNear(page: Page, top: number, message: string): Promise<void> {
  await expect.poll(async () => Math.abs((await offset(page)) - top), { message }).toBeLessThanOrEqual(4);
}

test('back from a title restores the place in the list, and forward the place on the title page', async ({ page }) => {
  await open(page, '/browse');
  await scrollTo(page, 1200);
  const card = await cardInWindow(page);
  const href = await card.getAttribute('href');
  await card.click();
  await expect(page).toHaveURL(new RegExp(`${href}$`));
  await expect(page.getByRole('heading', { level: 1 })).not.toHaveText('Browse');
  await expectNear(page, 0, 'a new page begins at its top');

  await scrollTo(page, 200);
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Browse' })).toBeVisible();
  await expectNear(page, 1200, 'back in the list');

  await page.goForward();
  await expect(page).toHaveURL(new RegExp(`${href}$`));
  await expectNear(page, 200, 'back on the title page');
});

test('a page that was come back to and scrolled on is left elsewhere, and that is where back leads', async ({ page }) => {
  await open(page, '/');
  await scrollTo(page, 700);
  const card = await cardInWindow(page);
  await card.click();
  await expect(page).toHaveURL(/\/title\//);
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Marquee: home' })).toBeAttached();
  await expectNear(page, 700, 'back on the home page');
  // Until the place is held no longer.
  await page.waitForTimeout(1_000);
  await scrollTo(page, 1900);
  await pointAndClick(page, page.getByRole('banner').getByRole('link', { name: 'My list' }));
  await expect(page.getByRole('heading', { level: 1, name: 'My list' })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Marquee: home' })).toBeAttached();
  await expectNear(page, 1900, 'where it was left');
});

test('a place far down a list is there again after going back, and no more of the list than is near', async ({ page }) => {
  await open(page, '/browse?sort=title');
  const grid = page.getByRole('main').locator('ul', { has: page.locator('li[aria-setsize]') });
  const cards = grid.locator('a[href^="/title/"]');
  const total = Number(/\d+/.exec((await page.getByRole('main').getByText(/^\d+ titles$/).textContent()) ?? '')?.[0]);
  await expect.poll(() => cards.count()).toBeLessThan(total);
  const first = await cards.first().getAttribute('href');

  await page.evaluate(() => scrollTo({ top: document.body.scrollHeight, behavior: 'instant' }));
  await expect(grid.locator(`li[aria-posinset="${total}"] a[href^="/title/"]`).first()).toBeVisible();
  await expect(grid.locator(`a[href="${first}"]`)).toHaveCount(0);
  expect(await grid.locator('li').count()).toBeLessThan(total);

  const wanted = grid.locator(`li[aria-posinset="${total - 20}"] a[href^="/title/"]`).first();
  await wanted.scrollIntoViewIfNeeded();
  const place = await offset(page);
  const href = await wanted.getAttribute('href');
  await wanted.click();
  await expect(page).toHaveURL(/\/title\//);
  await expect(page.getByRole('heading', { level: 1 })).not.toHaveText('Browse');
  await page.goBack();
  await expectNear(page, place, 'back at the end of the list');
  await expect(wanted).toHaveAttribute('href', href ?? '');
});

test('a place far down a list is there again after the page was loaded anew', async ({ page }) => {
  await open(page, '/browse?sort=title');
  const items = page.getByRole('main').locator('li[aria-posinset]');
  await page.evaluate(() => scrollTo({ top: document.body.scrollHeight, behavior: 'instant' }));
  await expect(items.last().locator('a[href^="/title/"]').first()).toBeVisible();
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  const place = await offset(page);
  expect(place).toBeGreaterThan(2_000);
  await page.reload();
  await expectNear(page, place, 'at the end of the list again');
  await expect(items.last().locator('a[href^="/title/"]').first()).toBeVisible();
});

test('back from a page that was loaded anew leads to the place in the list as well', async ({ page }) => {
  await open(page, '/browse');
  await scrollTo(page, 1200);
  const card = await cardInWindow(page);
  await card.click();
  await expect(page.getByRole('heading', { level: 1 })).not.toHaveText('Browse');
  await page.reload();
  await takenOver(page);
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Browse' })).toBeVisible();
  await expectNear(page, 1200, 'back in the list');
});

test('whoever moves a page that does not reach as far any more is not thrown back', async ({ page }) => {
  await open(page, '/');
  await scrollTo(page, 1900);
  await page.addInitScript(() => {
    const shorter = new CSSStyleSheet();
    shorter.replaceSync('section[data-row] ~ section[data-row] ~ section[data-row] { display: none }');
    document.adoptedStyleSheets = [shorter];
  });
  await page.reload();
  await takenOver(page);
  await expect.poll(() => offset(page), 'as near as it goes').toBeGreaterThan(100);
  // As a scroll bar does, or a search in the page.
  await page.evaluate(() => scrollTo({ top: 40, behavior: 'instant' }));
  for (let looks = 0; looks < 6; looks++) {
    await page.waitForTimeout(100);
    expect(await offset(page)).toBe(40);
  }
});

test('what has the focus stays in the document however far the page is scrolled', async ({ page }) => {
  await open(page, '/browse?sort=title');
  const card = page.getByRole('main').locator('li[aria-posinset="2"] a[href^="/title/"]').first();
  await card.focus();
  await page.evaluate(() => scrollTo({ top: document.body.scrollHeight, behavior: 'instant' }));
  await expect(page.getByRole('main').locator('li[aria-posinset="3"]')).toHaveCount(0);
  await expect(card).toBeFocused();
  // What follows in the document takes the focus: what is still loading cannot.
  await expect(page.getByRole('main').locator('li[aria-posinset]').last().locator('a[href^="/title/"]').first()).toBeAttached();
  await page.keyboard.press('Tab');
  await expect(page.locator(':focus')).not.toHaveAttribute('id', 'main');
  await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
  await expect(page.getByRole('main').locator('li[aria-posinset="3"]')).toHaveCount(1);
});

test.describe('a part of a list that does not come', () => {
  test.use({ allowed: [/net::ERR_FAILED.*offset=/] });

  test('is said, and asked for again', async ({ page }) => {
    await open(page, '/browse?sort=title');
    let refused = true;
    await page.route('**/api/v1/titles?*offset=*', (route) => (refused ? route.abort() : route.continue()));
    await page.evaluate(() => scrollTo({ top: document.body.scrollHeight, behavior: 'instant' }));
    await expect(page.getByText('Some of these titles could not be loaded.')).toBeVisible();
    refused = false;
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(page.getByText('Some of these titles could not be loaded.')).toBeHidden();
    const last = page.getByRole('main').locator('li[aria-posinset]').last().locator('a[href^="/title/"]').first();
    await expect(last).toBeVisible();
  });
});

test('a row of the home page remembers how far it was rolled', async ({ page }) => {
  await open(page, '/');
  // The first row that is longer than the screen by as much as it is rolled.
  const lists = page.locator('section[data-row] ul');
  const index = await lists.evaluateAll((all) => all.findIndex((list) => list.scrollWidth > list.clientWidth + 600));
  const track = lists.nth(index);
  const left = () => track.evaluate((list) => Math.round(list.scrollLeft));
  await track.scrollIntoViewIfNeeded();
  await track.evaluate((list) => list.scrollTo({ left: 600, behavior: 'instant' }));
  await expect.poll(left).toBeGreaterThan(300);
  const place = await left();
  await page.getByRole('banner').getByRole('link', { name: 'Browse' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Browse' })).toBeVisible();
  await page.goBack();
  await expect(track).toBeAttached();
  await expect.poll(async () => Math.abs((await left()) - place)).toBeLessThanOrEqual(4);
});
