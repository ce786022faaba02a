// Lists, favourites and the history: from any card by mouse, keyboard, finger and remote control, and on their page.

import { type Page } from '@playwright/test';

import { expect, open, pressLong, reach, takenOver, TELEVISION, test, titleNamed } from '../support/journey';

const MY_LIST = '/my-list';
/** What a browser logs of calls, and of code that is fetched before it is wanted. */
const OFFLINE = /Failed to load resource: net::ERR_INTERNET_DISCONNECTED|TypeError: Failed to fetch/;

/** What can be done with cards comes once a first visit is over. */
const actions = (page: Page) => page.locator('[data-card-actions]');
const withActions = async (page: Page, address: string) => {
  await open(page, address);
  await expect(actions(page)).toBeAttached();
};
const card = (page: Page, name: string) =>
  page.getByRole('main').getByRole('listitem').filter({ has: page.getByRole('link', { name: new RegExp(`^${name}`) }) }).first();
const link = (page: Page, name: string) => card(page, name).getByRole('link', { name: new RegExp(`^${name}`) }).first();
const sheet = (page: Page, name: string) => page.getByRole('dialog', { name });
const toast = (page: Page, text: string | RegExp) => page.getByRole('region', { name: 'Notices' }).getByText(text);
const names = (page: Page) => page.getByRole('main').locator('li a[href^="/title/"]').evaluateAll((links) =>
  links.map((one) => one.textContent ?? ''));

type Marks = Record<'watchlist' | 'favourites' | 'watched', string[]>;
const marks = async (page: Page): Promise<Marks> => (await page.request.get('/api/v1/marks')).json();
const lists = async (page: Page): Promise<{ id: string; name: string; count: number }[]> =>
  (await page.request.get('/api/v1/lists')).json();
const onList = async (page: Page, id: string): Promise<string[]> => {
  const answer: { items: { title: string }[] } = await (await page.request.get(`/api/v1/lists/${id}`)).json();
  return answer.items.map(({ title }) => title);
};
const put = async (page: Page, ...titles: string[]) => {
  for (const name of titles) {
    const { id } = await titleNamed(page.request, name);
    expect((await page.request.put(`/api/v1/lists/watchlist/titles/${id}`, { data: {} })).status()).toBe(204);
  }
};
/** What a server answers that makes no further list. */
const FULL = { type: 'about:blank', code: 'limit_reached', title: 'Limit reached.', detail: 'There are enough lists.', status: 409, fields: [] };
/** A guest is known by the first thing that they keep. */
const known = (page: Page) => page.request.put('/api/v1/history-settings', { data: { is_kept: true } });

test('a mouse that rests on a card gets its buttons, nothing moves for them, and Undo takes the title off again', async ({ page }) => {
  await withActions(page, '/browse?genre=Western');
  const places = () => page.getByRole('main').getByRole('listitem').evaluateAll((items) =>
    items.map((item) => JSON.stringify([(item as HTMLElement).offsetTop, (item as HTMLElement).offsetHeight])));
  const before = await places();
  await card(page, 'High Noon').hover();
  const mine = card(page, 'High Noon').getByRole('button', { name: 'My list', exact: true });
  await expect(mine).toBeVisible();
  await expect(mine).toHaveAttribute('aria-pressed', 'false');
  expect(await places()).toEqual(before);
  await mine.click();
  await expect(mine).toHaveAttribute('aria-pressed', 'true');
  await expect(toast(page, /High Noon.* is on My list\./)).toBeVisible();
  await expect.poll(async () => (await marks(page)).watchlist.length).toBe(1);
  await card(page, 'Unforgiven').hover();
  await expect(card(page, 'Unforgiven').getByRole('button', { name: 'My list', exact: true })).toHaveAttribute('aria-pressed', 'false');
  await expect(actions(page)).toHaveCount(1);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(async () => (await marks(page)).watchlist.length).toBe(0);
});

test('L, F and W mark the title that has the focus, again take that back, and do nothing where one types', async ({ page }) => {
  await withActions(page, '/browse?genre=Western');
  const { id } = await titleNamed(page.request, 'The Searchers');
  await link(page, 'The Searchers').focus();
  for (const key of ['l', 'f', 'w']) {
    await page.keyboard.press(key);
  }
  await expect.poll(() => marks(page)).toEqual({ watchlist: [id], favourites: [id], watched: [id] });
  for (const key of ['l', 'f', 'w']) {
    await page.keyboard.press(key);
  }
  await expect.poll(() => marks(page)).toEqual({ watchlist: [], favourites: [], watched: [] });
  await page.keyboard.press('/');
  await page.keyboard.type('wolf');
  await page.keyboard.press('Control+l');
  expect(await marks(page)).toEqual({ watchlist: [], favourites: [], watched: [] });
  // The focus goes on from a card to its buttons.
  await page.keyboard.press('Escape');
  await link(page, 'Stagecoach').focus();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Tab');
  await expect(card(page, 'Stagecoach').getByRole('button', { name: 'My list', exact: true })).toBeVisible();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const { id: stagecoach } = await titleNamed(page.request, 'Stagecoach');
  await expect.poll(async () => (await marks(page)).watchlist).toEqual([stagecoach]);
});

test('letters do nothing where single-letter keys are turned off', async ({ page }) => {
  await open(page, '/settings');
  await page.getByRole('switch', { name: /Letter shortcuts/ }).click();
  await page.getByRole('banner').getByRole('link', { name: 'Browse' }).click();
  await expect(actions(page)).toBeAttached();
  await known(page);
  await link(page, 'The Matrix').focus();
  await page.keyboard.press('l');
  await page.waitForTimeout(500);
  expect((await marks(page)).watchlist).toEqual([]);
});

test.describe('by a finger', () => {
  test.use({ viewport: { width: 360, height: 800 }, hasTouch: true, isMobile: true });

  test('a long press opens the sheet and not the title, a short one the title', async ({ page }) => {
    await withActions(page, '/browse?genre=Western');
    await pressLong(page, link(page, 'High Noon'));
    await expect(sheet(page, 'High Noon')).toBeVisible();
    await expect(page).toHaveURL(/\/browse/);
    await sheet(page, 'High Noon').getByRole('button', { name: 'Favourite' }).tap();
    await expect(sheet(page, 'High Noon').getByRole('button', { name: 'Favourite' })).toHaveAttribute('aria-pressed', 'true');
    const close = sheet(page, 'High Noon').getByRole('button', { name: 'Close' });
    const box = (await close.boundingBox())!;
    expect(Math.min(box.width, box.height), 'a finger meets it').toBeGreaterThanOrEqual(44);
    await close.tap();
    await expect(sheet(page, 'High Noon')).toBeHidden();
    await expect(toast(page, /High Noon.* is a favourite\./)).toBeVisible();
    const { id } = await titleNamed(page.request, 'High Noon');
    await expect.poll(async () => (await marks(page)).favourites).toEqual([id]);
    await link(page, 'High Noon').tap();
    await expect(page).toHaveURL(new RegExp(`/title/${id}`));
    await expect(page.getByRole('button', { name: 'Favourite' })).toHaveAttribute('aria-pressed', 'true');
  });

  test('the bar at the foot leads to the list', async ({ page }) => {
    await open(page, '/');
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'My list' }).tap();
    await expect(page.getByRole('heading', { level: 1, name: 'My list' })).toBeVisible();
  });
});

test.describe('on a television', () => {
  test.use({ viewport: { width: 1920, height: 1080 }, userAgent: TELEVISION });

  test('OK that is pressed long opens the sheet, and short the title', async ({ page }) => {
    await withActions(page, '/browse?genre=Western');
    await reach(page, link(page, 'Unforgiven'));
    await page.keyboard.down('Enter');
    await expect(sheet(page, 'Unforgiven')).toBeVisible();
    await page.keyboard.up('Enter');
    await page.keyboard.press('Enter');
    const { id } = await titleNamed(page.request, 'Unforgiven');
    await expect.poll(async () => (await marks(page)).watchlist).toEqual([id]);
    await page.keyboard.press('Escape');
    await expect(link(page, 'Unforgiven')).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(new RegExp(`/title/${id}`));
  });
});

test('a title goes onto a list that is made for it, from its page', async ({ page }) => {
  const { id } = await titleNamed(page.request, 'Vertigo');
  await open(page, `/title/${id}`);
  await expect(actions(page)).toBeAttached();
  await page.getByRole('button', { name: /Lists and more/ }).click();
  await sheet(page, 'Vertigo').getByLabel('New list').fill('Hitchcock');
  await sheet(page, 'Vertigo').getByRole('button', { name: 'Create and add' }).click();
  await expect(toast(page, /Vertigo.* is on .*Hitchcock/)).toBeVisible();
  const made = sheet(page, 'Vertigo').getByRole('button', { name: /Hitchcock/ });
  await expect(made, 'the sheet stays for the next list').toHaveAttribute('aria-pressed', 'true');
  await expect(sheet(page, 'Vertigo').getByLabel('New list')).toHaveValue('');
  await page.keyboard.press('Escape');
  await expect.poll(async () => (await lists(page)).map(({ name, count }) => [name, count])).toEqual([['My list', 0], ['Hitchcock', 1]]);
  await page.getByRole('button', { name: /Lists and more/ }).click();
  await expect(made, 'it is known to be there').toHaveAttribute('aria-pressed', 'true');
  await made.click();
  await expect(made).toHaveAttribute('aria-pressed', 'false');
  const boxes = await sheet(page, 'Vertigo').locator('button[aria-pressed=false]').evaluateAll((buttons) =>
    buttons.map((button) => button.querySelector('svg')?.innerHTML));
  expect(boxes.length, 'the marks, and the list').toBeGreaterThanOrEqual(4);
  expect(new Set(boxes).size, 'My list and a list of one\u2019s own look alike').toBe(1);
  await page.keyboard.press('Escape');
  await page.keyboard.press('w');
  await expect(page.getByRole('button', { name: 'Watched' })).toHaveAttribute('aria-pressed', 'true');
  await page.reload();
  await expect(page.getByRole('button', { name: 'Watched' })).toHaveAttribute('aria-pressed', 'true');
});

test('a list says how many titles it has, favourites and the history too, and a note keeps its lines', async ({ page }) => {
  const { id } = await titleNamed(page.request, 'Jaws');
  expect((await page.request.put(`/api/v1/favourites/${id}`, { data: {} })).ok()).toBe(true);
  expect((await page.request.put(`/api/v1/history/${id}`, { data: {} })).ok()).toBe(true);
  await open(page, MY_LIST);
  const ways = page.getByRole('navigation', { name: 'Lists' });
  await expect(ways.getByRole('link', { name: 'Favourites' })).toHaveText(/1$/);
  await expect(ways.getByRole('link', { name: 'History' })).toHaveText(/1$/);
  await page.getByRole('button', { name: 'New list' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Sunday');
  await dialog.getByLabel('Note').fill('with Kim\nand popcorn');
  await dialog.getByRole('button', { name: 'Create list' }).click();
  const note = page.getByRole('main').getByText('with Kim');
  await expect(note).toBeVisible();
  expect(await note.evaluate((element) => (element as HTMLElement).innerText)).toBe('with Kim\nand popcorn');
  await page.getByRole('button', { name: 'Edit' }).click();
  await expect(dialog.getByLabel('Note')).toHaveValue('with Kim\nand popcorn');
});

test.describe('where lists are refused', () => {
  test.use({ allowed: [[/Failed to load resource: the server responded with a status of 409/], { scope: 'test' }] });

  test('a list that cannot be is not made: the dialog says why and keeps what was typed', async ({ page }) => {
    await open(page, MY_LIST);
    await page.getByRole('button', { name: 'New list' }).click();
    const dialog = page.getByRole('dialog');
    const name = dialog.getByLabel('Name');
    const make = dialog.getByRole('button', { name: 'Create list' });
    await name.fill('n'.repeat(66));
    await expect(dialog.getByText('At most 64 characters: 2 too many.')).toBeVisible();
    await make.click();
    await expect(name).toHaveValue('n'.repeat(66));
    await expect(name, 'as a browser would lead there').toBeFocused();
    await name.fill(' ');
    await make.click();
    await expect(dialog.getByText('Please fill this in.')).toBeVisible();
    await name.fill('Sunday');
    await expect(dialog.getByText('Please fill this in.')).toHaveCount(0);
    await dialog.getByLabel('Note').fill('n'.repeat(501));
    await expect(dialog.getByText('At most 500 characters: 1 too many.')).toBeVisible();
    await make.click();
    await expect(dialog).toBeVisible();
    await dialog.getByLabel('Note').fill('');
    await page.route('**/api/v1/lists/*', (route) =>
      route.fulfill({ status: 409, contentType: 'application/problem+json', body: JSON.stringify(FULL) }));
    await make.click();
    await expect(dialog.getByText(/The list .*Sunday.* could not be saved\. There are enough lists\./)).toBeVisible();
    await expect(name).toHaveValue('Sunday');
    await expect(page).toHaveURL(/\/my-list$/);
    expect((await lists(page)).length).toBe(1);
    await page.unroute('**/api/v1/lists/*');
    await make.click();
    await expect(page.getByRole('heading', { level: 1, name: 'Sunday' })).toBeVisible();
  });
});

test('the page of lists is rendered with what is on it, and what is taken off goes and comes back to its place', async ({ page }) => {
  await put(page, 'Alien', 'Jaws', 'Psycho');
  await withActions(page, MY_LIST);
  expect((await names(page)).map((name) => name.slice(0, 4))).toEqual(['Psyc', 'Jaws', 'Alie']);
  await link(page, 'Jaws').focus();
  await page.keyboard.press('l');
  await expect(card(page, 'Jaws')).toHaveCount(0);
  await expect(page.getByText('2 titles')).toBeVisible();
  await expect(link(page, 'Alien'), 'the focus goes on from where it was').toBeFocused();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(() => onList(page, 'watchlist')).toEqual(['Psycho', 'Jaws', 'Alien']);
  await expect.poll(async () => (await names(page)).map((name) => name.slice(0, 4))).toEqual(['Psyc', 'Jaws', 'Alie']);
});

test('a list is put in order by keyboard, by its buttons and by dragging', async ({ page }) => {
  await put(page, 'Alien', 'Jaws', 'Psycho');
  await withActions(page, MY_LIST);
  await page.getByRole('button', { name: 'Reorder' }).click();
  const down = page.getByRole('button', { name: 'Move down: Psycho' });
  await down.click();
  await expect.poll(() => onList(page, 'watchlist')).toEqual(['Jaws', 'Psycho', 'Alien']);
  await expect(down).toBeFocused();
  await page.keyboard.press('Alt+ArrowDown');
  await expect.poll(() => onList(page, 'watchlist')).toEqual(['Jaws', 'Alien', 'Psycho']);
  await expect(down, 'the focus goes with the title').toBeFocused();
  const handle = (name: string) => page.getByRole('listitem').filter({ hasText: name }).locator('span').first();
  const [from, to] = [await handle('Psycho').boundingBox(), await handle('Jaws').boundingBox()];
  await page.mouse.move(from!.x + 10, from!.y + 10);
  await page.mouse.down();
  await page.mouse.move(to!.x + 10, to!.y + 30, { steps: 8 });
  await page.mouse.move(to!.x + 10, to!.y + 10, { steps: 4 });
  await page.mouse.up();
  await expect.poll(() => onList(page, 'watchlist')).toEqual(['Psycho', 'Jaws', 'Alien']);
});

test('whatever a list is called is shown as text, and turns nothing around it', async ({ page }) => {
  const called = [
    '<img src=x onerror=alert(1)>',
    'an \u202eevil\u202d & "quotes" \u2067\u05d0',
    'a\u200b\u200d\u2060b',
    '\u{1f3ac}'.repeat(64),
  ];
  await open(page, MY_LIST);
  for (const name of called) {
    await page.getByRole('button', { name: 'New list' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByLabel('Note').fill(name);
    await dialog.getByRole('button', { name: 'Create list' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
  }
  await expect.poll(async () => (await lists(page)).map(({ name }) => name).slice(1).sort()).toEqual([...called].sort());
  await page.reload();
  await takenOver(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(called[3]);
  await expect(page.locator('main img[src=x]')).toHaveCount(0);
  const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  expect(isWide, 'nothing stands out of the screen').toBe(false);
});

test('a list is changed, and deleted once that is confirmed', async ({ page }) => {
  await open(page, MY_LIST);
  await page.getByRole('button', { name: 'New list' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Sunday');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Sunday' })).toBeVisible();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Monday');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Monday' })).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).last().click();
  await expect(page.getByRole('heading', { level: 1, name: 'Sunday' })).toBeVisible();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete the list' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'My list' })).toBeVisible();
  await expect.poll(async () => (await lists(page)).length).toBe(1);
});

test.describe('without a network', () => {
  test.use({ allowed: [[OFFLINE], { scope: 'test' }] });

  test('three changes are there in their order, once, when the next page has a network again', async ({ page, context }) => {
    await known(page);
    await withActions(page, '/browse?genre=Western');
    const sent: string[] = [];
    context.on('request', (request) => {
      if (request.method() === 'PUT' && request.url().includes('/watchlist/')) {
        sent.push(request.url());
      }
    });
    await context.setOffline(true);
    for (const name of ['Stagecoach', 'High Noon', 'Unforgiven']) {
      await link(page, name).focus();
      await page.keyboard.press('l');
    }
    await expect(toast(page, /You are offline/)).toBeVisible();
    const said = page.getByRole('region', { name: 'Notices' }).getByText(/offline|is on My list/);
    await expect(said, 'two at most').toHaveCount(2);
    await page.close();
    await context.setOffline(false);
    sent.length = 0;
    const later = await context.newPage();
    await open(later, MY_LIST);
    await expect.poll(() => onList(later, 'watchlist')).toEqual(['Unforgiven', 'High Noon', 'Stagecoach']);
    expect(sent).toHaveLength(3);
    await expect.poll(() => names(later).then((all) => all.length)).toBe(3);
    expect(await later.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith('marquee.change.')))).toEqual([]);
  });
});

test.describe('with a network that comes back', () => {
  test.use({ allowed: [[OFFLINE], { scope: 'test' }] });

  test('that one is offline is said no longer than it is so', async ({ page, context }) => {
    await known(page);
    await withActions(page, '/browse?genre=Western');
    await context.setOffline(true);
    await link(page, 'Stagecoach').focus();
    await page.keyboard.press('l');
    await expect(toast(page, /You are offline/)).toBeVisible();
    await context.setOffline(false);
    await expect(toast(page, /You are offline/)).toHaveCount(0, { timeout: 1_000 });
    await expect.poll(() => onList(page, 'watchlist')).toEqual(['Stagecoach']);
  });
});

test('the history has dates, lets go of one and of all, and is kept no more where that is wanted', async ({ page }) => {
  for (const name of ['Alien', 'Jaws']) {
    const { id } = await titleNamed(page.request, name);
    const year = new Date().getUTCFullYear();
    const date = name === 'Alien' ? Date.UTC(year - 2, 4, 3, 12) : undefined;
    expect((await page.request.put(`/api/v1/history/${id}`, { data: { date } })).status()).toBe(204);
  }
  await open(page, '/my-list?list=history');
  const year = new Date().getUTCFullYear() - 2;
  await expect(page.getByText(`Watched on 3 May ${year}`)).toBeVisible();
  await page.getByRole('button', { name: 'Remove Alien from your history' }).click();
  await expect.poll(async () => (await marks(page)).watched.length).toBe(1);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText(`Watched on 3 May ${year}`), 'with its date').toBeVisible();
  await expect.poll(async () => (await marks(page)).watched.length).toBe(2);
  await page.getByRole('switch', { name: /Keep a history/ }).click();
  await expect.poll(async () => (await (await page.request.get('/api/v1/history-settings')).json()).is_kept).toBe(false);
  await page.getByRole('button', { name: 'Remove all' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove all of it' }).click();
  await expect(page.getByText('No film is in your history yet.')).toBeVisible();
  await expect.poll(async () => (await marks(page)).watched).toEqual([]);
});

test('an empty list says so in a sentence, with one way on', async ({ page }) => {
  for (const [address, sentence] of [
    [MY_LIST, /Nothing is on your list yet/],
    ['/my-list?list=favourites', /You have no favourites yet/],
    ['/my-list?list=history', /No film is in your history/],
  ] as const) {
    await open(page, address);
    await expect(page.getByText(sentence)).toBeVisible();
    await expect(page.getByRole('main').getByRole('link', { name: 'Find something' })).toBeVisible();
  }
});
