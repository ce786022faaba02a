// Browsing with the app: filters apply at once, stay in the address, and always leave a way on.

import { SHORT } from '../support/films';
import { expect, open, test, titleNamed } from '../support/journey';

test('a filter applies at once and says how many titles are left', async ({ page }) => {
  await open(page, '/browse');
  await page.evaluate(() => Object.assign(window, { isSame: true }));
  const genres = page.getByRole('list', { name: 'Genre' });
  const western = genres.getByRole('link', { name: /Western/ });
  const count = Number(/\d+/.exec((await western.textContent()) ?? '')?.[0]);
  await western.click();
  await expect(page).toHaveURL(/genre=Western/);
  await expect(page.getByRole('main').getByText(`${count} titles`, { exact: true })).toBeVisible();
  const cards = page.getByRole('main').getByRole('listitem').locator('a[href^="/title/"]');
  await expect(cards).toHaveCount(count);
  expect(await page.evaluate(() => 'isSame' in window)).toBe(true);
  await page.goBack();
  await expect(genres.getByRole('link', { name: /Western/ })).not.toHaveAttribute('aria-current', 'true');
});

test('only what can be watched is left where that is asked for', async ({ page }) => {
  await open(page, '/browse');
  await page.getByRole('link', { name: /^Ready to watch/ }).click();
  await expect(page.getByRole('main').getByText('2 titles', { exact: true })).toBeVisible();
  const cards = page.getByRole('main').getByRole('listitem').locator('a[href^="/title/"]');
  await expect(cards).toHaveCount(2);
  await expect(page.getByRole('link', { name: 'Play Countdown at Dusk' })).toBeAttached();
});

test('where nothing is left, the filter to drop is offered and leads to titles', async ({ page }) => {
  await open(page, '/browse?genre=Western&decade=1920');
  await expect(page.getByText('No title fits all of this.')).toBeVisible();
  await page.getByRole('link', { name: /^Without/ }).click();
  await expect(page.getByRole('main').getByText(/^\d+ titles?$/)).toBeVisible();
  await expect(page.getByRole('main').getByRole('listitem').locator('a[href^="/title/"]').first()).toBeVisible();
});

test('titles are sorted as asked', async ({ page }) => {
  await open(page, '/browse');
  await page.locator('summary', { hasText: 'Sort' }).click();
  await page.getByRole('link', { name: 'Oldest' }).click();
  await expect(page).toHaveURL(/sort=oldest/);
  const first = page.getByRole('main').getByRole('listitem').locator('a[href^="/title/"]').first();
  await expect(first).toContainText('A Trip to the Moon');
});

test('a film that is over before a minute is says its seconds', async ({ page, request }) => {
  const { id } = await titleNamed(request, SHORT.title);
  await open(page, `/title/${id}`);
  await expect(page.getByRole('main').getByText(/^\d+ s$/).first()).toBeVisible();
});
