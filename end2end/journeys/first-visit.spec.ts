// A first visit, before any script has run: what the server renders is a page that works.

import { expect, test, titleNamed } from '../support/journey';

// The browser itself logs a document that is answered with 404.
test.use({ javaScriptEnabled: false, allowed: [/status of 404 .*\/(nowhere|title\/no-such)/] });

test('the home page shows its rows without JavaScript', async ({ page }) => {
  await page.goto('/');
  await expect(page).toHaveTitle('Marquee');
  const rows = page.getByRole('main').locator('section').filter({ has: page.getByRole('heading', { level: 2 }) });
  expect(await rows.count()).toBeGreaterThan(2);
  const cards = page.getByRole('main').getByRole('listitem').getByRole('link');
  expect(await cards.count()).toBeGreaterThan(20);
  await expect(page.getByRole('link', { name: /^Play / }).first()).toBeVisible();
  const poster = page.getByRole('main').getByRole('listitem').locator('img').first();
  await poster.scrollIntoViewIfNeeded();
  await expect.poll(() => poster.evaluate((image: HTMLImageElement) => image.naturalWidth), 'a poster is drawn').toBeGreaterThan(0);
});

test('a title page tells what is known without JavaScript', async ({ page, request }) => {
  const { id } = await titleNamed(request, 'The Godfather');
  await page.goto(`/title/${id}`);
  await expect(page.getByRole('heading', { level: 1, name: 'The Godfather', exact: true })).toBeVisible();
  await expect(page).toHaveTitle(/The Godfather/);
  const main = page.getByRole('main');
  for (const known of ['1972', '2 h 55 min', 'Marlon Brando', 'Francis Ford Coppola', 'Crime']) {
    await expect(main.getByText(known).first(), known).toBeVisible();
  }
  await expect(main.getByText(/unknown/i)).toHaveCount(0);
  await expect(main.getByRole('heading', { name: 'More like this' })).toBeVisible();
  await expect(main.getByText(/^Films that have people, genres or their story in common with this one/)).toBeVisible();
});

test('filters are links that work without JavaScript, and stay in the address', async ({ page }) => {
  await page.goto('/browse');
  await expect(page.getByRole('main').getByText(/^\d+ titles$/)).toBeVisible();
  await page.getByRole('list', { name: 'Genre' }).getByRole('link', { name: /Western/ }).click();
  await expect(page).toHaveURL(/\/browse\?genre=Western$/);
  const main = page.getByRole('main');
  await expect(main.getByRole('link', { name: /The Searchers/ }).first()).toBeVisible();
  await expect(main.getByRole('link', { name: /Amélie/ })).toHaveCount(0);
  const chosen = page.getByRole('list', { name: 'Genre' }).getByRole('link', { name: /Western/ });
  await expect(chosen).toHaveAttribute('aria-current', 'true');
  await page.locator('summary', { hasText: 'Decade' }).click();
  await page.getByRole('list', { name: 'Decade' }).getByRole('link', { name: /1990s/ }).click();
  await expect(page).toHaveURL(/decade=1990/);
  await expect(page.getByRole('main').getByText('1 title', { exact: true })).toBeVisible();
  await expect(main.getByRole('link', { name: /Unforgiven/ }).first()).toBeVisible();
});

test('the search is a plain form without JavaScript', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('searchbox').fill('casablanca');
  await page.getByRole('searchbox').press('Enter');
  await expect(page).toHaveURL(/\/search\?q=casablanca$/);
  await expect(page.getByRole('main').getByRole('link', { name: /Casablanca/ })).toBeVisible();
});

test('an address that leads nowhere says so, with the right status', async ({ page }) => {
  const answer = await page.goto('/nowhere/at/all');
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByRole('main').getByRole('link', { name: 'Home' })).toHaveAttribute('href', '/');
});

test('a title that is not there is answered with 404', async ({ page }) => {
  const answer = await page.goto('/title/no-such-title');
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});
