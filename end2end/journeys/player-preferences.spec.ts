// What is preferred and what the film does are one: also where preferences arrive late, or the film is changed from outside.

import { type Page } from '@playwright/test';

import { LONG } from '../support/films';
import { expect, test } from '../support/journey';
import { choose, expectPlaying, menu, state, wake, watch } from '../support/player';

const film = (page: Page) =>
  page.locator('video').evaluate(({ volume, muted, playbackRate }: HTMLVideoElement) => ({ volume, muted, playbackRate }));

/** Sets something on another device of the same profile, while the film plays here. */
async function preferElsewhere(page: Page, preferences: Record<string, unknown>): Promise<void> {
  const kept = await (await page.request.get('/api/v1/snapshot')).json();
  const before = kept.snapshot ?? { format: 1, state: {} };
  const snapshot = { ...before, state: { ...before.state, preferences: { ...before.state.preferences, ...preferences } } };
  const saved = await page.request.put('/api/v1/snapshot', { data: { after: kept.revision, snapshot } });
  expect(saved.status(), await saved.text()).toBe(200);
}

/** Waits until what is preferred here is kept. */
async function kept(page: Page, act: () => Promise<void>): Promise<void> {
  const saved = page.waitForResponse(
    (response) => response.url().endsWith('/api/v1/snapshot') && response.request().method() === 'PATCH' && response.ok(),
  );
  await act();
  await saved;
}

test('a film is as it was set here while it plays, and the next begins as it was set on the other device', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await kept(page, () => choose(page, 'Audio', 'German'));
  await preferElsewhere(page, { volume: 40, speed: 150, quality: 240, caption_language: 'de' });
  await page.keyboard.press('Escape');
  await kept(page, () => page.keyboard.press('m'));
  await page.waitForTimeout(500);
  expect(await film(page)).toEqual({ volume: 1, muted: true, playbackRate: 1 });
  const stored = await (await page.request.get('/api/v1/snapshot')).json();
  expect(stored.snapshot.state.preferences).toMatchObject({ volume: 40, speed: 150, quality: 240, caption_language: 'de', muted: true });
  await page.reload();
  await expect.poll(() => film(page)).toEqual({ volume: 0.4, muted: true, playbackRate: 1.5 });
  await expectPlaying(page);
  await expect(page.getByText(/^Das ist Sekunde/).first()).toBeVisible();
  await expect.poll(async () => (await state(page)).height).toBe(240);
  const settings = await menu(page);
  for (const [group, name] of [['Quality', '240p'], ['Captions', 'German'], ['Speed', '1.5\u00d7'], ['Audio', 'German']]) {
    const choice = settings.getByRole('group', { name: group, exact: true }).getByRole('radio', { name, exact: true });
    await expect(choice, group).toBeChecked();
  }
});

test('what the browser itself changes the menu shows, and the next film begins with it', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await kept(page, () =>
    page.locator('video').evaluate((video: HTMLVideoElement) => {
      video.volume = 0.3;
      video.playbackRate = 1.25;
    }),
  );
  await wake(page);
  await expect(page.getByRole('slider', { name: 'Volume' })).toHaveValue('30');
  await expect((await menu(page)).getByRole('radio', { name: '1.25\u00d7' })).toBeChecked();
  await kept(page, () =>
    page.locator('video').evaluate((video: HTMLVideoElement) => {
      video.muted = true;
    }),
  );
  await expect(page.getByRole('button', { name: 'Sound on' })).toBeVisible();
  await page.keyboard.press('Escape');
  await kept(page, () => page.keyboard.press('m'));
  await expect.poll(() => film(page)).toEqual({ volume: 0.3, muted: false, playbackRate: 1.25 });
  await page.reload();
  await expect.poll(() => film(page)).toEqual({ volume: 0.3, muted: false, playbackRate: 1.25 });
});

test('what is set as its page goes holds for the film of the next one', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await page.keyboard.press('ArrowDown');
  const { volume } = await film(page);
  expect(volume).toBeLessThan(1);
  await page.reload();
  await expect.poll(async () => (await film(page)).volume).toBe(volume);
});

test('Escape closes the menu, and what opened it has the focus again; so it is with the sheet of keys', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  const opener = page.getByRole('button', { name: 'Quality, audio, captions and speed' });
  await menu(page);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('group', { name: 'Playback settings' })).toHaveCount(0);
  await expect(opener).toBeFocused();
  const keys = page.getByRole('button', { name: 'Keyboard shortcuts' });
  await keys.click();
  const sheet = page.getByRole('dialog', { name: 'Keys' });
  await expect(sheet.getByRole('button', { name: 'Close' })).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  expect(await sheet.evaluate((sheet) => sheet.contains(document.activeElement) || document.activeElement === document.body)).toBe(true);
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await expect(keys).toBeFocused();
});
