// The home page stays what it is where asking for it again fails, and says so.

import { expect, open, test } from '../support/journey';

test.use({ allowed: [[/status of 503/, /^503 from .*\/api\/v1\/home/], { scope: 'test' }] });

test('rows that are there stay where a fresh look at them fails, and it is said once', async ({ page }) => {
  // A page on which a row is missing is asked for again at each visit.
  await page.route('**/api/v1/home', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), missing: ['similar'] } });
  });
  await open(page, '/settings');
  await page.getByRole('link', { name: 'Home', exact: true }).first().click();
  const rows = page.locator('section[data-row]');
  await expect(rows.first()).toBeVisible();
  const before = await rows.count();
  expect(before).toBeGreaterThan(0);

  await page.getByRole('link', { name: 'Browse', exact: true }).first().click();
  await expect(page).toHaveURL(/\/browse$/);
  await page.unroute('**/api/v1/home');
  const problem = { type: 'about:blank', title: 'unavailable', status: 503, code: 'unavailable' };
  await page.route('**/api/v1/home', (route) =>
    route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
  );
  const failed = page.waitForResponse((response) => response.url().endsWith('/api/v1/home') && response.status() === 503);
  await page.getByRole('link', { name: 'Home', exact: true }).first().click();
  await failed;
  await expect(rows).toHaveCount(before);
  await expect(page.getByRole('button', { name: 'Close' })).toHaveCount(1);
});
