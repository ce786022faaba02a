// What every journey begins with: a page that is listened to, and words for what a viewer does with it.
// A page that logs a warning or an error fails its journey, whatever else it shows.

import { type APIRequestContext, type BrowserContext, type Locator, type Page, test as plain, expect } from '@playwright/test';
import { existsSync, readFileSync, statSync } from 'node:fs';

import { LONG } from './films';
import { LOG } from './setup';

export { expect };

interface Journey {
  /** What pages of this journey may log: an address that is not there, asked for on purpose. */
  allowed: RegExp[];
  /** What the pages logged that they should not have. */
  complaints: string[];
  serverLog: void;
}

export const test = plain.extend<Journey>({
  allowed: [[], { option: true }],
  baseURL: async ({}, use) => use(serverAddress()),
  complaints: [
    async ({ allowed, context }, use) => {
      const complaints: string[] = [];
      await listen(context, complaints, allowed);
      await use(complaints);
      expect(complaints, 'what the pages complained of').toEqual([]);
    },
    { auto: true },
  ],
  serverLog: [
    async ({}, use, info) => {
      const start = existsSync(LOG) ? statSync(LOG).size : 0;
      await use();
      if (info.status !== info.expectedStatus && existsSync(LOG)) {
        const said = readFileSync(LOG).subarray(start);
        await info.attach('server.log', { body: said, contentType: 'text/plain' });
      }
    },
    { auto: true },
  ],
});

export function serverAddress(): string {
  const address = process.env.MARQUEE_URL;
  if (!address) {
    throw new Error('no server was started');
  }
  return address;
}

/** What Playwright logs where it keeps a page from having a service worker. */
const NO_WORKER = /Service Worker registration blocked by Playwright/;
/** What a browser logs by itself of a stream that breaks off: the page begins it again. */
const BROKEN_STREAM = /Failed to load resource: net::ERR_\w+ \(\S+\/api\/v1\/events/;

/** Collects what the pages of a context log as warnings and errors, throw, or load against the content policy. */
export async function listen(context: BrowserContext, complaints: string[], allowed: RegExp[] = []): Promise<void> {
  const complain = (what: string) => {
    if (![...allowed, NO_WORKER, BROKEN_STREAM].some((pattern) => pattern.test(what))) {
      complaints.push(what);
    }
  };
  context.on('console', (message) => {
    if (['warning', 'error', 'assert'].includes(message.type())) {
      complain(`${message.type()}: ${message.text()} (${message.location().url}, on ${message.page()?.url()})`);
    }
  });
  context.on('weberror', (error) => complain(`thrown: ${error.error().stack ?? error.error()} (${error.page()?.url()})`));
  context.on('response', (response) => {
    if (response.status() >= 500) {
      complain(`${response.status()} from ${response.url()}`);
    }
  });
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      console.error(`content policy: ${event.violatedDirective} refuses ${event.blockedURI}`);
    });
  });
}

/** Opens an address and waits until the app has taken the page over. */
export async function open(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await takenOver(page);
}

export async function takenOver(page: Page): Promise<void> {
  await expect(page.locator('body[data-ready]')).toBeAttached();
}

/** What a television's browser says that it is. */
export const TELEVISION =
  'Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 TV Safari/537.36';

/** Goes to a thing with arrows alone, as a remote control does: first up or down, then to the side. */
export async function reach(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 20; presses++) {
    const way = await target.evaluate((element) => {
      const active = document.activeElement ?? document.body;
      if (active === element) {
        return null;
      }
      const [to, from] = [element.getBoundingClientRect(), active.getBoundingClientRect()];
      const down = to.top + to.height / 2 - from.top - from.height / 2;
      const right = to.left + to.width / 2 - from.left - from.width / 2;
      if (Math.abs(down) > to.height / 2) {
        return down > 0 ? 'ArrowDown' : 'ArrowUp';
      }
      return right > 0 ? 'ArrowRight' : 'ArrowLeft';
    });
    if (!way) {
      break;
    }
    await page.keyboard.press(way);
  }
  await expect(target).toBeFocused();
}

/** Presses one key until something has the focus. */
export async function pressUntil(page: Page, key: string, target: Locator, most = 12): Promise<void> {
  const isThere = async () => (await target.count()) > 0 && target.first().evaluate((element) => element === document.activeElement);
  for (let presses = 0; presses < most && !(await isThere()); presses += 1) {
    await page.keyboard.press(key);
  }
  await expect(target.first(), `within ${most} presses of ${key}`).toBeFocused();
}

/** Presses a link with one finger for longer than a tap. */
export async function pressLong(page: Page, target: Locator): Promise<void> {
  await target.scrollIntoViewIfNeeded();
  const box = (await target.boundingBox())!;
  const session = await page.context().newCDPSession(page);
  const touchPoints = [{ x: box.x + box.width / 2, y: box.y + box.height / 3 }];
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
  await page.waitForTimeout(800);
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await session.detach();
}

/** Presses a key that a remote control has and a keyboard has not, as the browser itself would hear it. */
export async function pressRemote(page: Page, { key, code }: { key?: string; code: number }): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const pressed = { ...(key ? { key } : {}), windowsVirtualKeyCode: code };
  await session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...pressed });
  await session.send('Input.dispatchKeyEvent', { type: 'keyUp', ...pressed });
  await session.detach();
}

/** Back, as makers of televisions have it. */
export const BACK_KEYS = [
  { maker: 'the standard', key: 'GoBack', code: 0 },
  { maker: 'LG', code: 461 },
  { maker: 'Samsung', code: 10009 },
];

export interface Card {
  id: string;
  title: string;
}

/** The title of exactly this name. */
export async function titleNamed(request: APIRequestContext, name: string): Promise<Card> {
  const answer = await request.get(`/api/v1/search?q=${encodeURIComponent(name)}`);
  expect(answer.status()).toBe(200);
  const found: Card[] = (await answer.json()).titles;
  const card = found.find((card) => card.title === name);
  if (!card) {
    throw new Error(`there is no title “${name}”`);
  }
  return card;
}

/** One page of each kind. */
export const PAGES = [
  'home',
  'browse',
  'browse without results',
  'search before typing',
  'search with results',
  'search without results',
  'title with video',
  'title without video',
  'watch',
  'my list',
  'favourites',
  'history',
  'settings',
  'sign in',
  'account',
  'who is watching',
  'not found',
] as const;

/** The addresses of the pages, by what they show. */
export async function everyPage(request: APIRequestContext): Promise<Record<(typeof PAGES)[number], string>> {
  const [film, title] = await Promise.all([titleNamed(request, LONG.title), titleNamed(request, 'Amélie')]);
  return {
    home: '/',
    browse: '/browse',
    'browse without results': '/browse?genre=Western&decade=1920',
    'search before typing': '/search',
    'search with results': '/search?q=godfather',
    'search without results': '/search?q=zzzzqqqq',
    'title with video': `/title/${film.id}`,
    'title without video': `/title/${title.id}`,
    watch: `/watch/${film.id}`,
    'my list': '/my-list',
    favourites: '/my-list?list=favourites',
    history: '/my-list?list=history',
    settings: '/settings',
    'sign in': '/sign-in',
    account: '/account',
    'who is watching': '/profiles',
    'not found': '/nowhere',
  };
}

/** A main document that is not there is logged by the browser itself. */
export const NOT_FOUND = /Failed to load resource: the server responded with a status of 404 .*\/nowhere/;

/**
 * Asserts that what has the focus shows it: an outline of two pixels or more, on it or on the frame that it lights, which is
 * not there without the focus: a copy beside it that nobody is in has none.
 */
export async function expectVisibleFocus(page: Page): Promise<void> {
  const look = await page.evaluate(() => {
    const active = document.activeElement;
    if (!active || active === document.body) {
      return { name: 'nothing', width: 0 };
    }
    const outline = (element: Element) => {
      const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
      const isSeen = outlineStyle !== 'none' && !/(, 0\)|transparent)$/.test(outlineColor);
      return { width: isSeen ? Number.parseFloat(outlineWidth) : 0, look: `${outlineStyle} ${outlineWidth} ${outlineColor}` };
    };
    // A ring may be drawn around the element or around what it contains or is contained in (a card's frame).
    const frame = active.parentElement!;
    const isNear = (element: Element) => active.contains(element) || [frame, active.nextElementSibling].includes(element);
    const all = [frame, ...frame.querySelectorAll('*')];
    const copy = frame.cloneNode(true) as Element;
    const twins = [copy, ...copy.querySelectorAll('*')];
    for (const twin of twins) {
      // Of two radios of one name one would lose its mark, and of two of one id one its label.
      twin.removeAttribute('name');
      twin.removeAttribute('id');
      twin.removeAttribute('autofocus');
    }
    frame.after(copy);
    const widths = all.map((element, at) => {
      const [lit, unlit] = [outline(element), outline(twins[at])];
      return isNear(element) && lit.look !== unlit.look ? lit.width : 0;
    });
    copy.remove();
    return { name: active.outerHTML.slice(0, 120), width: Math.max(0, ...widths) };
  });
  expect(look.width, `the focus on ${look.name} is drawn`).toBeGreaterThanOrEqual(2);
}
