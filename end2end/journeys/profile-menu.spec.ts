// The profile menu in the bar, by mouse, keyboard, remote control and touch; and signing in that leads back to where it began.

import { type Page } from '@playwright/test';

import { LONG } from '../support/films';
import { expect, expectVisibleFocus, open, pressRemote, pressUntil, reach, takenOver, TELEVISION, titleNamed } from '../support/journey';
import { libraryIn } from '../support/library';
import { REFUSED, withOwnServer } from '../support/own_server';

const PASSWORD = 'correct horse battery';

const test = withOwnServer({ fill: libraryIn });
test.describe.configure({ mode: 'serial' });
test.use({ allowed: [[REFUSED], { scope: 'test' }] });

const menu = (page: Page) => page.getByRole('dialog', { name: /^(Ada|Bea|Grace|You are not signed in)$/ });
const opener = (page: Page, who = 'Ada') => page.getByRole('banner').getByRole('button', { name: `${who}: profile menu` });

/** The page that is loaded for whoever watches now is there and taken over: until then the button is a form that leads elsewhere. */
async function watches(page: Page, who: string): Promise<void> {
  await expect(opener(page, who)).toBeVisible();
  await takenOver(page);
}

/** Signed in as Ada, by calls. */
async function asAda(page: Page): Promise<void> {
  const entered = await page.request.post('/api/v1/sign-in', { data: { login: 'ada', password: PASSWORD } });
  expect(entered.status()).toBe(201);
  const profiles: { id: string; name: string }[] = await (await page.request.get('/api/v1/profiles')).json();
  const { id } = profiles.find(({ name }) => name === 'Ada')!;
  expect((await page.request.put('/api/v1/profile', { data: { id } })).ok()).toBe(true);
}

test('a guest of a fresh installation is offered to set it up, from whichever page', async ({ page }) => {
  await open(page, '/browse');
  const button = page.getByRole('banner').getByRole('button', { name: 'Profile menu' });
  await button.click();
  await expect(menu(page)).toContainText('Nobody has an account here yet.');
  await expect(menu(page).getByRole('link', { name: 'Settings' })).toBeVisible();
  await menu(page).getByRole('link', { name: 'Set up Marquee' }).click();
  await expect(page).toHaveURL(/\/sign-in\?from=%2Fbrowse$/);
  await expect(menu(page)).toBeHidden();
  await page.getByLabel('Your name').fill('Ada');
  await page.getByLabel('Sign-in name').fill('ada');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page).toHaveURL(/\/browse$/);
  for (const [name, pin] of [['Bea', undefined], ['Grace', '2468']]) {
    const made = await page.request.post('/api/v1/profiles', { data: { name, colour: '#5b8def', pin } });
    expect(made.status()).toBe(201);
  }
});

test('a film that asks for an account is there once one is signed in and has said who watches', async ({ page }) => {
  const { id } = await (async () => {
    await asAda(page);
    const film = await titleNamed(page.request, LONG.title);
    await page.context().clearCookies();
    return film;
  })();
  await page.goto(`/watch/${id}`);
  await expect(page).toHaveURL(new RegExp(`/sign-in\\?from=%2Fwatch%2F${id}$`));
  await takenOver(page);
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`/profiles\\?from=%2Fwatch%2F${id}$`));
  await takenOver(page);
  await page.getByRole('button', { name: 'Bea', exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`/watch/${id}$`));
});

for (const from of ['//evil.example/', '/\\evil.example', 'https://evil.example/', '/auth/home']) {
  test(`nobody is led to ${from} by signing in`, async ({ page, own }) => {
    await open(page, `/sign-in?from=${encodeURIComponent(from)}`);
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page).toHaveURL(`${own.url}/profiles`);
  });
}

test('by mouse: it opens over the page, closes by a click beside it, and switches who watches', async ({ page }) => {
  await asAda(page);
  await open(page, '/');
  await opener(page).click();
  await expect(menu(page).getByRole('button', { name: 'Bea' })).toBeVisible();
  await expect(menu(page).getByRole('link', { name: 'Your account' })).toBeVisible();
  await page.mouse.click(200, 500);
  await expect(menu(page)).toBeHidden();
  await expect(page, 'the click was for the menu').toHaveURL(/\/$/);
  await opener(page).click();
  await menu(page).getByRole('button', { name: 'Bea' }).click();
  await watches(page, 'Bea');
  await opener(page, 'Bea').click();
  await menu(page).getByRole('link', { name: /^Grace/ }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'PIN for Grace' })).toBeVisible();
  await expect(menu(page)).toBeHidden();
  await page.getByLabel('PIN', { exact: true }).fill('2468');
  await page.keyboard.press('Enter');
  await watches(page, 'Grace');
  await opener(page, 'Grace').click();
  await menu(page).getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
});

test('whoever is chosen begins at the top of the page, however far it was scrolled, and on its content', async ({ page }) => {
  await asAda(page);
  await open(page, '/');
  const offset = () => page.evaluate(() => Math.round(scrollY));
  await expect
    .poll(async () => {
      await page.evaluate(() => scrollTo({ top: 600, behavior: 'instant' }));
      return offset();
    })
    .toBeGreaterThan(200);
  await opener(page).click();
  const loaded = page.waitForEvent('load');
  await menu(page).getByRole('button', { name: 'Bea' }).click();
  await loaded;
  await takenOver(page);
  await watches(page, 'Bea');
  await expect(page.locator('main')).toBeFocused();
  await page.waitForTimeout(600);
  expect(await offset()).toBe(0);
});

test('by keyboard: Escape gives the focus back, Tab stays inside, and a link leads on', async ({ page }) => {
  await asAda(page);
  await open(page, '/');
  await opener(page).press('Enter');
  await expect(menu(page)).toBeVisible();
  await expect(menu(page).locator(':focus')).toHaveCount(1);
  await expect(menu(page).getByRole('button', { name: 'Bea' })).toBeVisible();
  for (let presses = 0; presses < 12; presses += 1) {
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.querySelector('main')!.contains(document.activeElement))).toBe(false);
  }
  await page.keyboard.press('Escape');
  await expect(menu(page)).toBeHidden();
  await expect(opener(page)).toBeFocused();
  await expect(opener(page)).toHaveAttribute('aria-expanded', 'false');
  await page.keyboard.press('Enter');
  await menu(page).getByRole('link', { name: 'Settings' }).press('Enter');
  await expect(page).toHaveURL(/\/settings$/);
  await expect(menu(page)).toBeHidden();
  await expect(page.locator('main')).toBeFocused();
  await page.goBack();
  await expect(page).toHaveURL(/\/$/);
  await opener(page).click();
  await expect(menu(page)).toBeVisible();
  await page.goForward();
  await expect(page).toHaveURL(/\/settings$/);
  await expect(menu(page), 'who is elsewhere has left it').toBeHidden();
});

test('without JavaScript its button leads to a page', async ({ browser, own }) => {
  const context = await browser.newContext({ baseURL: own.url, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto('/settings');
  await page.getByRole('banner').getByRole('button', { name: 'Profile menu' }).click();
  await expect(page).toHaveURL(/\/settings\??$/);
  await context.close();
});

test.describe('a television', () => {
  test.use({ viewport: { width: 1920, height: 1080 }, userAgent: TELEVISION });

  test('opens it by arrows and OK, moves inside alone, leaves it by Back and switches', async ({ page }) => {
    await asAda(page);
    await open(page, '/');
    await page.keyboard.press('ArrowDown');
    await pressUntil(page, 'ArrowUp', page.getByRole('banner').locator(':focus'));
    await pressUntil(page, 'ArrowRight', opener(page));
    await expectVisibleFocus(page);
    await page.keyboard.press('Enter');
    await expect(menu(page).getByRole('button', { name: 'Bea' })).toBeVisible();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown']) {
      await page.keyboard.press(key);
      await expect(menu(page).locator(':focus'), `${key} stays inside`).toHaveCount(1);
    }
    await pressRemote(page, { key: 'GoBack', code: 0 });
    await expect(menu(page)).toBeHidden();
    await expect(opener(page)).toBeFocused();
    await expect(page, 'Back was for the menu').toHaveURL(/\/$/);
    await page.keyboard.press('Enter');
    await reach(page, menu(page).getByRole('button', { name: 'Bea' }));
    await page.keyboard.press('Enter');
    await watches(page, 'Bea');
  });
});

for (const width of [320, 360]) {
  test.describe(`a phone of ${width} px`, () => {
    test.use({ viewport: { width, height: 720 }, isMobile: true, hasTouch: true });

    test('opens it as a sheet from Me, every way in reach of a thumb', async ({ page }) => {
      await asAda(page);
      await open(page, '/');
      const me = page.getByRole('navigation', { name: 'Main' }).last().getByRole('button', { name: 'Me' });
      await me.tap();
      await expect(menu(page).getByRole('button', { name: 'Bea' })).toBeVisible();
      const sheet = (await menu(page).boundingBox())!;
      expect([sheet.x, sheet.width, Math.round(sheet.y + sheet.height)]).toEqual([0, width, 720]);
      for (const way of await menu(page).locator('a,button').all()) {
        const box = (await way.boundingBox())!;
        expect(Math.min(box.height, box.width)).toBeGreaterThanOrEqual(44);
        expect(box.x >= 0 && box.x + box.width <= width && box.y + box.height <= 720).toBe(true);
      }
      await page.touchscreen.tap(width / 2, 100);
      await expect(menu(page)).toBeHidden();
      await me.tap();
      await menu(page).getByRole('button', { name: 'Bea' }).tap();
      await expect(page).toHaveURL(/\/$/);
      await expect.poll(async () => (await (await page.request.get('/api/v1/profile')).json()).watcher?.name).toBe('Bea');
    });
  });
}
