// What is kept of a member: all of it as a file, what the account used, and being left out of what is counted.

import { readFileSync } from 'node:fs';

import { expect, open } from '../support/journey';
import { withOwnServer } from '../support/own_server';

const PASSWORD = 'correct horse battery';

const test = withOwnServer();

test.beforeEach(async ({ page }) => {
  const made = await page.request.post('/api/v1/setup', { data: { login: 'ada', name: 'Ada', password: PASSWORD } });
  if (made.status() !== 201) {
    expect((await page.request.post('/api/v1/sign-in', { data: { login: 'ada', password: PASSWORD } })).status()).toBe(201);
  }
});

test('a member saves everything that is kept of them, and reads what they used', async ({ page }) => {
  await open(page, '/account');
  const region = page.getByRole('region', { name: 'Your data' });
  const download = page.waitForEvent('download');
  await region.getByRole('button', { name: 'Save everything' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('marquee-account.json');
  const kept = JSON.parse(readFileSync(await file.path(), 'utf8'));
  expect(kept.account.login).toBe('ada');
  expect(kept.profiles.length).toBeGreaterThan(0);
  expect(JSON.stringify(kept)).not.toContain(PASSWORD);
  await expect(region.getByRole('status')).toHaveText('The file is saved.');
  await region.getByText('What you used, month by month').click();
  await expect(region.getByText('Nothing so far: a month is here once a film was played in it.')).toBeVisible();
});

test('who wants to be left out of the statistics says so once, for every device', async ({ page }) => {
  await open(page, '/settings');
  const leftOut = page.getByRole('switch', { name: 'Leave me out of the statistics' });
  await expect(leftOut).not.toBeChecked();
  const saved = page.waitForResponse((response) => response.url().endsWith('/usage-settings') && response.request().method() === 'PUT');
  await leftOut.click();
  expect((await saved).status()).toBe(204);
  await expect(leftOut).toBeChecked();
  await expect(page.getByText('You are left out of the statistics from now on.')).toBeVisible();
  await open(page, '/settings');
  await expect(leftOut).toBeChecked();
});
