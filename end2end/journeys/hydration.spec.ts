// The app takes over what the server rendered: in silence, and without fetching it again.

import { NOT_FOUND, PAGES, everyPage, expect, open, test } from '../support/journey';

test.use({ allowed: [NOT_FOUND] });

for (const name of PAGES) {
  test(`the app takes over ${name} without a warning or an error`, async ({ page, request, complaints }) => {
    const address = (await everyPage(request))[name];
    const rendered = await (await request.get(address)).text();
    await open(page, address);
    await page.waitForLoadState('networkidle');
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
    const text = await page.getByRole('heading', { level: 1 }).textContent();
    if (name !== 'watch') {
      expect(rendered, 'the heading stood in what the server rendered').toContain(text?.replaceAll('&', '&amp;') ?? '');
    }
    expect(complaints).toEqual([]);
  });
}

test('what the server rendered is not fetched again', async ({ page, request }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  for (const address of ['/', '/browse?genre=Drama', '/search?q=alien', (await everyPage(request))['title with video']]) {
    await open(page, address);
    await page.waitForLoadState('networkidle');
  }
  // What others said of a title comes with the page's code, for whoever may read it: no server renders it.
  const again = asked.filter((path) => /^\/api\/v1\/(home|titles|search)/.test(path) && !/\/review(s|-summary)?$/.test(path));
  expect(again).toEqual([]);
});

test('one visits every page without loading a document again', async ({ page }) => {
  await open(page, '/');
  await page.evaluate(() => Object.assign(window, { isSame: true }));
  const bar = page.getByRole('banner');
  await bar.getByRole('link', { name: 'Browse' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Browse' })).toBeVisible();
  await expect(page).toHaveTitle(/Browse/);
  await page.getByRole('main').getByRole('listitem').getByRole('link', { name: /The Godfather/ }).first().click();
  await expect(page.getByRole('heading', { level: 1, name: /The Godfather/ })).toBeVisible();
  await bar.getByRole('button', { name: 'Profile menu' }).click();
  await page.getByRole('dialog').getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible();
  await bar.getByRole('link', { name: 'Home' }).click();
  await expect(page.getByRole('link', { name: /^Play / }).first()).toBeVisible();
  expect(await page.evaluate(() => 'isSame' in window)).toBe(true);
});
