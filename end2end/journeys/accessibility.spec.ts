// The axe checker finds nothing on any page: dark and light, on a desktop and on a phone (WCAG 2.2 AA).

import { AxeBuilder } from '@axe-core/playwright';
import { type Page } from '@playwright/test';

import { LONG } from '../support/films';
import { NOT_FOUND, PAGES, everyPage, expect, open, test } from '../support/journey';
import { menu, pause, watch } from '../support/player';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const SCREENS = [
  { screen: 'a desktop', viewport: { width: 1280, height: 800 }, isMobile: false, hasTouch: false },
  { screen: 'a phone', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
];

async function expectNoViolation(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  const found = violations.map(({ id, help, nodes }) => ({
    rule: `${id}: ${help}`,
    where: nodes.slice(0, 5).map((node) => `${node.target.join(' ')} — ${node.any[0]?.message ?? node.html}`),
  }));
  expect(found, what).toEqual([]);
}

/** Nothing fades in any more: colours are what they will be. */
async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.evaluate(async () => {
    const running = document.getAnimations().filter((one) => one.effect?.getTiming().iterations !== Infinity);
    await Promise.allSettled(running.map((one) => one.finished));
  });
}

/** Checks what is on the screen, in the dark and in the light. */
async function expectNoViolationInAnyLight(page: Page, what: string): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await settled(page);
    await expectNoViolation(page, `${what}, ${colorScheme}`);
  }
}

for (const { screen, ...device } of SCREENS) {
  test.describe(`on ${screen}`, () => {
    test.use({ ...device, reducedMotion: 'reduce', allowed: [NOT_FOUND] });

    for (const name of PAGES.filter((name) => name !== 'watch')) {
      test(`${name} breaks no rule, dark or light`, async ({ page, request }) => {
        await open(page, (await everyPage(request))[name]);
        await expectNoViolationInAnyLight(page, name);
      });
    }

    test('the player breaks no rule, nor its menu, nor its sheet of keys', async ({ page, request }) => {
      await watch(page, request, LONG.title);
      await pause(page);
      await expectNoViolationInAnyLight(page, 'the player');
      await menu(page);
      await expectNoViolationInAnyLight(page, 'the menu');
      await page.keyboard.press('Escape');
      const shortcuts = page.getByRole('button', { name: 'Keyboard shortcuts' });
      if (device.isMobile) {
        await expect(shortcuts, 'a phone has no keys').toHaveCount(0);
        return;
      }
      await shortcuts.click();
      await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
      await expectNoViolationInAnyLight(page, 'the sheet');
    });
  });
}
