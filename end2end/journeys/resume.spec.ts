// Leaving and coming back: within two seconds of the spot, by whichever way one comes.

import { type APIRequestContext, type Page } from '@playwright/test';

import { LONG } from '../support/films';
import { expect, open, takenOver, test, titleNamed } from '../support/journey';
import { expectPlaying, pause, seek, state, watch } from '../support/player';

/** Seconds that one may be off the spot. */
const NEAR = 2;

/** Watches to the middle, and pauses there; the spot. */
async function watchToTheMiddle(page: Page, request: APIRequestContext): Promise<number> {
  await watch(page, request, LONG.title);
  await seek(page, 12);
  await expectPlaying(page);
  const told = page.waitForResponse((response) => response.url().endsWith('/progress') && response.request().method() === 'POST');
  const { time } = await pause(page);
  expect((await told).status()).toBe(204);
  return time;
}

async function expectResumed(page: Page, spot: number): Promise<void> {
  await expect.poll(async () => (await state(page)).frames, { message: 'a picture' }).toBeGreaterThan(0);
  // Where playing began: on a slow machine the film is further on by the time that it is asked.
  const time = await page.locator('video').evaluate((video: HTMLVideoElement) =>
    video.played.length > 0 ? video.played.start(0) : video.currentTime,
  );
  expect(Math.abs(time - spot), `${time} s is near ${spot} s`).toBeLessThan(NEAR);
}

test('leaving for the title page and coming back resumes at the spot', async ({ page, request }) => {
  const spot = await watchToTheMiddle(page, request);
  await page.getByRole('link', { name: 'Back to the title page' }).click();
  const resume = page.getByRole('main').getByRole('link', { name: /^Resume, \d+ s left/ });
  await expect(resume).toBeVisible();
  await resume.click();
  await expectResumed(page, spot);
  await expectPlaying(page);
});

test('the player\u2019s way back is a step back, or stands in the place of the film: Back plays nothing again', async ({ page, request }) => {
  const { id } = await titleNamed(request, LONG.title);
  const leave = async () => {
    await page.getByRole('link', { name: 'Back to the title page' }).click();
    await expect(page).toHaveURL(new RegExp(`/title/${id}$`));
    await expect(page.getByRole('main').getByRole('link', { name: /^(Play|Resume)/ }).first()).toBeVisible();
  };
  await open(page, '/browse');
  await watch(page, request, LONG.title);
  const entries = await page.evaluate(() => history.length);
  await leave();
  expect(await page.evaluate(() => history.length), 'nothing is added').toBe(entries);
  await page.goForward();
  await expect(page).toHaveURL(/\/watch\//);
  await leave();
  await page.goBack();
  await expect(page, 'whoever came by the title').toHaveURL(/\/browse$/);

  await page.goto(`/watch/${id}`);
  await takenOver(page);
  await leave();
  await page.goBack();
  await expect(page, 'whoever came from elsewhere').toHaveURL(/\/browse$/);
});

test('a film that is left while it plays is resumed where it was left', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await seek(page, 10);
  await expectPlaying(page);
  await page.getByRole('link', { name: 'Back to the title page' }).click();
  await expect(page.getByRole('main').getByRole('link', { name: /^Resume/ })).toBeVisible();
  const { id } = await titleNamed(request, LONG.title);
  const { progress } = await (await page.request.get(`/api/v1/titles/${id}/progress`)).json();
  await page.getByRole('main').getByRole('link', { name: /^Resume/ }).click();
  await expectResumed(page, progress.position);
  expect(progress.position).toBeGreaterThan(9.5);
});

test('loading the page again resumes at the spot', async ({ page, request }) => {
  const spot = await watchToTheMiddle(page, request);
  await page.reload();
  await takenOver(page);
  await expectResumed(page, spot);
});

test('closing the page while the film plays keeps the spot', async ({ page, request, context }) => {
  await watch(page, request, LONG.title);
  await seek(page, 9);
  await expectPlaying(page);
  const { time } = await state(page);
  await page.close({ runBeforeUnload: true });
  const later = await context.newPage();
  const { id } = await titleNamed(request, LONG.title);
  await expect
    .poll(async () => (await (await context.request.get(`/api/v1/titles/${id}/progress`)).json()).progress?.position ?? 0)
    .toBeGreaterThan(time - 1);
  await open(later, `/watch/${id}`);
  await expectResumed(later, time);
});

test('the home page leads back to the spot by Continue watching', async ({ page, request }) => {
  const spot = await watchToTheMiddle(page, request);
  await open(page, '/');
  const row = page.getByRole('region', { name: 'Continue watching' });
  const still = row.getByRole('link', { name: new RegExp(LONG.title) });
  await expect(still).toContainText(/\d+ s left/);
  await still.click();
  await expectResumed(page, spot);
});

test('a title can be taken off Continue watching', async ({ page, request }) => {
  await watchToTheMiddle(page, request);
  await open(page, '/');
  const row = page.getByRole('region', { name: 'Continue watching' });
  await row.getByRole('listitem').hover();
  await row.getByRole('button', { name: `Take ${LONG.title} off Continue watching` }).click();
  await expect(row).toHaveCount(0);
  await expect
    .poll(async () => (await page.request.get('/api/v1/continue-watching')).json(), 'it is gone on the server too')
    .toEqual([]);
});

test('a viewer sees nothing of what another one watched', async ({ page, request, browser, baseURL }) => {
  await watchToTheMiddle(page, request);
  const stranger = await browser.newContext({ baseURL });
  const home = await stranger.newPage();
  await open(home, '/');
  await expect(home.getByRole('region', { name: 'Continue watching' })).toHaveCount(0);
  expect(await (await stranger.request.get('/api/v1/continue-watching')).json()).toEqual([]);
  await stranger.close();
});
