// Whoever runs the place is told how films come into it, writes a plan with a field that nobody knows yet, and gives it to an account.

import { type Page } from '@playwright/test';

import { expect, open } from '../support/journey';
import { REFUSED, withOwnServer } from '../support/own_server';

const PASSWORD = 'correct horse battery';

const test = withOwnServer();
test.describe.configure({ mode: 'serial' });
test.use({ allowed: [REFUSED] });

test.beforeEach(async ({ page }) => {
  const account = { login: 'ada', name: 'Ada', password: PASSWORD };
  const made = await page.request.post('/api/v1/setup', { data: account });
  if (made.status() !== 201) {
    const entered = await page.request.post('/api/v1/sign-in', { data: { login: 'ada', password: PASSWORD } });
    expect(entered.status()).toBe(201);
  }
});

const document = (page: Page) => page.getByRole('textbox', { name: 'What it allows', exact: true });

test('an empty library says how films come into it, and no way leads to another empty page', async ({ page }) => {
  const main = page.getByRole('main');
  await open(page, '/');
  await expect(main.getByText('marquee import PATH')).toBeVisible();
  await page.getByRole('banner').getByRole('link', { name: 'My list' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'My list' })).toBeVisible();
  await expect(main.getByText('marquee import PATH')).toBeVisible();
  await expect(main.getByRole('link', { name: 'Find something' })).toHaveCount(0);
  await open(page, '/browse');
  await expect(main.getByText('marquee import PATH')).toBeVisible();
});

test('a new plan is written as a document, and a mistake in it is named by its line and loses nothing', async ({ page }) => {
  await open(page, '/account');
  await page.getByRole('link', { name: 'Plans', exact: true }).click();
  await page.getByLabel('Short name').fill('family');
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Plan family' })).toBeVisible();

  await page.getByLabel('Display name').fill('The family plan');
  const broken = '{\n  "resolution": "4K",\n  "streams": ,\n  "holodeck": { "seats": 4 }\n}';
  await document(page).fill(broken);
  await expect(page.getByText(/^Line 3, character 14: /)).toBeVisible();
  await expect(document(page)).toHaveAttribute('aria-invalid', 'true');

  const wrong = '{\n  "resolution": "16K",\n  "holodeck": { "seats": 4 }\n}';
  await document(page).fill(wrong);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText(/16K/).and(page.locator('[role=status]'))).toBeVisible();
  await expect(document(page)).toHaveValue(wrong);

  await document(page).fill('{\n  "resolution": "4K",\n  "streams": 2,\n  "holodeck": { "seats": 4 }\n}');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Saved. In force within five seconds.', { exact: true })).toBeVisible();
  await page.getByRole('link', { name: 'Plans', exact: true }).click();
  await expect(page.getByRole('link', { name: 'The family plan' })).toBeVisible();
});

test('a field that nobody here knows is named and kept, and the plan of members says what is so without one', async ({ page }) => {
  await open(page, '/operator/plans/family');
  await document(page).fill('{ "may_reveiw": false, "streams": 2 }');
  await expect(page.getByText(/^Marquee does not know .+may_reveiw.+: it is kept, but changes nothing here\./)).toBeVisible();
  await expect(document(page)).toHaveAttribute('aria-invalid', 'false');
  await document(page).fill('{ "may_review": false, "streams": 2 }');
  await expect(page.getByText(/^Marquee does not know/)).toHaveCount(0);
  await open(page, '/operator/plans/member');
  await expect(page.getByText(/^Nothing is stored for members yet: until then they may do everything\./)).toBeVisible();
});

test('somebody else’s change is not overwritten', async ({ page }) => {
  await open(page, '/operator/plans/family');
  await expect(page.getByLabel('Display name')).toHaveValue('The family plan');
  const plans: { id: string; version: number }[] = await (await page.request.get('/api/v1/plans')).json();
  const version = plans.find((plan) => plan.id === 'family')?.version;
  const data = { name: 'Renamed meanwhile', authorization: { resolution: 'HD' }, expected_version: version };
  expect((await page.request.put('/api/v1/plans/family', { data })).status()).toBe(200);

  await page.getByLabel('Display name').fill('Mine');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'Somebody else changed this in the meantime.' })).toBeVisible();
  await expect(page.getByLabel('Display name')).toHaveValue('Mine');
  await page.getByRole('button', { name: 'Show what is stored now' }).click();
  await expect(page.getByLabel('Display name')).toHaveValue('Renamed meanwhile');
  await document(page).fill('{ "resolution": "4K", "streams": 2, "holodeck": { "seats": 4 } }');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Saved. In force within five seconds.', { exact: true })).toBeVisible();
});

test('an account is made, found, given the plan with an exception, and its client hears of the unknown field', async ({
  page,
  browser,
  own,
}) => {
  await open(page, '/operator/accounts');
  await page.getByLabel('Sign-in name', { exact: true }).fill('bob');
  await page.getByLabel('Display name').fill('Bob');
  await page.getByLabel('First password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Add the account', exact: true }).click();
  await expect(page.getByText('bob can sign in now.', { exact: true })).toBeVisible();

  await page.getByLabel('Find an account by its sign-in name').fill('bo');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await expect(page).toHaveURL(/\/operator\/accounts\?q=bo$/);
  await expect(page.getByRole('main').getByRole('link', { name: /^Ada/ })).toHaveCount(0);
  await page.getByRole('main').getByRole('link', { name: /^Bob/ }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Bob' })).toBeVisible();

  await page.getByLabel('Plan', { exact: true }).selectOption({ label: 'Renamed meanwhile' });
  await page.getByRole('textbox', { name: 'Exceptions for this account', exact: true }).fill('{ "streams": 1 }');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Saved. In force within five seconds.', { exact: true })).toBeVisible();
  const effective = page.getByRole('region', { name: 'What applies now' });
  await expect(effective).toContainText('"streams": 1');
  await expect(effective).toContainText('"seats": 4');

  const elsewhere = await browser.newContext({ baseURL: own.url });
  const bob = await elsewhere.newPage();
  expect((await bob.request.post('/api/v1/sign-in', { data: { login: 'bob', password: PASSWORD } })).status()).toBe(201);
  const { authorization } = await (await bob.request.get('/api/v1/identity')).json();
  expect(authorization).toMatchObject({ resolution: '4K', streams: 1, holodeck: { seats: 4 } });
  await open(bob, '/account');
  await expect(bob.getByText('up to 4K', { exact: true })).toBeVisible();
  await expect(bob.getByRole('link', { name: 'Plans', exact: true })).toHaveCount(0);

  const disable = page.getByRole('button', { name: 'Disable', exact: true });
  await disable.press('Enter');
  const warning = page.getByRole('alertdialog', { name: 'Disable Bob?' });
  await expect(warning).toContainText('signed out on every device');
  await expect(warning.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(warning).toBeHidden();
  await expect(disable, 'refused, and where one was').toBeFocused();
  await disable.press('Enter');
  await warning.getByRole('button', { name: 'Disable', exact: true }).press('Enter');
  const again = page.getByRole('button', { name: 'Let sign in again', exact: true });
  await expect(again).toBeVisible();
  await expect(again, 'what stands in its place').toBeFocused();
  await expect
    .poll(async () => (await (await bob.request.get('/api/v1/identity')).json()).account, { timeout: 8_000 })
    .toBeUndefined();
  await elsewhere.close();
});

test('the focus and the page stay where they are through every change of an account and a plan', async ({ page }) => {
  const accounts: { items: { id: string; login: string }[] } = await (await page.request.get('/api/v1/accounts')).json();
  const bob = accounts.items.find(({ login }) => login === 'bob')!;
  await open(page, `/operator/accounts/${bob.id}`);
  await page.getByRole('textbox', { name: 'Exceptions for this account', exact: true }).fill('{ "streams": 3 }');
  const kept = await page.getByRole('textbox', { name: 'Exceptions for this account', exact: true }).elementHandle();

  for (const [word, next] of [['Make an operator', 'Make a member'], ['Make a member', 'Make an operator']]) {
    const role = page.getByRole('button', { name: word, exact: true });
    await role.press('Enter');
    await page.getByRole('alertdialog').getByRole('button', { name: word, exact: true }).press('Enter');
    await expect(page.getByRole('button', { name: next, exact: true })).toBeFocused();
    await expect(page.getByRole('alertdialog')).toBeHidden();
  }
  const factors = page.getByRole('button', { name: 'Remove second factor and passkeys', exact: true });
  await factors.press('Enter');
  // Earlier changes said the same, and until this one is made no other is taken.
  const made = page.waitForResponse((response) => response.request().method() !== 'GET' && response.url().endsWith(bob.id));
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove', exact: true }).press('Enter');
  expect((await made).ok()).toBe(true);
  await expect(factors).toHaveAttribute('aria-disabled', 'false');
  await expect(factors).toBeFocused();
  expect(await kept!.evaluate((field: HTMLTextAreaElement) => field.isConnected && field.value), 'what was typed').toBe('{ "streams": 3 }');

  const save = page.getByRole('button', { name: 'Save', exact: true });
  await save.press('Enter');
  await expect(page.getByRole('region', { name: 'What applies now' })).toContainText('"streams": 3');
  await expect(save).toBeFocused();
  await open(page, '/operator/plans/family');
  await page.getByLabel('Display name').fill('Family');
  await save.press('Enter');
  await expect(page.getByText('Saved. In force within five seconds.', { exact: true })).toBeVisible();
  await expect(save).toBeFocused();
});

test('whoever is not signed in is led to the sign-in page', async ({ browser, own }) => {
  const guest = await browser.newContext({ baseURL: own.url });
  const page = await guest.newPage();
  for (const [address, from] of [['/operator/plans', '?from=%2Foperator%2Fplans'], ['/', ''], ['/browse', '?from=%2Fbrowse']]) {
    await page.goto(address);
    await expect(page).toHaveURL(`${own.url}/sign-in${from}`);
  }
  await guest.close();
});
