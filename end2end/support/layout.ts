// What of a page one can press, and whether it is on the screen: measured, whatever clips it.

import { type Locator, type Page } from '@playwright/test';

import { TELEVISION } from './journey';

export const PHONE =
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36';

const phone = { isMobile: true, hasTouch: true, userAgent: PHONE };

/** Screens that everything has to fit on. */
export const SCREENS = [
  { screen: 'the narrowest phone', device: { ...phone, viewport: { width: 320, height: 640 } } },
  { screen: 'a phone', device: { ...phone, viewport: { width: 360, height: 800 } } },
  { screen: 'a phone on its side', device: { ...phone, viewport: { width: 844, height: 390 } } },
  { screen: 'a desktop', device: { viewport: { width: 1440, height: 900 } } },
  { screen: 'a television', device: { viewport: { width: 1920, height: 1080 }, userAgent: TELEVISION } },
];

const PRESSABLE = 'a[href], button, input, select, textarea, summary';

export interface Control {
  name: string;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/**
 * Everything in `scope` that can be pressed, where it is. What scrolls sideways by itself, as a row of cards does, is left
 * out, because one brings it to the screen; what is merely cut off is not.
 */
export async function controls(scope: Locator): Promise<Control[]> {
  return scope.evaluate((scope, pressable) => {
    const scrolls = (element: Element) => {
      for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
        if (/auto|scroll/.test(getComputedStyle(at).overflowX) && at.scrollWidth > at.clientWidth + 1) {
          return true;
        }
      }
      return false;
    };
    return [...scope.querySelectorAll(pressable)].flatMap((element) => {
      const { left, top, right, bottom } = element.getBoundingClientRect();
      const isShown = element.checkVisibility({ visibilityProperty: true }) && !element.closest('[inert], [aria-hidden=true]');
      // The way past the bar waits above the screen until it has the focus.
      if (!isShown || right - left < 1 || scrolls(element) || element.matches('[href="#main"]')) {
        return [];
      }
      const name = element.getAttribute('aria-label') ?? element.textContent?.trim().slice(0, 40) ?? '';
      return [{ name: `${element.tagName.toLowerCase()} ${name}`, left, top, right, bottom }];
    });
  }, PRESSABLE);
}

/** Those that are beside the screen. What lies above or below it one scrolls to. */
export async function besides(page: Page, all: Control[]): Promise<Control[]> {
  const width = await page.evaluate(() => document.documentElement.clientWidth);
  return all.filter(({ left, right }) => left < -1 || right > width + 1);
}

/** Those that are not wholly on the screen, which does not scroll. */
export async function outside(page: Page, all: Control[]): Promise<Control[]> {
  const height = await page.evaluate(() => innerHeight);
  const beside = await besides(page, all);
  return all.filter((control) => beside.includes(control) || control.top < -1 || control.bottom > height + 1);
}

/** What can be pressed and is lower or narrower than 44 pixels; of a box or a choice its label counts, which is pressed as well. */
export async function smallerThanAFinger(page: Page): Promise<string[]> {
  return page.locator('body').evaluate((body, pressable) => {
    const small = [...body.querySelectorAll(pressable)].filter((element) => {
      const box = (element.closest('label') ?? element).getBoundingClientRect();
      const { visibility, opacity } = getComputedStyle(element);
      const isShown = box.width > 1 && box.height > 1 && visibility === 'visible' && (opacity !== '0' || element.matches('input'));
      return isShown && !element.closest('[inert],[aria-hidden=true]') && Math.min(box.width, box.height) < 43.9;
    });
    return small.map((element) => `${element.tagName} ${element.getAttribute('aria-label') ?? element.textContent}`);
  }, PRESSABLE);
}
