// From a fresh installation to an operator with two devices, on a server of its own: accounts outlive a journey.

import { expect, open, takenOver } from '../support/journey';
import { REFUSED, withOwnServer } from '../support/own_server';

const PASSWORD = 'correct horse battery';

const test = withOwnServer();
test.describe.configure({ mode: 'serial' });
test.use({ allowed: [REFUSED] });

test('in an empty library the way on stands under the sentence, in the middle', async ({ page }) => {
  await open(page, '/');
  const main = page.getByRole('main');
  const sentence = (await main.getByText('Films appear here as soon as the first is imported.').boundingBox())!;
  const way = (await main.getByRole('link', { name: 'Set up or sign in' }).boundingBox())!;
  expect(way.y).toBeGreaterThanOrEqual(sentence.y + sentence.height);
  expect(Math.abs(way.x + way.width / 2 - (sentence.x + sentence.width / 2))).toBeLessThanOrEqual(1);
});

test('whoever comes first sets Marquee up, and manages it', async ({ page }) => {
  await open(page, '/account');
  await page.getByRole('link', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/sign-in\?from=%2Faccount$/);
  await expect(page.getByRole('heading', { level: 1, name: 'Set up Marquee' })).toBeVisible();

  await page.getByLabel('Your name').fill('Ada Lovelace');
  await page.getByLabel('Sign-in name').fill('Ada');
  await page.getByLabel('Password').fill('too short');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByText('10 to 256 characters')).toBeVisible();
  await expect(page.getByLabel('Password')).toHaveAttribute('aria-invalid', 'true');

  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page, 'back to where it began').toHaveURL(/\/account$/);
  await takenOver(page);
  await expect(page.getByRole('heading', { level: 1, name: 'Ada Lovelace' })).toBeVisible();
  await expect(page.getByText(/ \u00b7 Operator$/)).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: 'This device' })).toHaveCount(1);
  const cookies = (await page.context().cookies()).filter((cookie) => cookie.name.startsWith('marquee_'));
  expect(cookies.every((cookie) => cookie.httpOnly && cookie.sameSite === 'Lax')).toBe(true);
});

async function signIn(page: import('@playwright/test').Page, password: string): Promise<void> {
  await open(page, '/sign-in');
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('a wrong password is refused in words, the right one lets in, and out again', async ({ page }) => {
  await signIn(page, 'wrong horse battery');
  await expect(page.getByRole('alert')).toContainText('The name or the password is wrong.');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: /: profile menu$/ })).toBeVisible();
  await page.waitForLoadState('load');
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' }), 'nobody goes back to where they signed in').toHaveCount(0);
  await open(page, '/settings');
  await expect(page.getByRole('button', { name: /: profile menu$/ })).toBeVisible();
  await open(page, '/account');
  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  // There are accounts, and nobody said that guests may look around.
  await expect(page).toHaveURL(/\/sign-in$/);
  await takenOver(page);
  await page.waitForLoadState('load');
  await page.goBack();
  await takenOver(page);
  await page.waitForLoadState('load');
  await page.goBack();
  await expect(page).toHaveURL(/\/settings$/);
  await takenOver(page);
  await expect(page.getByRole('button', { name: 'Profile menu', exact: true }), 'nothing is left of who was here').toBeVisible();
  await open(page, '/account');
  await expect(page.getByText('You are not signed in')).toBeVisible();
});

test('another device is signed out from this one, and is a guest within five seconds', async ({ page, browser, own }) => {
  await signIn(page, PASSWORD);
  await expect(page).toHaveURL(/\/$/);
  const elsewhere = await browser.newContext({ baseURL: own.url });
  const other = await elsewhere.newPage();
  await signIn(other, PASSWORD);
  await expect(other).toHaveURL(/\/$/);
  await open(other, '/account');
  await expect(other.getByRole('heading', { level: 1, name: 'Ada Lovelace' })).toBeVisible();

  await open(page, '/account');
  const everywhere = page.getByRole('button', { name: 'Sign out everywhere else' });
  await everywhere.press('Enter');
  const warning = page.getByRole('alertdialog', { name: 'Sign out everywhere else?' });
  await expect(warning.getByRole('button', { name: 'Cancel' }), 'the button that does nothing').toBeFocused();
  await page.keyboard.press('Escape');
  await expect(warning).toBeHidden();
  await expect(everywhere).toBeFocused();
  expect((await (await other.request.get('/api/v1/identity')).json()).account, 'nothing was done').toBeDefined();
  await everywhere.press('Enter');
  await warning.getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(page.getByText('Signed out.', { exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Sign out everywhere else' })).toBeHidden();
  await expect
    .poll(async () => (await (await other.request.get('/api/v1/identity')).json()).account, { timeout: 6_000 })
    .toBeUndefined();
  await elsewhere.close();
});

test('a new password is the one that counts from then on', async ({ page }) => {
  await signIn(page, PASSWORD);
  await expect(page).toHaveURL(/\/$/);
  await open(page, '/account');
  await page.getByLabel('Current password').fill('not this one at all');
  await page.getByLabel('New password').fill('another horse entirely');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'The current password is wrong.' })).toBeVisible();
  await page.getByLabel('Current password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('Your password is changed.')).toBeVisible();
  await expect(page.getByLabel('New password')).toHaveValue('');
  await page.context().clearCookies();
  await signIn(page, 'another horse entirely');
  await expect(page).toHaveURL(/\/$/);
});

test('a billing address is kept, and the number of a card is refused where it stands', async ({ page }) => {
  await signIn(page, 'another horse entirely');
  await expect(page).toHaveURL(/\/$/);
  await open(page, '/account');
  const form = page.getByRole('region', { name: 'Billing' });
  await form.getByLabel('Name on the bill').fill('Ada Lovelace');
  await form.getByLabel('Street and number').fill('12 St James\u2019s Square');
  await form.getByLabel('City').fill('London');
  await form.getByLabel('Country').fill('GB');
  await form.getByLabel('Payment reference').fill('4111 1111 1111 1111');
  await form.getByRole('button', { name: 'Save the address' }).click();
  await expect(form.getByLabel('Payment reference')).toHaveAttribute('aria-invalid', 'true');
  await expect(form.getByText('this looks like the number of a card, which is never kept here', { exact: true })).toBeVisible();
  await form.getByLabel('Payment reference').fill('mandate 7');
  await form.getByRole('button', { name: 'Save the address' }).click();
  await expect(page.getByText('The billing address is saved.', { exact: true })).toBeVisible();
  await open(page, '/account');
  await expect(form.getByLabel('City')).toHaveValue('London');
  await expect(form.getByLabel('Payment reference')).toHaveValue('mandate 7');
});
