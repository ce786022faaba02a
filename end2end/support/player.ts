// The player as a test sees it: what the video element says, and the controls that a viewer uses.

import { type APIRequestContext, type Locator, type Page } from '@playwright/test';

import { expect, open, titleNamed } from './journey';

export interface Playing {
  time: number;
  paused: boolean;
  ended: boolean;
  height: number;
  frames: number;
}

export async function state(page: Page): Promise<Playing> {
  return page.locator('video').evaluate((video: HTMLVideoElement) => ({
    time: video.currentTime,
    paused: video.paused,
    ended: video.ended,
    height: video.videoHeight,
    frames: video.getVideoPlaybackQuality().totalVideoFrames,
  }));
}

/** Goes to a film as a viewer does: by the Play of its title page, which also is the gesture that sound needs. */
export async function watch(page: Page, request: APIRequestContext, name: string): Promise<void> {
  const { id } = await titleNamed(request, name);
  await open(page, `/title/${id}`);
  await page.getByRole('main').getByRole('link', { name: /^(Play|Resume)/ }).first().click();
  await expect(page).toHaveURL(new RegExp(`/watch/${id}$`));
  await expectPlaying(page);
}

/** Time passes and pictures come. */
export async function expectPlaying(page: Page): Promise<void> {
  await expect(page.locator('video')).toBeAttached();
  await expect.poll(async () => (await state(page)).frames, { message: 'pictures were decoded' }).toBeGreaterThan(0);
  const before = await state(page);
  await expect.poll(async () => (await state(page)).time, { message: 'time passes' }).toBeGreaterThan(before.time + 0.3);
  await expect.poll(async () => (await state(page)).frames, { message: 'further pictures' }).toBeGreaterThan(before.frames);
}

export async function pause(page: Page): Promise<Playing> {
  const button = page.getByRole('button', { name: 'Pause', exact: true });
  await wake(page);
  await button.click();
  await expect.poll(async () => (await state(page)).paused).toBe(true);
  return state(page);
}

/** Moves the pointer, so that the controls are to be seen. */
export async function wake(page: Page): Promise<void> {
  await page.mouse.move(200, 200);
  await page.mouse.move(220, 220);
}

/** Brings the controls by touch, once they have gone: a tap while they are there would send them away. */
export async function wakeByTouch(page: Page): Promise<void> {
  const settings = page.getByRole('button', { name: 'Quality, audio, captions and speed' });
  await expect.poll(() => settings.evaluate((button) => button.checkVisibility({ opacityProperty: true }))).toBe(false);
  await page.touchscreen.tap(195, 300);
}

/** Goes to a second by the seek bar. */
export async function seek(page: Page, second: number): Promise<void> {
  await wake(page);
  await page.getByRole('slider', { name: 'Seek' }).fill(String(second));
  await expect.poll(async () => Math.abs((await state(page)).time - second), { message: `near ${second} s` }).toBeLessThan(2);
}

/** The menu of quality, audio, captions and speed, opened. */
export async function menu(page: Page): Promise<Locator> {
  const opened = page.getByRole('group', { name: 'Playback settings' });
  if (!(await opened.isVisible())) {
    await wake(page);
    await page.getByRole('button', { name: 'Quality, audio, captions and speed' }).click();
  }
  await expect(opened).toBeVisible();
  return opened;
}

/** Chooses in a group of the menu. */
export async function choose(page: Page, group: string, name: string): Promise<void> {
  const choices = (await menu(page)).getByRole('group', { name: group, exact: true });
  await choices.getByRole('radio', { name, exact: true }).check();
}
