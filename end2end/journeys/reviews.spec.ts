// What members think of a title: written, changed, taken away, voted for, reported, hidden; and to whom nothing of it is shown.

import { type Browser, type Page } from '@playwright/test';

import { SHORT } from '../support/films';
import { expect, open, takenOver, titleNamed } from '../support/journey';
import { libraryIn } from '../support/library';
import { REFUSED, withOwnServer } from '../support/own_server';
import { state, watch } from '../support/player';
import { enter, FILM, PASSWORD, section, stars } from '../support/reviewers';

/** What whoever writes into a field may try: markup, direction marks, what cannot be seen. */
const STRANGE = '<b>bold</b> <img src=x onerror="document.title=1"> & \u202eback\u202c \u2067\u200b\u200d\ufeff end';

const test = withOwnServer({ fill: libraryIn });
test.describe.configure({ mode: 'serial' });
test.use({ allowed: [REFUSED] });

/** A page of somebody else, in a browser of their own. */
async function as(browser: Browser, baseURL: string, login: string): Promise<Page> {
  const context = await browser.newContext({ baseURL });
  await enter(context.request, login);
  return context.newPage();
}

async function film(page: Page): Promise<string> {
  return `/title/${(await titleNamed(page.request, FILM)).id}`;
}

const editor = (page: Page) => section(page).getByRole('textbox', { name: 'Your review' });
const summary = async (page: Page) => {
  const { id } = await titleNamed(page.request, FILM);
  return (await page.request.get(`/api/v1/titles/${id}/review-summary`)).json();
};

test.beforeAll(async ({ browser, own }) => {
  const context = await browser.newContext({ baseURL: own.url });
  await enter(context.request, 'ada');
  const account = { login: 'bob', name: 'Bob', password: PASSWORD, role: 'member' };
  expect((await context.request.post('/api/v1/accounts', { data: account })).status()).toBe(201);
  await context.close();
});

test('one gesture rates a film, by a press and by the arrows of a keyboard, and only where they rest', async ({ page }) => {
  await enter(page.request, 'ada');
  await open(page, await film(page));
  await expect(section(page).getByText('Nobody has rated this here yet.')).toBeVisible();
  const wide = page.viewportSize();
  await page.setViewportSize({ width: 360, height: 800 });
  await expect(stars(page)).toBeVisible();
  const down = async () => ((await stars(page).boundingBox())?.y ?? 0) - ((await section(page).boundingBox())?.y ?? 0);
  const before = await down();
  await stars(page).getByRole('radio', { name: '3½ stars' }).check({ force: true });
  await expect(section(page).getByRole('img', { name: 'Rated 3.5 of 5 stars here' })).toBeVisible();
  expect(await down(), 'the figures that come push nothing away from under the finger').toBeCloseTo(before, 0);
  await page.setViewportSize(wide ?? { width: 1280, height: 720 });
  expect(await summary(page)).toMatchObject({ count: 1, mean: 3.5 });

  let sent = 0;
  page.on('request', (request) => {
    sent += request.method() === 'PUT' && request.url().endsWith('/review') ? 1 : 0;
  });
  await stars(page).getByRole('radio', { name: '3½ stars' }).focus();
  for (let presses = 0; presses < 3; presses += 1) {
    await page.keyboard.press('ArrowRight');
  }
  await expect(section(page).getByRole('img', { name: 'Rated 5.0 of 5 stars here' })).toBeVisible();
  await expect(stars(page).getByRole('radio', { name: '5 stars' })).toBeFocused();
  expect(sent, 'what the arrows passed over was not said').toBe(1);
  await page.reload();
  await expect(stars(page).getByRole('radio', { name: '5 stars' })).toBeChecked();
});

test('a text is written under a name that is asked for, covered for others, changed, and shown as text whatever is in it', async ({ page, browser, own }) => {
  await enter(page.request, 'ada');
  await open(page, await film(page));
  await section(page).getByRole('button', { name: 'Write a review' }).click();
  await editor(page).fill(STRANGE);
  await section(page).getByLabel('Contains spoilers').check();
  await section(page).getByLabel('Shown as').fill('');
  await section(page).getByRole('button', { name: 'Save' }).click();
  await expect(section(page).getByText('Please fill this in.'), 'said by the field, and not in a bubble over it').toBeVisible();
  await expect(section(page).getByLabel('Shown as')).toBeFocused();
  await section(page).getByLabel('Shown as').fill('A. L. \u202e<i>x</i>');
  await section(page).getByRole('button', { name: 'Save' }).click();

  const review = section(page).getByRole('article');
  await expect(review.getByText('Contains spoilers'), 'whoever wrote it sees it, and that it is covered').toBeVisible();
  await expect(review.getByRole('button', { name: 'Show it' })).toHaveCount(0);
  await expect(review.locator('bdi')).toHaveText('A. L. \u202e<i>x</i>');
  const bob = await as(browser, own.url, 'bob');
  await open(bob, await film(bob));
  const covered = section(bob).getByRole('article');
  await expect(covered.getByText('This review contains spoilers.')).toBeVisible();
  await expect(covered).not.toContainText('bold');
  await covered.getByRole('button', { name: 'Show it' }).click();
  await expect(covered.locator('p[dir=auto]')).toContainText('bold');
  await bob.context().close();
  const text = review.locator('p[dir=auto]');
  expect(await text.textContent()).toBe(STRANGE);
  expect(await text.evaluate((element) => [element.children.length, getComputedStyle(element).unicodeBidi])).toEqual([0, 'isolate']);
  await expect(review.locator('b, i, img')).toHaveCount(0);

  await section(page).getByRole('button', { name: 'Edit your review' }).click();
  await expect(editor(page)).toHaveValue(STRANGE);
  const emoji = '\u{1f600}'.repeat(10_000);
  await editor(page).fill(`${emoji}x`);
  await section(page).getByRole('button', { name: 'Save' }).click();
  await expect(section(page).getByText('10,001 of 10,000 characters')).toBeVisible();
  await expect(section(page).getByRole('alert').filter({ hasText: /./ })).toBeVisible();
  await editor(page).fill(emoji);
  await section(page).getByLabel('Contains spoilers').uncheck();
  await section(page).getByRole('button', { name: 'Save' }).click();
  await expect(editor(page)).toHaveCount(0);
  await expect(text).toBeVisible();
  await expect.poll(() => text.textContent()).toBe(emoji);
  const folded = (await text.boundingBox())?.height ?? 0;
  await review.getByRole('button', { name: 'Read all of it' }).click();
  await expect.poll(async () => (await text.boundingBox())?.height ?? 0).toBeGreaterThan(folded * 3);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing scrolls sideways').toBe(true);

  await section(page).getByRole('button', { name: 'Edit your review' }).click();
  await editor(page).fill('Slow, dark and good.');
  await section(page).getByRole('button', { name: 'Save' }).click();
  await expect(review).toContainText('Slow, dark and good.');
});

test('another account finds it helpful and reports it, and its writer does neither', async ({ page, browser, own }) => {
  await enter(page.request, 'ada');
  await open(page, await film(page));
  await expect(section(page).getByRole('article').getByText('You', { exact: true })).toBeVisible();
  await expect(section(page).getByRole('button', { name: 'Helpful', exact: true })).toHaveCount(0);

  const bob = await as(browser, own.url, 'bob');
  await open(bob, await film(bob));
  const review = section(bob).getByRole('article').filter({ hasText: 'Slow, dark' });
  await review.getByRole('button', { name: 'Helpful', exact: true }).click();
  await expect(review.getByText('1 found this helpful')).toBeVisible();
  await bob.reload();
  await takenOver(bob);
  await expect(review.getByRole('button', { name: 'Helpful', exact: true })).toHaveAttribute('aria-pressed', 'true');
  await review.getByRole('button', { name: 'Helpful', exact: true }).click();
  await expect(review.getByText('found this helpful')).toHaveCount(0);

  await review.getByRole('button', { name: 'Report' }).click();
  await bob.getByRole('dialog', { name: 'What is wrong with this review?' }).getByRole('button', { name: 'Attacks somebody' }).click();
  await expect(bob.getByText('Thank you. Whoever runs this Marquee will look at it.')).toBeVisible();
  await expect(review.getByRole('button', { name: 'Reported' })).toBeVisible();

  await stars(bob).getByRole('radio', { name: '2 stars' }).check({ force: true });
  await expect(section(bob).getByRole('img', { name: 'Rated 3.5 of 5 stars here' })).toBeVisible();
  await section(bob).getByRole('button', { name: 'Write a review' }).click();
  await editor(bob).fill('Not for me.');
  await section(bob).getByLabel('Shown as').fill('Bob');
  await section(bob).getByRole('button', { name: 'Save' }).click();
  await section(bob).getByRole('button', { name: 'Highest rated' }).click();
  await expect(section(bob).getByRole('article').first()).toContainText('Slow, dark');
  await section(bob).getByRole('button', { name: 'Lowest rated' }).click();
  await expect(section(bob).getByRole('article').first()).toContainText('Not for me.');
  await bob.context().close();
});

test('browse sorts and filters by what the house gave', async ({ page }) => {
  await enter(page.request, 'ada');
  const first = async (query: string) => (await (await page.request.get(`/api/v1/titles?${query}`)).json()).items.map((card: { title: string }) => card.title);
  await expect.poll(async () => (await first('sort=house_rating'))[0]).toBe(FILM);
  await open(page, '/browse?sort=house_rating&least_house_rating=7');
  await expect(page.getByRole('main').getByRole('link', { name: new RegExp(`^${FILM}`) })).toBeVisible();
  expect(await first('least_house_rating=8')).toEqual([]);
});

test('an operator hides, restores, bans and deletes, and all of it is noted', async ({ page, browser, own }) => {
  await enter(page.request, 'ada');
  await open(page, '/');
  await page.getByRole('banner').getByRole('button', { name: 'Ada: profile menu' }).click();
  await page.getByRole('dialog', { name: 'Ada' }).getByRole('link', { name: 'Reported reviews' }).click();
  await expect(page).toHaveURL(/\/operator\/reviews$/);
  await expect(page.getByRole('heading', { level: 1, name: 'Reported reviews' }), 'called as the way to it').toBeVisible();
  const reported = page.getByRole('article').filter({ hasText: 'Slow, dark' });
  await expect(reported.getByText('Reported by 1 person because it attacks somebody.')).toBeVisible();
  await reported.getByRole('button', { name: 'Hide' }).click();
  await expect(page.getByRole('region', { name: 'Notices' }).getByText(/^The review is hidden/)).toBeVisible();
  await expect(page.getByText('No reported reviews.')).toBeVisible();
  expect(await summary(page)).toMatchObject({ count: 1, mean: 2 });
  await open(page, await film(page));
  await expect(section(page).getByText('An operator has hidden your review')).toBeVisible();
  await expect(section(page).getByRole('article').filter({ hasText: 'Slow, dark' })).toHaveCount(0);

  await open(page, '/operator/reviews');
  await page.getByRole('link', { name: 'Hidden' }).click();
  await reported.getByRole('button', { name: 'Restore' }).click();
  await expect(page.getByText('No hidden reviews.')).toBeVisible();
  expect(await summary(page)).toMatchObject({ count: 2 });

  const { id } = await titleNamed(page.request, FILM);
  const list = await (await page.request.get(`/api/v1/titles/${id}/reviews`)).json();
  const bobs = list.items.find((review: { reviewer: string }) => review.reviewer === 'Bob').id;
  const report = await page.request.put(`/api/v1/reviews/${bobs}/report`, { data: { reason: 'spam' } });
  expect(report.status()).toBe(204);
  await open(page, '/operator/reviews');
  const of = page.getByRole('article').filter({ hasText: 'Not for me.' });
  await of.getByRole('button', { name: 'Ban' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Ban' }).click();
  await expect(of.getByRole('button', { name: 'Lift the ban' })).toBeVisible();
  const bob = await as(browser, own.url, 'bob');
  await open(bob, await film(bob));
  await expect(section(bob).getByText('This account may not rate or review.')).toBeVisible();
  expect((await bob.request.put(`/api/v1/titles/${id}/review`, { data: { half_stars: 1 } })).status()).toBe(403);
  await bob.context().close();
  await of.getByRole('button', { name: 'Lift the ban' }).click();
  await expect(of.getByRole('button', { name: 'Ban', exact: true })).toBeVisible();
  await of.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('No reported reviews.')).toBeVisible();
  const log = page.getByRole('region', { name: 'What was done' }).getByRole('listitem');
  await expect(log).toHaveText([
    `Ada deleted the review by the account Bob of ${FILM}`,
    'Ada allowed the account Bob to write reviews again',
    'Ada banned the account Bob from writing reviews',
    `Ada restored the review by the account Ada of ${FILM}`,
    `Ada hid the review by the account Ada of ${FILM}`,
  ].map((line) => new RegExp(`^${line}`)));
});

test('a review is deleted after a second word, with its stars', async ({ page }) => {
  await enter(page.request, 'ada');
  await open(page, await film(page));
  await section(page).getByRole('button', { name: 'Delete your review' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(section(page).getByText('Nobody has rated this here yet.')).toBeVisible();
  await expect(section(page).getByText('Nobody has written about it yet.')).toBeVisible();
  await expect(section(page).getByText('Not rated')).toBeVisible();
});

test('stars without a text are deleted as what they are', async ({ page }) => {
  await enter(page.request, 'ada');
  const { id } = await titleNamed(page.request, FILM);
  expect((await page.request.put(`/api/v1/titles/${id}/review`, { data: { half_stars: 6 } })).ok()).toBe(true);
  await open(page, await film(page));
  await section(page).getByRole('button', { name: 'Delete your rating' }).click();
  const question = page.getByRole('alertdialog', { name: 'Delete your rating?' });
  await expect(question.getByText('Your rating will be deleted. This cannot be undone.')).toBeVisible();
  await question.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('region', { name: 'Notices' }).getByText('Your rating is deleted.')).toBeVisible();
  await expect(section(page).getByText('Not rated')).toBeVisible();
});

test('the last card of a film takes a rating in one gesture', async ({ page }) => {
  await enter(page.request, 'ada');
  await watch(page, page.request, SHORT.title);
  await expect.poll(async () => (await state(page)).ended, { timeout: 20_000 }).toBe(true);
  const last = page.getByRole('group', { name: 'Up next' });
  await expect(last.getByText(/^How was .+\?$/)).toBeVisible();
  await expect(last.getByText(/^Starts in \d+ s$/)).toBeVisible();
  await last.getByRole('radio', { name: '4½ stars' }).check({ force: true });
  await expect(last.getByText('Your rating: 4½ stars')).toBeVisible();
  await expect(last.getByText('Starts when you press Play now.'), 'whoever rates is not hurried').toBeVisible();
  await page.waitForTimeout(11_000);
  await expect(last, 'and nothing else plays').toBeVisible();
  const { id } = await titleNamed(page.request, SHORT.title);
  await expect.poll(async () => (await (await page.request.get(`/api/v1/titles/${id}/review`)).json()).review?.half_stars).toBe(9);
});

test('whoever lacks the right reads in one sentence that they do, and is offered nothing that would be refused', async ({ page, browser, own }) => {
  await enter(page.request, 'ada');
  const { id: title } = await titleNamed(page.request, FILM);
  const review = { half_stars: 9, text: 'Seen twice.' };
  expect((await page.request.put(`/api/v1/titles/${title}/review`, { data: review })).status()).toBe(200);
  const bob = await as(browser, own.url, 'bob');
  const identity = async () => (await bob.request.get('/api/v1/identity')).json();
  const address = `/api/v1/accounts/${(await identity()).account.id}/entitlements`;
  const allow = async (overrides: object) => {
    const { plan, version } = await (await page.request.get(address)).json();
    expect((await page.request.put(address, { data: { plan, overrides, expected_version: version } })).status()).toBe(200);
  };
  await allow({ may_review: false, may_keep_favourites: false });
  await expect.poll(async () => (await identity()).authorization.may_review, { timeout: 8_000 }).toBe(false);
  await open(bob, await film(bob));
  await expect(section(bob).getByText('Your plan does not include reviews.', { exact: true })).toBeVisible();
  await expect(section(bob).getByText('Seen twice.')).toBeVisible();
  await expect(stars(bob)).toHaveCount(0);
  for (const name of ['Write a review', 'Helpful', 'Report']) {
    await expect(section(bob).getByRole('button', { name, exact: true })).toHaveCount(0);
  }
  const yours = bob.getByRole('group', { name: 'Yours' });
  await expect(yours.getByRole('button', { name: 'My list', exact: true })).toBeVisible();
  await expect(yours.getByRole('button', { name: 'Favourite', exact: true })).toHaveCount(0);

  await allow({});
  await expect.poll(async () => (await identity()).authorization.may_review, { timeout: 8_000 }).toBe(true);
  await bob.reload();
  await expect(stars(bob)).toBeVisible();
  await expect(yours.getByRole('button', { name: 'Favourite', exact: true })).toBeVisible();
  await bob.context().close();
});

test('a guest and a child see nothing of it, and ask for nothing that is refused', async ({ page, browser, own }) => {
  await enter(page.request, 'ada');
  const plan = (await (await page.request.get('/api/v1/plans')).json()).find((one: { id: string }) => one.id === 'guest');
  const data = { name: 'Guests', authorization: { may_browse: true }, expected_version: plan?.version ?? 0 };
  expect((await page.request.put('/api/v1/plans/guest', { data })).status()).toBe(200);
  const kid = { name: 'Kim', colour: '#57d39b', maturity: 18 };
  const made = await page.request.post('/api/v1/profiles', { data: kid });
  expect(made.status()).toBe(201);
  const address = await film(page);
  const { id } = await titleNamed(page.request, FILM);
  const review = { half_stars: 9, text: 'Seen twice.' };
  expect((await page.request.put(`/api/v1/titles/${id}/review`, { data: review })).status()).toBe(200);

  const context = await browser.newContext({ baseURL: own.url });
  const guest = await context.newPage();
  const refused: string[] = [];
  for (const one of [guest, page]) {
    one.on('response', (response) => {
      if ([401, 403].includes(response.status())) {
        refused.push(response.url());
      }
    });
  }
  await expect.poll(async () => (await guest.request.get(`/api/v1/titles/${id}`)).status(), { timeout: 8_000 }).toBe(200);
  await open(guest, address);
  await expect(guest.getByRole('heading', { level: 1, name: FILM })).toBeVisible();
  await guest.waitForLoadState('networkidle');
  await expect(section(guest)).toHaveCount(0);
  await context.close();

  expect((await page.request.put('/api/v1/profile', { data: { id: (await made.json()).id } })).status()).toBe(200);
  await open(page, address);
  await expect(page.getByRole('heading', { level: 1, name: FILM })).toBeVisible();
  await page.waitForLoadState('networkidle');
  await expect(section(page)).toHaveCount(0);
  expect(refused).toEqual([]);
});
