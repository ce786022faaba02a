// A plan gets a price; whoever has it reads what they owe for the month, line by line; the operator takes everybody's as a file.

import { readFileSync } from 'node:fs';

import { type Page } from '@playwright/test';

import { expect, open } from '../support/journey';
import { REFUSED, withOwnServer } from '../support/own_server';

const PASSWORD = 'correct horse battery';

const test = withOwnServer();
test.describe.configure({ mode: 'serial' });
// An account that owes nothing has no statement. With its scope: a list of two would be taken for a value and its options.
test.use({ allowed: [[REFUSED, /status of 404/], { scope: 'test' }] });

test.beforeEach(async ({ page }) => {
  const made = await page.request.post('/api/v1/setup', { data: { login: 'ada', name: 'Ada', password: PASSWORD } });
  if (made.status() !== 201) {
    expect((await page.request.post('/api/v1/sign-in', { data: { login: 'ada', password: PASSWORD } })).status()).toBe(201);
  }
});

const owed = (page: Page) => page.getByRole('region', { name: 'What you owe' });

test('without a price nothing is owed, and the page says so in words', async ({ page }) => {
  await open(page, '/account');
  await owed(page).getByText('Show the statement of a month').click();
  await expect(owed(page).getByText(/^There is nothing to pay for .+ A plan costs nothing unless/)).toBeVisible();
});

test('a price is refused beside its field, then saved, and what is typed in the plan beside it stays', async ({ page }) => {
  const plan = { name: 'Member', authorization: { resolution: 'HD' }, expected_version: 0 };
  expect((await page.request.put('/api/v1/plans/member', { data: plan })).status()).toBe(200);
  await open(page, '/operator/plans/member');
  await page.getByLabel('Display name').fill('Members');
  const price = page.getByRole('textbox', { name: 'What it costs', exact: true });
  await price.fill('{ "currency": "EUR", "month": 4.99 }');
  await expect(page.getByText('Line 1: an amount stands in quotes: "month": "4.99".')).toBeVisible();
  await price.fill('{ "prices": [] }');
  await expect(page.getByText(/^A price names its currency, as in the example below/)).toBeVisible();
  await expect(page.getByText(/^Marquee does not know .+prices.+\. Is it spelled as meant\?/)).toBeVisible();
  const refused = '{ "currency": "euros", "month": "4.99" }';
  await price.fill(refused);
  await page.getByRole('button', { name: 'Save the price' }).click();
  await expect(price).toHaveAttribute('aria-invalid', 'true');
  await expect(price).toHaveValue(refused);
  await price.fill('{ "currency": "EUR", "month": "4.99", "per_hour_watched": "0.05" }');
  await page.getByRole('button', { name: 'Save the price' }).click();
  await expect(page.getByText('The price is saved. It counts from this month on.')).toBeVisible();
  await expect(page.getByLabel('Display name')).toHaveValue('Members');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Saved. In force within five seconds.', { exact: true })).toBeVisible();
});

test('the statement has a line for the plan and says that the month goes on', async ({ page }) => {
  await open(page, '/account');
  await owed(page).getByText('Show the statement of a month').click();
  const line = owed(page).getByRole('row', { name: /^The plan/ });
  await expect(line).toContainText('€4.99 a month');
  await expect(line.getByRole('cell').last()).toHaveText('€4.99');
  await expect(owed(page).getByRole('row', { name: /^Total/ }).getByRole('cell').last()).toHaveText('€4.99');
  await expect(owed(page).getByText('The month is still going on: this is what you owe so far.')).toBeVisible();
  const before = await owed(page).getByLabel('Month (UTC)').locator('option').nth(1).textContent();
  await owed(page).getByLabel('Month (UTC)').selectOption({ index: 1 });
  await expect(owed(page).getByText(`There is nothing to pay for ${before}`)).toBeVisible();
});

test('an operator reads what another account owes on its page, where they come for it', async ({ page }) => {
  const { items } = await (await page.request.get('/api/v1/accounts')).json();
  await open(page, `/operator/accounts/${items[0].id}`);
  const theirs = page.getByRole('region', { name: 'What they owe' });
  await theirs.getByText('Show the statement of a month').click();
  await expect(theirs.getByRole('row', { name: /^The plan/ })).toContainText('€4.99 a month');
  await expect(theirs.getByText('The month is still going on: this is what they owe so far.')).toBeVisible();
});

test('everybody’s statements are saved as one file', async ({ page }) => {
  await open(page, '/operator/plans');
  const region = page.getByRole('region', { name: 'Statements' });
  const download = page.waitForEvent('download');
  await region.getByRole('button', { name: 'Save as CSV' }).click();
  const file = await download;
  const month = new Date().toISOString().slice(0, 7);
  expect(file.suggestedFilename()).toBe(`marquee-statements-${month}.csv`);
  const text = readFileSync(await file.path(), 'utf8');
  expect(text.split(/\r?\n/)[0]).toBe('month,account,login,plan,item,quantity,unit,unit_price,amount,currency');
  expect(text).toMatch(new RegExp(`${month},[^,]+,ada,member,month,1,month,4.99,4.99,EUR`));
  await expect(region.getByRole('status')).toHaveText('The file is saved.');
});

test('a price box with nothing in it takes the price away, and one that cannot be read gets the focus', async ({ page }) => {
  await open(page, '/operator/plans/member');
  const price = page.getByRole('textbox', { name: 'What it costs', exact: true });
  await price.fill('{ "currency": "EUR"');
  await expect(page.getByText('Line 1: a closing } is missing.')).toBeVisible();
  await page.getByRole('button', { name: 'Save the price' }).click();
  await expect(price).toBeFocused();
  await price.fill('  ');
  await page.getByRole('button', { name: 'Save the price' }).click();
  await expect(page.getByText('The plan has no price from this month on.')).toBeVisible();
  await expect(price).toHaveValue('');
  const plans: { id: string; price?: object }[] = await (await page.request.get('/api/v1/plans')).json();
  expect(plans.find(({ id }) => id === 'member')?.price ?? {}).toEqual({});
});
