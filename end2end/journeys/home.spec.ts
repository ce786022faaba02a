// The home page stays what it is where asking for it again fails, and says so; its slides on a phone.

import { expect, open, test } from '../support/journey';

test.use({ allowed: [[/status of 503/, /^503 from .*\/api\/v1\/home/], { scope: 'test' }] });

test('on a phone what turns the slides covers nothing that one does with them, however many there are', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 800 });
  await page.route('**/api/v1/home', async (route) => {
    const response = await route.fetch();
    const home = await response.json();
    await route.fulfill({ response, json: { ...home, hero: Array.from({ length: 8 }, () => home.hero[0]) } });
  });
  await open(page, '/settings');
  await page.getByRole('link', { name: 'Home', exact: true }).first().click();
  const actions = page.locator('article[data-current]').getByRole('link');
  await expect(actions).toHaveCount(2);
  const boxes = await Promise.all((await actions.all()).map((action) => action.boundingBox()));
  const below = Math.max(...boxes.map((box) => box!.y + box!.height));
  const controls = await page.getByRole('group', { name: 'Featured titles' }).getByRole('button').all();
  expect(controls.length).toBeGreaterThanOrEqual(3);
  for (const control of controls) {
    expect((await control.boundingBox())!.y).toBeGreaterThanOrEqual(below);
  }
});

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
