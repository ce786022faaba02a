// Who is watching: a second profile with a PIN, a children's profile, and changing from one to the other.

import { type Page } from '@playwright/test';

import { expect, open, pressRemote, reach, takenOver, TELEVISION } from '../support/journey';
import { REFUSED, withOwnServer } from '../support/own_server';

const PASSWORD = 'correct horse battery';

const test = withOwnServer();
test.describe.configure({ mode: 'serial' });
test.use({ allowed: [REFUSED] });

const choose = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

async function signIn(page: Page): Promise<void> {
  await open(page, '/sign-in');
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('an account grows by a profile with a PIN and one for a child', async ({ page }) => {
  const account = { login: 'ada', name: 'Ada', password: PASSWORD };
  expect((await page.request.post('/api/v1/setup', { data: account })).status()).toBe(201);
  await open(page, '/');
  await page.getByRole('button', { name: 'Ada: profile menu' }).click();
  await page.getByRole('link', { name: 'All profiles' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Who is watching?' })).toBeVisible();
  await choose(page, 'Manage profiles').click();

  await choose(page, 'Add a profile').click();
  await expect(page.getByRole('heading', { level: 1, name: 'A new profile' })).toBeVisible();
  await expect(page.getByLabel('Name')).toBeFocused();
  await page.getByLabel('Name').fill('Grace');
  await page.getByRole('radio', { name: 'Coral' }).check();
  await page.getByLabel('PIN').fill('12');
  await choose(page, 'Save').click();
  await expect(page.getByText('4 to 8 digits, or none', { exact: true })).toBeVisible();
  await expect(page.getByLabel('PIN')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Name')).toHaveValue('Grace');
  await page.getByLabel('PIN').fill('2468');
  await choose(page, 'Save').click();
  await expect(choose(page, 'Change Grace, asks for a PIN')).toBeVisible();

  await choose(page, 'Add a profile').click();
  await page.getByLabel('Name').fill('Kim');
  await page.getByLabel('Age limit').selectOption({ label: 'Up to 6 years' });
  await choose(page, 'Save').click();
  await expect(choose(page, 'Change Kim, children\u2019s profile, films for up to 6 years')).toBeVisible();
});

test('whoever signs in says who watches; a wrong PIN is refused in words, the pad types the right one', async ({
  page,
}) => {
  await signIn(page);
  await expect(page).toHaveURL(/\/profiles$/);
  await takenOver(page);
  await choose(page, 'Grace, asks for a PIN').click();
  await expect(page.getByRole('heading', { level: 1, name: 'PIN for Grace' })).toBeVisible();
  await page.getByLabel('PIN', { exact: true }).fill('1111');
  await page.keyboard.press('Enter');
  await expect(page.getByText('This PIN is not the right one.', { exact: true })).toBeVisible();
  await expect(page.getByLabel('PIN', { exact: true })).toHaveValue('');
  for (const digit of '2468') {
    await choose(page, digit).click();
  }
  await choose(page, 'Watch as Grace').click();
  await expect(page).toHaveURL(/\/$/);
  await expect(page.getByRole('button', { name: 'Grace: profile menu' })).toBeVisible();
});

test('a child watches at once, and leaves its profile with the password of the account alone', async ({ page }) => {
  await signIn(page);
  await expect(page).toHaveURL(/\/profiles$/);
  await takenOver(page);
  await choose(page, 'Kim, children\u2019s profile, films for up to 6 years').press('Enter');
  await expect(page).toHaveURL(/\/$/);
  const identity = await (await page.request.get('/api/v1/identity')).json();
  expect(identity.authorization.maturity).toBe(6);
  await open(page, '/account');
  await expect(page.getByRole('main').getByText('ada', { exact: true }), 'what the account is here is not the child\u2019s').toBeVisible();
  await expect(page.getByRole('main').getByText(/Member|Manages/)).toHaveCount(0);

  await open(page, '/profiles');
  await expect(choose(page, 'Manage profiles')).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Your account' })).toHaveCount(0);
  await choose(page, 'Ada').click();
  const dialog = page.getByRole('dialog', { name: 'Confirm it\u2019s you' });
  await dialog.getByLabel('Your password').fill('wrong horse battery');
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await expect(dialog.getByRole('alert').filter({ hasText: /./ })).toBeVisible();
  await dialog.getByLabel('Your password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await expect(page).toHaveURL(/\/$/);
  await expect(page.getByRole('button', { name: 'Ada: profile menu' })).toBeVisible();
});

test('a child that chooses an adult in the menu is asked for the password at once', async ({ page }) => {
  await signIn(page);
  await expect(page).toHaveURL(/\/profiles$/);
  await takenOver(page);
  await choose(page, 'Kim, children\u2019s profile, films for up to 6 years').press('Enter');
  await expect(page).toHaveURL(/\/$/);
  await takenOver(page);
  const chooseAda = async () => {
    await page.getByRole('button', { name: 'Kim: profile menu' }).click();
    await page.getByRole('dialog', { name: 'Kim' }).getByRole('link', { name: 'Ada', exact: true }).click();
  };
  const dialog = page.getByRole('dialog', { name: 'Confirm it\u2019s you' });
  await chooseAda();
  await expect(dialog.getByLabel('Your password')).toBeFocused();
  await dialog.getByRole('button', { name: 'Not now' }).click();
  await expect(dialog).toBeHidden();
  await chooseAda();
  await dialog.getByLabel('Your password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await expect(page).toHaveURL(/\/$/);
  await expect(page.getByRole('button', { name: 'Ada: profile menu' })).toBeVisible();
});

test('a profile is deleted only after a second word', async ({ page }) => {
  await signIn(page);
  await expect(page).toHaveURL(/\/profiles$/);
  await takenOver(page);
  await choose(page, 'Ada').click();
  await expect(page).toHaveURL(/\/$/);
  await open(page, '/profiles');
  await choose(page, 'Manage profiles').click();
  await choose(page, 'Change Kim, children\u2019s profile, films for up to 6 years').click();
  await choose(page, 'Delete this profile').click();
  const warning = page.getByRole('alertdialog', { name: 'Delete Kim?' });
  await expect(warning.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await warning.getByRole('button', { name: 'Cancel' }).click();
  await expect(warning).toBeHidden();
  await expect(choose(page, 'Delete this profile')).toBeFocused();
  await choose(page, 'Delete this profile').click();
  await warning.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByText('The profile is deleted.', { exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: /Kim/ })).toHaveCount(0);
});

test.describe('a television', () => {
  test.use({ viewport: { width: 1920, height: 1080 }, userAgent: TELEVISION });

  test('signs in, chooses who watches and gives the PIN with arrows, Enter and letters', async ({ page }) => {
    await open(page, '/sign-in');
    await reach(page, page.getByLabel('Name'));
    await page.keyboard.type('ada');
    await reach(page, page.getByLabel('Password'));
    await page.keyboard.type(PASSWORD);
    await reach(page, choose(page, 'Sign in'));
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/profiles$/);
    await takenOver(page);
    await reach(page, choose(page, 'Grace, asks for a PIN'));
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { level: 1, name: 'PIN for Grace' })).toBeVisible();
    await pressRemote(page, { key: 'GoBack', code: 0 });
    await expect(page, 'Back leaves the PIN and not the page').toHaveURL(/\/profiles$/);
    await reach(page, choose(page, 'Grace, asks for a PIN'));
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { level: 1, name: 'PIN for Grace' })).toBeVisible();
    for (const digit of '2468') {
      await reach(page, choose(page, digit));
      await page.keyboard.press('Enter');
    }
    await reach(page, choose(page, 'Watch as Grace'));
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/$/);
    await expect(page.getByRole('button', { name: 'Grace: profile menu' })).toBeVisible();
  });
});
