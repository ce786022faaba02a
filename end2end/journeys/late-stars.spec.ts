// Stars that are given while the server is away, by a browser whose clock is wrong: they give way to what was said since, and to nothing else.

import { type Browser, type Page } from '@playwright/test';

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

test('by a clock that is an hour ahead they give way to what was said since, and to that it was deleted', async ({ page: other, browser, own }) => {
  journey.setTimeout(120_000);
  const { page, address, notices, star, stored, giveWhileAway, end } = await away(browser, own, other, HOUR);
  await giveWhileAway('2 stars', async () => {
    expect((await other.request.put(address, { data: { half_stars: 9 } })).status()).toBe(200);
  });
  const words = 'Your rating from before was not saved. Since then';
  await expect(notices.getByText(`${words} you gave this: 4½ stars.`)).toBeVisible(SENT);
  await expect(star('4½ stars')).toBeChecked();
  expect(await stored()).toBe(9);

  await giveWhileAway('3 stars', async () => {
    expect((await other.request.delete(address)).status()).toBe(204);
  });
  await expect(notices.getByText(`${words} it was deleted.`)).toBeVisible(SENT);
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
  const kept = () => next.evaluate(() => localStorage.getItem('marquee.draft'));
  await expect.poll(kept, 'what arrived is kept no more').toBeNull();
  await end();
});
