// The film and what lies around it: the keys of the operating system, full screen on the way out, what plays next by itself.

import { type Page } from '@playwright/test';

import { LONG, SHORT } from '../support/films';
import { expect, test, titleNamed } from '../support/journey';
import { expectPlaying, seek, state, watch } from '../support/player';

/** Keeps what the page tells the system, so that a journey can press the system's keys. */
async function listenAsTheSystem(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const kept = { handlers: {} as Record<string, MediaSessionActionHandler>, state: undefined as MediaPositionState | undefined };
    Object.assign(window, { system: kept });
    const { mediaSession } = navigator;
    const [register, tell] = [mediaSession.setActionHandler.bind(mediaSession), mediaSession.setPositionState.bind(mediaSession)];
    mediaSession.setActionHandler = (action, handler) => {
      register(action, handler);
      if (handler) {
        kept.handlers[action] = handler;
      } else {
        delete kept.handlers[action];
      }
    };
    mediaSession.setPositionState = (position) => {
      tell(position);
      kept.state = position;
    };
  });
}

type System = { system: { handlers: Record<string, (details: object) => void>; state?: { position: number; duration: number } } };

const press = (page: Page, action: string, seekTime?: number) =>
  page.evaluate(([action, seekTime]) => {
    (window as unknown as System).system.handlers[action!]({ action, seekTime: seekTime === undefined ? undefined : Number(seekTime) });
  }, [action, seekTime?.toString()]);

/** The system is told at once: a heartbeat, which would tell it too, is seconds away. */
const expectTold = (page: Page, state: string) =>
  expect.poll(() => page.evaluate(() => navigator.mediaSession.playbackState), { timeout: 2_000 }).toBe(state);

test('the system\u2019s keys play, pause, skip and seek, and its bar shows where the film is', async ({ page, request }) => {
  await listenAsTheSystem(page);
  await watch(page, request, LONG.title);
  expect(await page.evaluate(() => navigator.mediaSession.metadata?.title)).toBe(LONG.title);
  await press(page, 'pause');
  await expect.poll(async () => (await state(page)).paused).toBe(true);
  await expectTold(page, 'paused');
  const { time } = await state(page);
  await press(page, 'seekforward');
  await expect.poll(async () => (await state(page)).time - time).toBeGreaterThan(9);
  await press(page, 'seekbackward');
  await expect.poll(async () => Math.abs((await state(page)).time - time)).toBeLessThan(1);
  await press(page, 'seekto', 15);
  await expect.poll(async () => Math.abs((await state(page)).time - 15)).toBeLessThan(1);
  const told = async () => {
    const { position, duration } = (await page.evaluate(() => (window as unknown as System).system.state))!;
    return Math.abs(position - 15) < 1 && Math.abs(duration - LONG.seconds) < 1;
  };
  await expect.poll(told, { message: 'the system\u2019s bar is at the place' }).toBe(true);
  await press(page, 'play');
  await expectPlaying(page);
  await expectTold(page, 'playing');
  await page.getByRole('link', { name: 'Back to the title page' }).click();
  await expect(page).toHaveURL(/\/title\//);
  expect(await page.evaluate(() => Object.keys((window as unknown as System).system.handlers)), 'nobody listens any more').toEqual([]);
});

test('the system\u2019s next key leads to the next film', async ({ page, request }) => {
  await listenAsTheSystem(page);
  await watch(page, request, SHORT.title);
  const { id } = await titleNamed(request, LONG.title);
  await press(page, 'nexttrack');
  await expect(page).toHaveURL(new RegExp(`/watch/${id}$`));
  await expectPlaying(page);
});

test('whoever leaves a film leaves full screen with it', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await page.keyboard.press('f');
  const fills = () => page.evaluate(() => document.fullscreenElement !== null);
  await expect.poll(fills).toBe(true);
  await page.goBack();
  await expect(page).toHaveURL(/\/title\//);
  await expect.poll(fills).toBe(false);
  await expect(page.getByRole('main').getByRole('link', { name: /^(Play|Resume)/ }).first()).toBeVisible();
});

test('when a film ends, the next one begins by itself after a countdown', async ({
  page,
  request,
}) => {
  const { id } = await titleNamed(request, LONG.title);
  await watch(page, request, SHORT.title);
  await seek(page, SHORT.seconds - 1);
  await expect(page.getByRole('group', { name: 'Up next' })).toContainText(/\d/);
  await expect(page, 'nobody presses anything').toHaveURL(new RegExp(`/watch/${id}$`), { timeout: 20_000 });
  await expectPlaying(page);
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.goBack();
  await expect(page, 'the film that is over is not begun again').toHaveURL(/\/title\//);
});

test('a film that was watched before is offered when another ends, and is not begun by itself', async ({ page, request }) => {
  const { id } = await titleNamed(request, LONG.title);
  await page.goto('/');
  // Whatever else could follow is no news either.
  const { items } = await (await request.get('/api/v1/titles?watchable=true&limit=100')).json();
  for (const film of (items as { id: string; title: string }[]).filter(({ title }) => title !== SHORT.title)) {
    expect((await page.request.put(`/api/v1/history/${film.id}`, { data: {} })).ok(), film.title).toBe(true);
  }
  await watch(page, request, SHORT.title);
  const { pathname } = new URL(page.url());
  await seek(page, SHORT.seconds - 1);
  const next = page.getByRole('group', { name: 'Up next' });
  await expect(next).toContainText(LONG.title);
  await expect(next.getByText('Starts')).toHaveCount(0);
  await page.waitForTimeout(11_000);
  expect(new URL(page.url()).pathname, 'nobody pressed anything').toBe(pathname);
  await next.getByRole('link', { name: 'Play now' }).click();
  await expect(page).toHaveURL(new RegExp(`/watch/${id}$`));
  await expectPlaying(page);
});

test('Not now stays with the film that ended, which is watched again or left from there', async ({ page, request }) => {
  await watch(page, request, SHORT.title);
  const { pathname } = new URL(page.url());
  await seek(page, SHORT.seconds - 1);
  await page.getByRole('group', { name: 'Up next' }).getByRole('button', { name: 'Not now' }).click();
  await expect(page.getByRole('group', { name: 'Up next' })).toHaveCount(0);
  const last = page.getByRole('group', { name: 'The film has ended' });
  await expect(last.getByRole('button', { name: 'Watch again' }), 'what was pressed is gone').toBeFocused();
  await page.waitForTimeout(11_000);
  expect(new URL(page.url()).pathname).toBe(pathname);
  await page.keyboard.press('Enter');
  await expect(last).toHaveCount(0);
  await expectPlaying(page);
  await seek(page, SHORT.seconds - 1);
  await page.getByRole('group', { name: 'Up next' }).getByRole('button', { name: 'Not now' }).click();
  await last.getByRole('link', { name: `Back to ${SHORT.title}` }).click();
  await expect(page).toHaveURL(/\/title\//);
});
