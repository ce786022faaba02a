// Finding a film whose name one does not spell: as one types, and by keyboard alone.

import { expect, open, test } from '../support/journey';

const SLIPS = [
  { typed: 'godfahter', found: 'The Godfather' },
  { typed: 'amelie', found: 'Amélie' },
  { typed: 'casblanca', found: 'Casablanca' },
  { typed: 'fabuleux destin', found: 'Amélie' },
  { typed: 'star war', found: 'Star Wars' },
  { typed: 'truffaut', found: 'Jules and Jim' },
];

for (const { typed, found } of SLIPS) {
  test(`“${typed}” finds ${found} as one types`, async ({ page }) => {
    await open(page, '/search');
    await page.getByRole('main').getByRole('searchbox').pressSequentially(typed);
    const hit = page.getByRole('main').getByRole('link', { name: new RegExp(found) }).first();
    await expect(hit).toBeVisible();
    await expect(page).toHaveURL(new RegExp(`/search\\?q=${encodeURIComponent(typed).replaceAll('%20', '(%20|\\+)')}$`));
    await hit.click();
    await expect(page.getByRole('heading', { level: 1, name: found, exact: true })).toBeVisible();
  });
}

test('an exact title comes first, and what matches is emphasised', async ({ page }) => {
  await open(page, '/search?q=alien');
  const first = page.getByRole('main').getByRole('listitem').getByRole('link').first();
  await expect(first).toContainText('Alien');
  await expect(first).not.toContainText('Aliens');
  await expect(first.locator('mark')).toHaveText(/alien/i);
});

test('by keyboard alone, one goes from any page to a film that was misspelt', async ({ page }) => {
  await open(page, '/settings');
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.type('godfahter');
  await expect(page.getByRole('banner').getByRole('link', { name: /The Godfather/ }).first()).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('banner').getByRole('link', { name: /Godfather/ }).first()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: /The Godfather/ })).toBeVisible();
});

test('on the search page, arrows go through the results and back into the field', async ({ page }) => {
  await open(page, '/search?q=godfather');
  const field = page.getByRole('main').getByRole('searchbox');
  const hits = page.getByRole('main').getByRole('listitem').getByRole('link');
  await expect(hits.nth(1)).toBeVisible();
  await field.focus();
  await page.keyboard.press('ArrowDown');
  await expect(hits.nth(0)).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(hits.nth(1)).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await expect(field).toBeFocused();
});

test('a word that nothing fits is answered in a sentence, with a way on', async ({ page }) => {
  await open(page, '/search');
  await page.getByRole('main').getByRole('searchbox').pressSequentially('zzzzqqqq');
  await expect(page.getByText('Nothing found for “zzzzqqqq”.')).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'Browse instead' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Browse' })).toBeVisible();
});

test('a person leads to their films', async ({ page }) => {
  await open(page, '/search?q=Sigourney');
  await page.getByRole('main').getByRole('link', { name: /Sigourney Weaver/ }).click();
  await expect(page).toHaveURL(/person=Sigourney/);
  await expect(page.getByRole('main').getByText('2 titles', { exact: true })).toBeVisible();
  await expect(page.getByRole('main').getByRole('link', { name: /Aliens/ }).first()).toBeVisible();
});
