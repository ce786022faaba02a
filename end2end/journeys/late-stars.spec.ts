// Stars that are given while the server is away, by a browser whose clock is wrong: they give way to what was said since, and to nothing else.

import { type APIRequestContext, type Browser, type BrowserContext, type Page } from '@playwright/test';

import { expect, open, test as journey, titleNamed } from '../support/journey';
import { libraryIn } from '../support/library';
import { REFUSED, withOwnServer } from '../support/own_server';
import { listenWith, passOn } from '../support/proxy';
import { enter, FILM, section, stars } from '../support/reviewers';

/** Where the network is away, a browser says so of each try by itself. */
const AWAY = /net::ERR_(INTERNET_DISCONNECTED|CONNECTION_[A-Z]+|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)|TypeError: Failed to fetch/;
/** In milliseconds. */
const HOUR = 3_600_000;
/** Of a try to send what is kept, and some more. */
const SENT = { timeout: 35_000 };
/** How long a request may be on its way, in milliseconds: by so much later it counts as said. */
const ON_ITS_WAY = 5_000;

const test = withOwnServer({ fill: libraryIn });
test.describe.configure({ mode: 'serial' });
test.use({ allowed: [[AWAY, REFUSED], { scope: 'test' }] });

/** A browser whose clock is ahead by so many milliseconds, on the page of the film, and a line to the server that can be cut. */
async function away(browser: Browser, own: { url: string }, other: Page, ahead: number) {
  const between = await listenWith((request, response) => passOn(own.url, request, response));
  const context = await browser.newContext({ baseURL: between.url });
  await context.addInitScript((by) => {
    const right = Date.now.bind(Date);
    Date.now = () => right() + by;
  }, ahead);
  await enter(other.request, 'ada');
  await enter(context.request, 'ada');
  const page = await context.newPage();
  const { id } = await titleNamed(other.request, FILM);
  const address = `/api/v1/titles/${id}/review`;
  expect((await other.request.delete(address)).status()).toBe(204);
  await open(page, `/title/${id}`);
  await expect(section(page).getByText('Not rated')).toBeVisible();
  const notices = page.getByRole('region', { name: 'Notices' });
  const star = (name: string) => stars(page).getByRole('radio', { name, exact: true });
  return {
    page,
    address,
    notices,
    star,
    stored: async () => (await (await other.request.get(address)).json()).review?.half_stars,
    giveWhileAway: async (name: string, meanwhile: () => Promise<void>) => {
      await between.goAway();
      await star(name).check({ force: true });
      await expect(notices.getByText('Your changes are kept and sent later.').last()).toBeVisible();
      await page.waitForTimeout(ON_ITS_WAY);
      await meanwhile();
      await between.comeBack();
    },
    end: async () => {
      await context.close();
      await between.stop();
    },
  };
}

/** A tab beside the first, on the page of another film. */
async function onAnotherFilm(context: BrowserContext, request: APIRequestContext) {
  const { id } = await titleNamed(request, 'Amélie');
  const address = `/api/v1/titles/${id}/review`;
  expect((await request.delete(address)).status()).toBe(204);
  const page = await context.newPage();
  await open(page, `/title/${id}`);
  await expect(section(page).getByText('Not rated')).toBeVisible();
  return {
    page,
    stored: async () => (await (await request.get(address)).json()).review?.half_stars,
    give: async (name: string) => {
      await stars(page).getByRole('radio', { name, exact: true }).check({ force: true });
      const notices = page.getByRole('region', { name: 'Notices' });
      await expect(notices.getByText('Your changes are kept and sent later.').last()).toBeVisible();
    },
  };
}

/** The names under which the browser keeps stars that wait. */
const kept = (page: Page) => page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith('marquee.draft')));

test('by a clock that is an hour ahead they give way to what was said since, and to that it was deleted', async ({ page: other, browser, own }) => {
  journey.setTimeout(120_000);
  const { page, address, notices, star, stored, giveWhileAway, end } = await away(browser, own, other, HOUR);
  await giveWhileAway('2 stars', async () => {
    expect((await other.request.put(address, { data: { half_stars: 9 } })).status()).toBe(200);
  });
  const words = 'after that: the earlier stars were not saved';
  await expect(notices.getByText(`You gave 4½ stars ${words}.`)).toBeVisible(SENT);
  await expect(star('4½ stars')).toBeChecked();
  expect(await stored()).toBe(9);

  await giveWhileAway('3 stars', async () => {
    expect((await other.request.delete(address)).status()).toBe(204);
  });
  await expect(notices.getByText(`You deleted your rating ${words}.`)).toBeVisible(SENT);
  await expect(section(page).getByText('Not rated')).toBeVisible();
  expect(await stored()).toBe(undefined);
  await end();
});

test('by a clock that is an hour behind they are the latest that was said', async ({ page: other, browser, own }) => {
  journey.setTimeout(120_000);
  await enter(other.request, 'ada');
  const { address, star, stored, giveWhileAway, end } = await away(browser, own, other, -HOUR);
  expect((await other.request.put(address, { data: { half_stars: 4 } })).status()).toBe(200);
  await giveWhileAway('4 stars', async () => {});
  await expect.poll(stored, SENT).toBe(8);
  await expect(star('4 stars')).toBeChecked();
  await end();
});

test('where their tab is closed meanwhile the next one sends them', async ({ page: other, browser, own }) => {
  journey.setTimeout(120_000);
  const { page, stored, giveWhileAway, end } = await away(browser, own, other, 0);
  const [context, film] = [page.context(), page.url()];
  await giveWhileAway('4 stars', () => page.close());
  expect(await stored(), 'nothing arrived').toBeUndefined();
  const next = await context.newPage();
  await open(next, film);
  await expect.poll(stored, SENT).toBe(8);
  await expect(stars(next).getByRole('radio', { name: '4 stars', exact: true })).toBeChecked();
  await expect.poll(() => kept(next), 'what arrived is kept no more').toEqual([]);
  await end();
});

test('where two tabs are closed meanwhile the next one sends the stars of both, from any page', async ({ page: other, browser, own }) => {
  journey.setTimeout(120_000);
  const { page, stored, giveWhileAway, end } = await away(browser, own, other, 0);
  const context = page.context();
  const second = await onAnotherFilm(context, other.request);
  await giveWhileAway('4 stars', async () => {
    await second.give('3 stars');
    await page.close();
    await second.page.close();
  });
  expect([await stored(), await second.stored()], 'nothing arrived').toEqual([undefined, undefined]);
  const next = await context.newPage();
  await open(next, '/');
  await expect.poll(stored, SENT).toBe(8);
  await expect.poll(second.stored, SENT).toBe(6);
  await expect.poll(() => kept(next)).toEqual([]);
  await end();
});

test('what a tab has that stays removes nothing of one that is closed', async ({ page: other, browser, own }) => {
  journey.setTimeout(120_000);
  const { page, star, stored, giveWhileAway, end } = await away(browser, own, other, 0);
  const second = await onAnotherFilm(page.context(), other.request);
  await giveWhileAway('4 stars', async () => {
    await second.give('3 stars');
    await second.page.close();
  });
  await expect.poll(stored, SENT).toBe(8);
  await expect.poll(second.stored, SENT).toBe(6);
  await expect(star('4 stars')).toBeChecked();
  await expect.poll(() => kept(page)).toEqual([]);
  await end();
});

test('a tab that is open sends what one that is closed has left, once the server answers again', async ({ page: other, browser, own }) => {
  journey.setTimeout(120_000);
  const { page, stored, giveWhileAway, end } = await away(browser, own, other, 0);
  const stays = await page.context().newPage();
  await open(stays, '/');
  await giveWhileAway('4 stars', () => page.close());
  await expect.poll(stored, SENT).toBe(8);
  await expect.poll(() => kept(stays)).toEqual([]);
  await end();
});
