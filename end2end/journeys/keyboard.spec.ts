// By keyboard alone from the home page to a film that plays, seeing all the way where one is.

import { type Page } from '@playwright/test';

import { LONG } from '../support/films';
import { expect, expectVisibleFocus, open, test } from '../support/journey';
import { expectPlaying, state } from '../support/player';

/** Tabs until what has the focus is called so; each stop on the way shows its focus. */
async function tabTo(page: Page, name: RegExp, most = 60): Promise<void> {
  for (let presses = 0; presses < most; presses += 1) {
    await page.keyboard.press('Tab');
    await expectVisibleFocus(page);
    const called = await page.evaluate(() => {
      const active = document.activeElement;
      return active?.getAttribute('aria-label') ?? active?.textContent?.trim() ?? '';
    });
    if (name.test(called)) {
      return;
    }
  }
  throw new Error(`nothing called ${name} within ${most} stops`);
}

test('Tab and Enter lead from the home page over a title to a film that plays', async ({ page }) => {
  await open(page, '/');
  await tabTo(page, new RegExp(`^More about (${LONG.title}|Half a Reel)`));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/title\//);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/Countdown at Dusk|Half a Reel/);
  await tabTo(page, /^Play$/);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/watch\//);
  await expectPlaying(page);
});

test('the player is worked by Tab, Enter and arrows, with its focus always to be seen', async ({ page }) => {
  await open(page, '/');
  await tabTo(page, /^Play /);
  await page.keyboard.press('Enter');
  await expectPlaying(page);
  await tabTo(page, /^Pause$/);
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await state(page)).paused).toBe(true);
  await tabTo(page, /^Quality, audio, captions and speed$/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('group', { name: 'Playback settings' })).toBeVisible();
  await expect(page.getByRole('radio', { name: /^Auto/ })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('group', { name: 'Quality' }).getByRole('radio').nth(1)).toBeChecked();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('group', { name: 'Playback settings' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Quality, audio, captions and speed' })).toBeFocused();
});

test('a menu of filters closes by Escape, which gives the focus back, and by a click elsewhere', async ({ page }) => {
  await open(page, '/browse');
  const decade = page.locator('summary', { hasText: 'Decade' });
  const choices = page.getByRole('list', { name: 'Decade' });
  await decade.press('Enter');
  await expect(choices).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(choices.locator('a:focus')).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(choices).toBeHidden();
  await expect(decade).toBeFocused();
  await decade.click();
  await expect(choices).toBeVisible();
  await page.getByRole('heading', { level: 1 }).click();
  await expect(choices).toBeHidden();
});

test('the first stop is a way past the bar, straight to the content', async ({ page }) => {
  await open(page, '/browse');
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  const isInside = await page.evaluate(() => document.querySelector('main')?.contains(document.activeElement));
  expect(isInside).toBe(true);
});

test('a new page takes the focus and is read out', async ({ page }) => {
  await open(page, '/');
  // What is read out stands there only until the next thing is: all of it is kept here.
  await page.evaluate(() => {
    const said: string[] = [];
    const listen = () => said.push(...[...document.querySelectorAll('[role=status]')].map((one) => one.textContent ?? ''));
    new MutationObserver(listen).observe(document.body, { subtree: true, childList: true, characterData: true });
    Object.assign(window, { said });
  });
  await page.getByRole('banner').getByRole('link', { name: 'Browse' }).press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Browse' })).toBeVisible();
  const said = () => page.evaluate(() => (window as unknown as { said: string[] }).said.join('\n'));
  await expect.poll(said).toMatch(/^Browse/m);
  await expect(page.locator('main')).toBeFocused();
});

test('arrows go along a row of the home page', async ({ page }) => {
  await open(page, '/');
  const links = page.locator('section[data-row] ul').first().locator('a[href^="/title/"]');
  await links.first().focus();
  await page.keyboard.press('ArrowRight');
  await expect(links.nth(1)).toBeFocused();
  await expectVisibleFocus(page);
  await page.keyboard.press('ArrowLeft');
  await expect(links.first()).toBeFocused();
});
