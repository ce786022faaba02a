// The film's chapters: a list to choose from, by mouse, keyboard, remote control and touch; only where the film has some.

import { type Page } from '@playwright/test';

import { LONG, SHORT } from '../support/films';
import { expect, pressRemote, pressUntil, reach, TELEVISION, test } from '../support/journey';
import { PHONE } from '../support/layout';
import { expectPlaying, pause, state, wake, watch } from '../support/player';

const [first, second, third] = LONG.chapters;

const list = (page: Page) => page.getByRole('group', { name: 'Chapters', exact: true });
const chapter = (page: Page, title: string) => list(page).getByRole('button', { name: title });

/** The film stands within the chapter's first seconds. */
async function expectAt(page: Page, { start }: { start: number }): Promise<void> {
  await expect.poll(async () => (await state(page)).time - start, { message: `from ${start} s on` }).toBeGreaterThanOrEqual(-0.1);
  expect((await state(page)).time - start).toBeLessThan(4);
}

test('a click on a chapter goes there, and the list shows pictures, times, and where one is', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await pause(page);
  await wake(page);
  await page.getByRole('button', { name: 'Chapters', exact: true }).click();
  await expect(list(page)).toBeVisible();
  expect(await list(page).getByRole('listitem').allTextContents()).toEqual([
    'Dusk0:00at 0 seconds',
    'The lamps are lit0:08at 8 seconds',
    'Night0:16at 16 seconds',
  ]);
  await expect(chapter(page, first.title)).toHaveAttribute('aria-current', 'true');
  await expect(chapter(page, first.title)).toBeFocused();
  const pictures = await list(page).locator('li button > span:first-child').evaluateAll((all) =>
    all.map((one) => {
      const { backgroundImage, backgroundPosition } = getComputedStyle(one);
      return { sheet: /\/media\/.*\.jpg/.test(backgroundImage), place: backgroundPosition, box: one.getBoundingClientRect().width };
    }),
  );
  expect(pictures.map(({ sheet, box }) => sheet && box > 60)).toEqual([true, true, true]);
  expect(new Set(pictures.map(({ place }) => place)).size, 'each has its own picture').toBeGreaterThan(1);
  await chapter(page, second.title).click();
  await expect(list(page)).toHaveCount(0);
  await expectAt(page, second);
  await expect(page.getByRole('button', { name: 'Chapters', exact: true })).toBeFocused();
});

test('by keyboard, arrows go along the list and Enter goes there; Escape gives the focus back', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await pause(page);
  const volume = () => page.locator('video').evaluate((video: HTMLVideoElement) => video.volume);
  const before = await volume();
  const opener = page.getByRole('button', { name: 'Chapters', exact: true });
  await opener.focus();
  await page.keyboard.press('Enter');
  await expect(chapter(page, first.title)).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(chapter(page, first.title), 'there is nothing above').toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(chapter(page, third.title)).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(list(page)).toHaveCount(0);
  await expect(opener).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(chapter(page, first.title)).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expectAt(page, third);
  expect(await volume(), 'arrows of the list are not the volume').toBe(before);
});

test('a film without chapters has no list of them', async ({ page, request }) => {
  await watch(page, request, SHORT.title);
  await expect(page.getByRole('button', { name: 'Quality, audio, captions and speed' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Chapters' })).toHaveCount(0);
});

test.describe('on a television', () => {
  test.use({ viewport: { width: 1920, height: 1080 }, userAgent: TELEVISION });

  test('arrows, OK and Back are enough', async ({ page, request }) => {
    await watch(page, request, LONG.title);
    await page.keyboard.press('ArrowUp');
    await expect(page.getByRole('button', { name: 'Pause', exact: true })).toBeFocused();
    await page.keyboard.press('Enter');
    await reach(page, page.getByRole('button', { name: 'Chapters', exact: true }));
    await page.keyboard.press('Enter');
    await expect(chapter(page, first.title)).toBeFocused();
    await pressUntil(page, 'ArrowDown', chapter(page, second.title));
    await page.keyboard.press('Enter');
    await expect(list(page)).toHaveCount(0);
    await expectAt(page, second);
    await expect(page.getByRole('button', { name: 'Chapters', exact: true })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(chapter(page, second.title)).toBeFocused();
    await pressRemote(page, { code: 461 });
    await expect(list(page)).toHaveCount(0);
    await expect(page).toHaveURL(/\/watch\//);
  });
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 800 }, isMobile: true, hasTouch: true, userAgent: PHONE });

  test('the list is behind the menu, a sheet that fits, and a tap goes there', async ({ page, request }) => {
    await watch(page, request, LONG.title);
    await page.locator('video').evaluate((video: HTMLVideoElement) => video.pause());
    await page.getByRole('button', { name: 'Quality, audio, captions and speed' }).tap();
    await page.getByRole('group', { name: 'Playback settings' }).getByRole('button', { name: 'Chapters' }).tap();
    const sheet = (await list(page).boundingBox())!;
    expect([sheet.x, sheet.x + sheet.width]).toEqual([0, 360]);
    expect(sheet.y + sheet.height).toBeLessThanOrEqual(800);
    for (const { title } of LONG.chapters) {
      const { x, width, height } = (await chapter(page, title).boundingBox())!;
      expect(x >= 0 && x + width <= 360 && height >= 44, title).toBe(true);
    }
    await chapter(page, third.title).tap();
    await expectAt(page, third);
    await page.locator('video').evaluate((video: HTMLVideoElement) => video.play());
    await expectPlaying(page);
  });
});
