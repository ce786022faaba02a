// Each device gets what it can show: a phone no more lines than it has, a television a remote's way through.

import { type Page } from '@playwright/test';

import { LONG } from '../support/films';
import {
  BACK_KEYS,
  expect,
  expectVisibleFocus,
  open,
  pressRemote,
  pressUntil,
  reach,
  TELEVISION,
  test,
  titleNamed,
} from '../support/journey';
import { PHONE } from '../support/layout';
import { expectPlaying, state, wakeByTouch } from '../support/player';

/** The renditions in the manifest that the page's player was given. */
async function offered(page: Page): Promise<number[]> {
  const { id } = await titleNamed(page.request, LONG.title);
  const master = page.waitForResponse((response) => response.url().endsWith('/master.m3u8'));
  await open(page, `/watch/${id}`);
  const text = await (await master).text();
  return [...new Set([...text.matchAll(/RESOLUTION=\d+x(\d+)/g)].map((match) => Number(match[1])))].sort((a, b) => b - a);
}

test.describe('a small phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 1, isMobile: true, hasTouch: true, userAgent: PHONE });

  test('is recognised, is told so, and is offered no more lines than it can show', async ({ page }) => {
    await open(page, '/settings');
    await expect(page.locator('html')).toHaveAttribute('data-device', 'phone');
    const device = page.getByRole('region', { name: 'This device' });
    await expect(device).toContainText('Phone');
    await expect(device).toContainText('Detected from what this browser reports.');
    await expect(device).toContainText('Used by touch.');
    const most = Number(/up to (\d+)p/.exec((await device.textContent()) ?? '')?.[1]);
    expect(most).toBeLessThan(720);
    const heights = await offered(page);
    expect(heights).toEqual(LONG.heights.filter((height) => height <= most));
  });

  test('is worked by touch: two taps skip and say so, and the menu is a sheet with a way out', async ({ page }) => {
    const { id } = await titleNamed(page.request, LONG.title);
    await open(page, `/title/${id}`);
    await page.getByRole('main').getByRole('link', { name: /^(Play|Resume)/ }).first().tap();
    await expectPlaying(page);
    const { time } = await state(page);
    await page.touchscreen.tap(350, 420);
    await page.touchscreen.tap(350, 420);
    await expect(page.getByText('+10 s', { exact: true })).toBeVisible();
    await expect.poll(async () => (await state(page)).time - time).toBeGreaterThan(9);
    expect(await page.evaluate(() => document.fullscreenElement), 'two taps skip, and nothing else').toBeNull();
    await expect(page.getByText('+10 s', { exact: true })).toHaveCount(0);
    await page.locator('video').evaluate((video: HTMLVideoElement) => video.pause());
    await page.getByRole('button', { name: 'Quality, audio, captions and speed' }).tap();
    const menu = page.getByRole('group', { name: 'Playback settings' });
    await expect(menu).toBeVisible();
    const sheet = (await menu.boundingBox())!;
    expect([sheet.x, sheet.width, sheet.y + sheet.height]).toEqual([0, 390, 844]);
    expect(sheet.height, 'the film is seen above it').toBeLessThanOrEqual(844 * 0.61);
    await menu.evaluate((sheet) => sheet.scrollTo(0, sheet.scrollHeight));
    const close = menu.getByRole('button', { name: 'Close the settings' });
    await expect(close, 'the way out stays').toBeInViewport({ ratio: 1 });
    await close.tap();
    await expect(menu).toHaveCount(0);
  });

  test('closes the sheet of the player by its Back, and stays with the film', async ({ page }) => {
    // What asks a watcher to close is the system, of which Playwright has no part.
    await page.addInitScript(() => {
      const Plain = (window as any).CloseWatcher;
      (window as any).CloseWatcher = class extends Plain {
        constructor() {
          super();
          (window as any).lastWatcher = this;
        }
      };
    });
    const { id } = await titleNamed(page.request, LONG.title);
    await open(page, `/title/${id}`);
    await page.getByRole('main').getByRole('link', { name: /^(Play|Resume)/ }).first().tap();
    await expectPlaying(page);
    await page.locator('video').evaluate((video: HTMLVideoElement) => video.pause());
    const settings = page.getByRole('button', { name: 'Quality, audio, captions and speed' });
    for (let times = 0; times < 2; times += 1) {
      await settings.tap();
      await expect(page.getByRole('group', { name: 'Playback settings' })).toBeVisible();
      await page.evaluate(() => (window as any).lastWatcher.requestClose());
      await expect(page.getByRole('group', { name: 'Playback settings' })).toHaveCount(0);
      await expect(page).toHaveURL(/\/watch\//);
    }
  });

  test('has the filter that is chosen in sight', async ({ page }) => {
    await open(page, '/browse?genre=Musical');
    const chosen = page.getByRole('list', { name: 'Genre' }).locator('[aria-current]');
    await expect(chosen).toHaveText(/^Musical/);
    await expect(chosen).toBeInViewport({ ratio: 1 });
  });

  test('goes from a cold start to a film with other captions, and back, by touch alone', async ({ page }) => {
    const { id } = await titleNamed(page.request, LONG.title);
    await open(page, '/');
    await page.locator(`section[data-row] a[href="/title/${id}"]`).first().tap();
    await expect(page.getByRole('heading', { level: 1, name: LONG.title })).toBeVisible();
    await page.getByRole('main').getByRole('link', { name: /^(Play|Resume)/ }).first().tap();
    await expectPlaying(page);

    const settings = page.getByRole('button', { name: 'Quality, audio, captions and speed' });
    await wakeByTouch(page);
    await settings.tap();
    const menu = page.getByRole('group', { name: 'Playback settings' });
    await menu.getByRole('group', { name: 'Captions', exact: true }).getByRole('radio', { name: 'German' }).tap();
    await menu.getByRole('button', { name: 'Close the settings' }).tap();
    await expect(menu).toHaveCount(0);
    await expect(page.getByText(/^Das ist Sekunde/).first()).toBeVisible();

    // A film that stands does not come to its end while a slow machine goes on.
    await wakeByTouch(page);
    await page.getByRole('button', { name: 'Pause', exact: true }).tap();
    const { time } = await state(page);
    const bar = (await page.getByRole('slider', { name: 'Seek' }).boundingBox())!;
    await page.touchscreen.tap(bar.x + bar.width * 0.8, bar.y + bar.height / 2);
    await expect.poll(async () => (await state(page)).time, { message: 'a tap on the bar seeks' }).toBeGreaterThan(time + 2);
    await page.getByRole('link', { name: 'Back to the title page' }).tap();
    await expect(page.getByRole('heading', { level: 1, name: LONG.title })).toBeVisible();
    await expect(page.getByRole('main').getByRole('link', { name: /^Resume/ })).toBeVisible();
  });

  test('has its bar at the foot, within reach of a thumb', async ({ page }) => {
    await open(page, '/');
    const bar = page.getByRole('navigation', { name: 'Main' }).last();
    await expect(bar).toBeInViewport();
    for (const link of await bar.getByRole('link').all()) {
      const box = (await link.boundingBox())!;
      expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(44);
    }
    await bar.getByRole('link', { name: 'Search' }).tap();
    const field = page.getByRole('searchbox');
    await expect(field, 'the field has the focus').toBeFocused();
    await page.keyboard.type('godf');
    await field.blur();
    await bar.getByRole('link', { name: 'Search' }).tap();
    await expect(field, 'and has it again').toBeFocused();
    await expect(field).toHaveValue('godf');
  });
});

test.describe('a phone as they are sold', () => {
  test.use({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, isMobile: true, hasTouch: true, userAgent: PHONE });

  test('is recognised by its name alone, before it has said anything', async ({ page }) => {
    const report = await (await page.request.get('/api/v1/device')).json();
    expect(report.profile.class).toBe('phone');
    expect(await (await page.request.get('/')).text()).toMatch(/<html[^>]*data-device="?phone/);
  });
});

test.describe('a television', () => {
  test.use({ viewport: { width: 1920, height: 1080 }, userAgent: TELEVISION });

  test('is recognised, and arrows move the focus by geometry', async ({ page }) => {
    await open(page, '/');
    await expect(page.locator('html')).toHaveAttribute('data-device', 'tv');
    await expect(page.locator('main :focus'), 'what one begins with has the focus').toHaveCount(1);
    await expectVisibleFocus(page);
    const depth = () => page.evaluate(() => scrollY + (document.activeElement?.getBoundingClientRect().top ?? 0));
    const cards = page.locator('section[data-row] ul').first().locator('a[href^="/title/"]');
    await cards.first().focus();
    const ring = () => cards.first().evaluate((card) => getComputedStyle(card).outlineStyle);
    expect(await ring(), 'the ring is around the poster alone').toBe('none');
    await page.keyboard.press('ArrowRight');
    await expect(cards.nth(1)).toBeFocused();
    await expectVisibleFocus(page);
    const above = await depth();
    await page.keyboard.press('ArrowDown');
    await expect.poll(depth).toBeGreaterThan(above + 100);
    await expectVisibleFocus(page);
    await page.keyboard.press('ArrowUp');
    await expect(cards.nth(1)).toBeFocused();
  });

  test('is one before its browser has said what it plays', async ({ page }) => {
    await page.addInitScript(() => {
      navigator.mediaCapabilities.decodingInfo = () => new Promise(() => {});
    });
    await open(page, '/');
    await expect(page.locator('html')).toHaveAttribute('data-device', 'tv');
    await expect(page.locator('main a:focus'), 'what one begins with has the focus').toHaveCount(1);
  });

  test('is offered everything, its text is larger, and nothing touches the edge', async ({ page }) => {
    await open(page, '/settings');
    await expect(page.getByRole('region', { name: 'This device' })).toContainText('Television');
    const size = await page.evaluate(() => Number.parseFloat(getComputedStyle(document.documentElement).fontSize));
    expect(size).toBeGreaterThanOrEqual(24);
    const heading = (await page.getByRole('heading', { level: 1 }).boundingBox())!;
    expect(heading.x).toBeGreaterThanOrEqual(1920 * 0.05 - 1);
    expect(await offered(page)).toEqual(LONG.heights);
  });

  test('goes from a cold start to a film with other captions by arrows, Enter and Back alone', async ({ page }) => {
    test.slow();
    await open(page, '/');
    await expect(page.locator('main a:focus'), 'what one begins with has the focus').toHaveCount(1);
    await expectVisibleFocus(page);
    const hero = page.getByRole('group', { name: 'Featured titles' });
    const play = page.getByRole('article').getByRole('link', { name: `Play ${LONG.title}` });
    const next = hero.getByRole('button', { name: 'Next' });
    for (let turns = 0; turns < 5 && !(await play.isVisible()); turns += 1) {
      await pressUntil(page, 'ArrowRight', next);
      await page.keyboard.press('Enter');
      await page.waitForTimeout(500);
    }
    await pressUntil(page, 'ArrowLeft', play);
    await expectVisibleFocus(page);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/watch\//);
    await expectPlaying(page);

    // OK pauses with the focus nowhere, and the controls come by an arrow.
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await state(page)).paused, { message: 'OK pauses' }).toBe(true);
    await page.keyboard.press('ArrowDown');
    await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeFocused();
    await expectVisibleFocus(page);
    const settings = page.getByRole('button', { name: 'Quality, audio, captions and speed' });
    await pressUntil(page, 'ArrowRight', settings);
    await page.keyboard.press('Enter');
    const menu = page.getByRole('group', { name: 'Playback settings' });
    await expect(menu.locator('input:focus')).toHaveCount(1);
    const german = menu.getByRole('group', { name: 'Captions', exact: true }).getByRole('radio', { name: 'German' });
    await reach(page, german);
    await expect(german, 'an arrow moves and does not choose').not.toBeChecked();
    await page.keyboard.press('Enter');
    await expect(german).toBeChecked();

    await pressRemote(page, BACK_KEYS[0]);
    await expect(menu).toHaveCount(0);
    await expect(settings, 'the focus is where the menu was opened').toBeFocused();
    await pressRemote(page, BACK_KEYS[0]);
    await expect(page.locator('[data-player] :focus'), 'Back hides the controls').toHaveCount(0);
    await expect(page).toHaveURL(/\/watch\//);
    await pressRemote(page, { key: 'MediaPlayPause', code: 10252 });
    await expect.poll(async () => (await state(page)).paused).toBe(false);
    await expect(page.getByText(/^Das ist Sekunde/).first()).toBeVisible();
    await pressRemote(page, { code: 19 });
    await expect.poll(async () => (await state(page)).paused, { message: 'the pause key pauses' }).toBe(true);
    await pressRemote(page, { code: 19 });
    expect((await state(page)).paused, 'and never plays').toBe(true);
    await pressRemote(page, BACK_KEYS[0]);
    await pressRemote(page, BACK_KEYS[0]);
    await expect(page).toHaveURL(/\/$/);
  });

  test('skips, seeks on the bar and leaves it, and the controls go by themselves with the focus on them', async ({ page }) => {
    const { id } = await titleNamed(page.request, LONG.title);
    await open(page, `/title/${id}`);
    await page.keyboard.press('ArrowDown');
    await reach(page, page.getByRole('main').getByRole('link', { name: /^(Play|Resume)/ }).first());
    await page.keyboard.press('Enter');
    await expectPlaying(page);
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await state(page)).paused).toBe(true);
    const { time } = await state(page);
    const volume = () => page.locator('video').evaluate((video: HTMLVideoElement) => video.volume);
    const before = await volume();
    const moved = (by: number) => async () => Math.abs((await state(page)).time - time - by);
    await page.keyboard.press('ArrowRight');
    await expect.poll(moved(10), 'Right skips').toBeLessThan(0.6);
    await page.keyboard.press('ArrowLeft');
    await expect.poll(moved(0), 'Left skips back').toBeLessThan(0.6);

    const play = page.getByRole('button', { name: 'Play', exact: true });
    await page.keyboard.press('ArrowUp');
    await expect(play).toBeFocused();
    await page.keyboard.press('ArrowUp');
    const bar = page.getByRole('slider', { name: 'Seek' });
    await expect(bar).toBeFocused();
    await page.keyboard.press('ArrowRight');
    await expect.poll(moved(10), 'the bar seeks').toBeLessThan(0.6);
    await page.keyboard.press('ArrowDown');
    await expect(play, 'Down leaves the bar').toBeFocused();
    expect(await volume(), 'no arrow is the volume\u2019s').toBe(before);

    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(moved(0)).toBeLessThan(0.6);
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await state(page)).paused, { message: 'OK on the bar plays' }).toBe(false);
    const seen = () => page.locator('#player-play').evaluate((button) => {
      const controls = button.closest('[data-player] > *')!;
      return getComputedStyle(controls).opacity;
    });
    await expect.poll(seen, { message: 'the controls go', timeout: 6_000 }).toBe('0');
    await expect(page.locator('[data-player] :focus'), 'and the focus with them').toHaveCount(0);
  });

  for (const back of BACK_KEYS) {
    test(`comes back to the very card by the Back of ${back.maker}`, async ({ page }) => {
      await open(page, '/');
      // A row with enough cards to be somewhere in it.
      await pressUntil(page, 'ArrowDown', page.locator('[data-focus-row]:has(li:nth-child(5)) a:focus'), 20);
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      const place = () =>
        page.evaluate(() => {
          const focused = document.activeElement;
          return { href: focused?.getAttribute('href'), top: Math.round(focused?.getBoundingClientRect().top ?? NaN) };
        });
      const { href } = await place();
      expect(href).toMatch(/^\/title\//);
      await page.keyboard.press('ArrowDown');
      expect((await place()).href, 'Down leaves the row').not.toBe(href);
      await page.keyboard.press('ArrowUp');
      expect((await place()).href, 'and Up enters it where it was left').toBe(href);
      // The page may still be on its way there.
      let top = -1;
      await expect
        .poll(async () => {
          const before = top;
          top = (await place()).top;
          return top === before;
        }, { intervals: [300] })
        .toBe(true);
      expect(await page.evaluate(() => scrollY), 'a place that is not the top').toBeGreaterThan(100);
      await page.keyboard.press('Enter');
      await expect(page).toHaveURL(new RegExp(`${href}$`));
      await expect(page.getByRole('heading', { level: 1 })).not.toHaveText('Marquee: home');
      await pressRemote(page, back);
      await expect(page).toHaveURL(/\/$/);
      await expect.poll(async () => (await place()).href).toBe(href);
      await expect.poll(async () => Math.abs((await place()).top - top)).toBeLessThanOrEqual(4);
      await expectVisibleFocus(page);
    });
  }

  test('Back closes a menu and stays on the page', async ({ page }) => {
    await open(page, '/browse');
    await page.keyboard.press('ArrowDown');
    const decade = page.locator('summary', { hasText: 'Decade' });
    await reach(page, decade);
    await page.keyboard.press('Enter');
    const choices = page.getByRole('list', { name: 'Decade' });
    await expect(choices).toBeVisible();
    await page.keyboard.press('ArrowDown');
    await expect(choices.locator('a:focus'), 'Down enters the menu').toHaveCount(1);
    for (let presses = 0; presses < 12; presses += 1) {
      await page.keyboard.press('ArrowDown');
    }
    await expect(page.locator('details[open] :focus'), 'and no arrow leads out of it').toHaveCount(1);
    await page.keyboard.press('Backspace');
    await expect(choices).toBeHidden();
    await expect(decade).toBeFocused();
    await expect(page).toHaveURL(/\/browse$/);
  });

  test('the settings and the search field are left as they were entered, and nothing is switched on the way', async ({ page }) => {
    await open(page, '/settings');
    const checked = () => page.locator('input[type=radio]').evaluateAll((all: HTMLInputElement[]) => all.map(({ checked }) => checked));
    const before = await checked();
    expect(before.length).toBeGreaterThan(2);
    const passed = new Set<string>();
    for (let presses = 0; presses < 25; presses += 1) {
      await page.keyboard.press('ArrowDown');
      passed.add(await page.evaluate(() => document.activeElement?.outerHTML ?? ''));
    }
    expect(passed.size, 'things that Down passed').toBeGreaterThan(3);
    expect(await checked()).toEqual(before);
    await open(page, '/search');
    const field = page.getByRole('main').getByRole('searchbox');
    await reach(page, field);
    await page.keyboard.press('ArrowUp');
    await expect(field, 'an empty field is left').not.toBeFocused();
  });

  test('has the focus on something of the page after a navigation, and no ring around the whole of it', async ({ page }) => {
    await open(page, '/');
    await page.getByRole('banner').getByRole('link', { name: 'Browse' }).press('Enter');
    await expect(page).toHaveURL(/\/browse$/);
    await expect(page.locator('main :focus')).toHaveCount(1);
    await expectVisibleFocus(page);
    expect(await page.locator('main').evaluate((main) => getComputedStyle(main).outlineStyle)).toBe('none');
  });
});

test.describe('a device that the server takes for another', () => {
  test.use({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, userAgent: 'Mozilla/5.0 (X11; Linux x86_64)' });

  test('is styled as what the browser found', async ({ page }) => {
    expect(await (await page.request.get('/')).text()).toMatch(/<html[^>]*data-device="?desktop/);
    await open(page, '/');
    await expect(page.locator('html')).toHaveAttribute('data-device', 'phone');
  });
});
