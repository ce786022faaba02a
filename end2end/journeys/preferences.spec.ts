// What a viewer prefers goes with them: to the next page, to the next visit, to the next device.

import { LONG } from '../support/films';
import { expect, open, test } from '../support/journey';
import { choose, watch } from '../support/player';

test('the theme that was chosen is there on reload, in what the server renders, and on another device', async ({
  page,
  context,
  browser,
  baseURL,
}) => {
  await open(page, '/settings');
  await expect(page.getByText('Changes are saved at once, in this browser.'), 'for a guest no other device is promised').toBeVisible();
  const html = page.locator('html');
  await expect(html).not.toHaveAttribute('data-theme', 'light');
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await ground();
  const saved = page.waitForResponse((response) => response.url().endsWith('/api/v1/snapshot') && response.request().method() === 'PATCH');
  await page.getByRole('group', { name: 'Theme' }).getByRole('radio', { name: 'Light' }).check();
  await expect(html).toHaveAttribute('data-theme', 'light');
  await expect.poll(ground).not.toBe(dark);
  expect((await saved).ok()).toBe(true);

  await page.reload();
  await expect(html).toHaveAttribute('data-theme', 'light');
  await expect(page.getByRole('radio', { name: 'Light' })).toBeChecked();
  for (const address of ['/', '/browse', '/settings']) {
    const rendered = await (await context.request.get(address)).text();
    expect(rendered, address).toMatch(/<html[^>]*data-theme="?light/);
  }

  const other = await browser.newContext({ baseURL, colorScheme: 'dark', storageState: await context.storageState() });
  const elsewhere = await other.newPage();
  await open(elsewhere, '/');
  await expect(elsewhere.locator('html')).toHaveAttribute('data-theme', 'light');
  await other.close();

  const stranger = await browser.newContext({ baseURL });
  expect(await (await stranger.request.get('/')).text()).not.toMatch(/<html[^>]*data-theme="?light/);
  await stranger.close();
});

test.describe('where the server refuses', () => {
  test.use({ allowed: [/Failed to load resource: the server responded with a status of 413 /] });

  test('that a setting is refused is said once, and it holds on this page', async ({ page }) => {
    await open(page, '/settings');
    await page.route('**/api/v1/snapshot', async (route) => {
      if (route.request().method() !== 'PATCH') return route.continue();
      const problem = { type: 'urn:marquee:problem:too_large', code: 'too_large', status: 413, title: 'The request is too large.' };
      await route.fulfill({ status: 413, contentType: 'application/problem+json', json: problem });
    });
    const said = page.getByRole('region', { name: 'Notices' }).getByText(/^Your settings could not be saved/);
    await page.getByRole('group', { name: 'Theme' }).getByRole('radio', { name: 'Light' }).check();
    await expect(said).toHaveCount(1);
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
    const again = page.waitForResponse((response) => response.status() === 413);
    await page.getByRole('group', { name: 'Theme' }).getByRole('radio', { name: 'Dark' }).check();
    await again;
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    await expect(said).toHaveCount(1);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });
});

test('of what a newer build stored only what this one cannot read is as if nothing were set', async ({ page, context }) => {
  await open(page, '/settings');
  const preferences = { theme: 'light', letter_keys: false, volume: 300, audio_role: 'of_a_newer_build' };
  const merged = await context.request.patch('/api/v1/snapshot', { data: { format: 1, from: {}, to: { preferences } } });
  expect(merged.ok(), await merged.text()).toBe(true);
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});

test('what was chosen is kept, however soon the page goes', async ({ page, context }) => {
  await open(page, '/settings');
  await page.getByRole('group', { name: 'Theme' }).getByRole('radio', { name: 'Light' }).check();
  await page.goto('/browse');
  await expect.poll(async () => (await context.request.get('/')).text()).toMatch(/<html[^>]*data-theme="?light/);
});

test('of two choices both are kept where the page goes before the first is answered, and what was taken back is', async ({ page, context }) => {
  await open(page, '/settings');
  const theme = page.getByRole('group', { name: 'Theme' });
  const next = page.getByRole('switch', { name: /^Play the next film/ });
  const kept = async () => (await (await context.request.get('/api/v1/snapshot')).json()).snapshot.state.preferences;
  // It arrives at once, and its answer comes late.
  await page.route('**/api/v1/snapshot', async (route) => {
    if (route.request().method() !== 'PATCH') return route.continue();
    const response = await route.fetch();
    await new Promise((passed) => setTimeout(passed, 1_500));
    await route.fulfill({ response }).catch(() => undefined);
  });
  await theme.getByRole('radio', { name: 'Light' }).check();
  await next.click();
  await page.goto('/browse');
  await expect.poll(kept).toMatchObject({ theme: 'light', autoplay_next: false });
  await open(page, '/settings');
  await theme.getByRole('radio', { name: 'Dark' }).check();
  await theme.getByRole('radio', { name: 'Light' }).check();
  await page.reload();
  await expect.poll(kept).toMatchObject({ theme: 'light' });
  await page.unrouteAll({ behavior: 'ignoreErrors' });
});

test('what is chosen as the page goes is kept, also where another tab saved something since', async ({ page, context }) => {
  await open(page, '/settings');
  const other = await context.newPage();
  const kept = async () => (await (await context.request.get('/api/v1/snapshot')).json()).snapshot?.state.preferences ?? {};
  await open(other, '/settings');
  await other.getByRole('switch', { name: /^Play the next film/ }).click();
  await expect.poll(kept).toMatchObject({ autoplay_next: false });
  await page.getByRole('group', { name: 'Theme' }).getByRole('radio', { name: 'Light' }).check();
  await page.close();
  await expect.poll(kept).toMatchObject({ autoplay_next: false, theme: 'light' });
});

test('what was dragged and is not sent yet is sent as the page goes', async ({ page, request, context }) => {
  await watch(page, request, LONG.title);
  const volume = async () => JSON.stringify((await (await context.request.get('/api/v1/snapshot')).json()).snapshot ?? {});
  await page.locator('[data-player]').hover();
  await page.getByRole('slider', { name: 'Volume' }).fill('35');
  await page.goto('/browse');
  await expect.poll(volume).toContain('"volume":35');
});

test('what is preferred in the player is preferred in the settings', async ({ page, request }) => {
  await open(page, '/settings');
  const captions = page.getByRole('combobox', { name: 'Captions language' });
  await expect(captions).not.toHaveValue('de');
  await watch(page, request, LONG.title);
  // Where the viewer is is saved, too, and may be on its way.
  const saved = page.waitForResponse(
    (response) => response.request().method() === 'PATCH' && /"caption_language":"de"/.test(response.request().postData() ?? ''),
  );
  await choose(page, 'Captions', 'German');
  expect((await saved).ok()).toBe(true);
  await open(page, '/settings');
  await expect(captions).toHaveValue('de');
});
