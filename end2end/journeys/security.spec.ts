// What protects an account beside its password, on a server of its own: an authenticator app, recovery codes, passkeys.
// By name, not by number: a browser keeps passkeys for names alone.

import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';

import type { Page } from '@playwright/test';

import { expect, open } from '../support/journey';
import { REFUSED, withOwnServer } from '../support/own_server';

const PASSWORD = 'correct horse battery';
const test = withOwnServer({ host: 'localhost' });
test.describe.configure({ mode: 'serial' });
test.use({ allowed: [REFUSED] });

/** What later journeys of this file go on with. */
let secret = '';
let recoveryCodes: string[] = [];

/** The code that an authenticator app shows, now or so many steps later (RFC 6238). */
function totp(later: number): string {
  const letters = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter));
  const bits = letters.map((value) => value.toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const hash = createHmac('sha1', key).update(step).digest();
  const number = hash.readUInt32BE(hash[19] & 0xf) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

async function typePassword(page: Page): Promise<void> {
  await open(page, '/sign-in');
  await page.getByLabel('Sign-in name', { exact: true }).fill('ada');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

async function typeRecoveryCode(page: Page, code: string): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: 'One more step' })).toBeVisible();
  await page.getByRole('button', { name: 'Use a recovery code', exact: true }).click();
  await page.getByLabel('Recovery code', { exact: true }).fill(code);
  await page.getByRole('button', { name: 'Go on', exact: true }).click();
}

async function isIn(page: Page): Promise<void> {
  await expect(page).toHaveURL(/\/$/);
  await open(page, '/account');
  await expect(page.getByRole('heading', { level: 1, name: 'Ada Lovelace' })).toBeVisible();
}

test('an authenticator app is set up, and its recovery codes are shown once', async ({ page, context }) => {
  const made = await page.request.post('/api/v1/setup', { data: { login: 'ada', name: 'Ada Lovelace', password: PASSWORD } });
  expect(made.status()).toBe(201);
  await open(page, '/account');
  await page.getByRole('button', { name: 'Set up an app', exact: true }).click();
  await expect(page.getByRole('img', { name: 'The secret as a QR code' })).toBeVisible();
  secret = (await page.locator('code').innerText()).replaceAll(' ', '');
  expect(secret).toMatch(/^[A-Z2-7]{32}$/);

  await page.getByLabel('The code that it shows').fill('12345');
  await page.getByRole('button', { name: 'Turn it on', exact: true }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'The code is wrong' })).toBeVisible();
  await page.getByLabel('The code that it shows').fill(totp(0));
  await page.getByRole('button', { name: 'Turn it on', exact: true }).click();

  await expect(page.getByRole('heading', { name: 'Your recovery codes' })).toBeVisible();
  recoveryCodes = await page.locator('ol code').allInnerTexts();
  expect(recoveryCodes).toHaveLength(10);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy them', exact: true }).click();
  await expect(page.getByText('The codes are on the clipboard.')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(recoveryCodes.join('\n'));
  const downloading = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download them', exact: true }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('marquee-recovery-codes.txt');
  expect(readFileSync(await download.path(), 'utf8')).toBe(`${recoveryCodes.join('\n')}\n`);

  await page.getByRole('button', { name: 'I have kept them', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Your recovery codes' })).toBeHidden();
  await open(page, '/account');
  await expect(page.getByText('10 of 10 recovery codes are left.')).toBeVisible();
  await expect(page.getByText(recoveryCodes[0])).toBeHidden();
});

test('signing in asks for a code, which is good once; a recovery code stands in for it', async ({ page, context }) => {
  await typePassword(page);
  const field = page.getByLabel('Code', { exact: true });
  await expect(field).toBeFocused();
  await expect(field).toHaveAttribute('autocomplete', 'one-time-code');
  await expect(field).toHaveAttribute('inputmode', 'numeric');
  const code = totp(1);
  await field.fill(code);
  await page.keyboard.press('Enter');
  await isIn(page);

  await context.clearCookies();
  await typePassword(page);
  await field.fill(code);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText('was used already');
  await typeRecoveryCode(page, recoveryCodes[0].toUpperCase());
  await isIn(page);
  await expect(page.getByText('9 of 10 recovery codes are left.')).toBeVisible();
});

test('from the code one goes back to the name and the password', async ({ page }) => {
  await typePassword(page);
  await page.getByRole('button', { name: 'Back', exact: true }).click();
  await expect(page.getByLabel('Sign-in name', { exact: true })).toHaveValue('ada');
});

test('a passkey is added, signs in by itself, and once removed signs in no more', async ({ page, context }) => {
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await typePassword(page);
  await typeRecoveryCode(page, recoveryCodes[1]);
  await isIn(page);
  await page.getByRole('button', { name: 'Add a passkey', exact: true }).click();
  await expect(page.getByText('The passkey is added.')).toBeVisible();
  const remove = page.getByRole('button', { name: 'Remove the passkey Chrome on Linux' });
  await expect(remove).toHaveCount(1);

  for (const _ of ['first', 'second']) {
    await context.clearCookies();
    await open(page, '/sign-in');
    await page.getByRole('button', { name: 'Use a passkey', exact: true }).click();
    await isIn(page);
  }

  await remove.click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(page.getByText('The passkey is removed.')).toBeVisible();
  await expect(remove).toHaveCount(0);
  await context.clearCookies();
  await open(page, '/sign-in');
  await page.getByRole('button', { name: 'Use a passkey', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('This passkey is not known here, or not any more.');
});

test('the app is turned off with the password, which is then enough', async ({ page, context }) => {
  await typePassword(page);
  await typeRecoveryCode(page, recoveryCodes[2]);
  await isIn(page);
  const off = page.getByRole('button', { name: 'Turn the app off', exact: true });
  const warning = page.getByRole('alertdialog');
  await page.getByLabel('Your password').fill('not this one at all');
  await off.press('Enter');
  await expect(warning.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(off, 'no, and where one was').toBeFocused();
  await off.press('Enter');
  await warning.getByRole('button', { name: 'Turn off', exact: true }).press('Enter');
  await expect(page.getByRole('alert').filter({ hasText: 'The current password is wrong.' })).toBeVisible();
  await page.getByLabel('Your password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Make new recovery codes', exact: true }).click();
  await warning.getByRole('button', { name: 'Make new codes', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Your recovery codes' })).toBeVisible();
  expect(await page.locator('ol code').allInnerTexts()).not.toContain(recoveryCodes[3]);
  await page.getByLabel('Your password').fill(PASSWORD);
  await off.click();
  await warning.getByRole('button', { name: 'Turn off', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Set up an app', exact: true })).toBeVisible();
  await context.clearCookies();
  await typePassword(page);
  await isIn(page);
});
