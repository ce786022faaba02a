// Where the pages of lists begin, and where one goes on once a list is gone.

import { type Page } from '@playwright/test';

import { expect, expectVisibleFocus, open, TELEVISION, test } from '../support/journey';

const SUNDAY = 'sundaysundaysunday01';
const PAGE = `/my-list?list=${SUNDAY}`;

const ways = (page: Page) => page.getByRole('navigation', { name: 'Lists' });
const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true });

/** A guest is known by the first thing that they keep. */
async function makeList(page: Page): Promise<void> {
  expect((await page.request.put('/api/v1/history-settings', { data: { is_kept: true } })).ok()).toBe(true);
  expect((await page.request.put(`/api/v1/lists/${SUNDAY}`, { data: { name: 'Sunday' } })).ok()).toBe(true);
}

test.describe('after a list is deleted the focus is on the heading of the list that is there', () => {
  for (const way of ['mouse', 'keyboard']) {
    test(`by ${way}`, async ({ page }) => {
      await makeList(page);
      await open(page, PAGE);
      await expect(page.locator('[data-card-actions]')).toBeAttached();
      await expect(heading(page, 'Sunday')).toBeVisible();
      const remove = page.getByRole('main').getByRole('button', { name: 'Delete', exact: true });
      const sure = page.getByRole('alertdialog').getByRole('button', { name: 'Delete the list' });
      if (way === 'mouse') {
        await remove.click();
        await expect(page.getByRole('alertdialog'), 'it has no notes').not.toContainText('notes');
        await sure.click();
      } else {
        await remove.press('Enter');
        await sure.press('Enter');
      }
      await expect(heading(page, 'My list')).toBeFocused();
      await page.waitForTimeout(500);
      await expect(heading(page, 'My list'), 'and stays there').toBeFocused();
    });
  }
});

test.describe('a link to a list that is not there', () => {
  test.use({ allowed: [[/Failed to load resource: the server responded with a status of 404/], { scope: 'test' }] });

  test('says so, with the way to one\u2019s own, and is asked for no more', async ({ page }) => {
    await page.request.put('/api/v1/history-settings', { data: { is_kept: true } });
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes(`/api/v1/lists/${SUNDAY}`)) {
        asked.push(request.url());
      }
    });
    await open(page, PAGE);
    const words = page.getByRole('main').getByText('This list was deleted, or is not shared with you any more.');
    await expect(words).toBeVisible();
    await expect(page.locator('[data-card-actions]')).toBeAttached();
    await page.waitForTimeout(2_000);
    await expect(words).toBeVisible();
    expect(asked).toEqual([]);
    await page.getByRole('main').getByRole('link', { name: 'My list', exact: true }).last().click();
    await expect(heading(page, 'My list')).toBeVisible();
  });
});

test.describe('on a television', () => {
  test.use({ viewport: { width: 1920, height: 1080 }, userAgent: TELEVISION });

  test('one begins on the way that leads here', async ({ page }) => {
    await makeList(page);
    for (const [address, name] of [['/my-list', /^My list/], ['/my-list?list=history', /^History/], [PAGE, /^Sunday/]] as const) {
      await open(page, address);
      await expect(ways(page).getByRole('link', { name })).toBeFocused();
      await expectVisibleFocus(page);
    }
  });
});
