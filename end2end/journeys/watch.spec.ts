// Watching: pictures and sound really come, and the player does what it is told.

import { type Page } from '@playwright/test';

import { LONG, SHORT } from '../support/films';
import { expect, open, test, titleNamed } from '../support/journey';
import { choose, expectPlaying, menu, pause, seek, state, wake, watch } from '../support/player';

test('Play plays: time passes and pictures are decoded', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await expect(page).toHaveTitle(new RegExp(LONG.title));
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('Pause pauses, and Play goes on from there', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  const { time } = await pause(page);
  await page.getByRole('button', { name: 'Play', exact: true }).first().click();
  await expectPlaying(page);
  expect((await state(page)).time).toBeGreaterThan(time);
});

test('each quality that is chosen is the quality that is shown', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  for (const height of [240, 720, 360]) {
    await choose(page, 'Quality', `${height}p`);
    await expect.poll(async () => (await state(page)).height, { message: `${height} lines` }).toBe(height);
  }
  await expectPlaying(page);
});

test('a fixed quality is kept for the next film, and no other is fetched', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await choose(page, 'Quality', '240p');
  await expect.poll(async () => (await state(page)).height).toBe(240);
  const fetched = new Set<string>();
  page.on('response', (response) => {
    if (/\/media\/.*\.(m4s|mp4)$/.test(response.url()) && response.ok()) {
      fetched.add(response.url().split('/').slice(5).join('/'));
    }
  });
  await seek(page, 14);
  await expectPlaying(page);
  await watch(page, request, SHORT.title);
  await expect.poll(async () => (await state(page)).height, { message: 'the next film' }).toBe(240);
  await expect.poll(() => [...fetched].filter((path) => /240/.test(path)).length, { message: 'segments of this one' }).toBeGreaterThan(0);
  expect([...fetched].filter((path) => /720|480|360/.test(path)), 'segments of other qualities').toEqual([]);
});

test('the seek bar goes where it is put, forwards and back', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await seek(page, 16);
  await expectPlaying(page);
  expect((await state(page)).time).toBeGreaterThanOrEqual(15.9);
  await seek(page, 3);
  await expectPlaying(page);
  expect((await state(page)).time).toBeLessThan(10);
});

test('pointing at the seek bar shows a picture of the place', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await pause(page);
  const bar = (await page.getByRole('slider', { name: 'Seek' }).boundingBox())!;
  const sheet = page.waitForResponse((response) => /\/media\/.*\.jpg$/.test(response.url()));
  await page.mouse.move(bar.x + bar.width / 2, bar.y + bar.height / 2);
  expect((await sheet).status()).toBe(200);
  await expect(page.getByText('0:12', { exact: true }).last()).toBeVisible();
});

test('captions show the line of the moment, in the language that was chosen', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  for (const { label, line } of [...LONG.captions].reverse()) {
    await choose(page, 'Captions', label);
    await expectLine(page, line);
  }
  await choose(page, 'Captions', 'Off');
  await expect(page.getByText(/^(This is second|Das ist Sekunde)/)).toHaveCount(0);
});

test('captions can be moved in time', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await choose(page, 'Captions', 'English');
  // The film must not end while one presses.
  await page.locator('video').evaluate((video: HTMLVideoElement) => video.pause());
  const earlier = (await menu(page)).getByRole('button', { name: 'Captions half a second earlier' });
  for (let presses = 0; presses < 8; presses += 1) {
    await earlier.click();
  }
  await expect((await menu(page)).getByText('-4.0 s')).toBeVisible();
  await page.locator('video').evaluate((video: HTMLVideoElement) => video.play());
  await expectLine(page, (second) => LONG.captions[0].line(second + 4));
});

test('captions that were moved are where they were moved to after any toggling', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await choose(page, 'Captions', 'English');
  await page.locator('video').evaluate((video: HTMLVideoElement) => video.pause());
  const later = (await menu(page)).getByRole('button', { name: 'Captions half a second later' });
  for (let presses = 0; presses < 3; presses += 1) {
    await later.click();
  }
  await expect((await menu(page)).getByText('+1.5 s')).toBeVisible();
  await page.keyboard.press('Escape');
  await seek(page, 12);
  const lines = page.getByText(/^This is second \d+\.$/);
  for (let toggles = 0; toggles < 10; toggles += 1) {
    await page.keyboard.press('c');
    await expect(lines).toHaveCount(toggles % 2);
  }
  // Each lasts from its even second to the next, which are now a second and a half later.
  for (const [place, second] of [[9.45, 6], [9.55, 8], [11.45, 8], [11.55, 10]]) {
    await page.locator('video').evaluate((video: HTMLVideoElement, place) => (video.currentTime = place), place);
    await expect(lines, `at ${place} s`).toHaveText(LONG.captions[0].line(second));
  }
});

test('the other audio track sounds different', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await listenToSound(page);
  for (const { name, hertz } of [...LONG.audio, LONG.audio[0]]) {
    await choose(page, 'Audio', name);
    const off = async () => Math.abs((await loudest(page)) / hertz - 1);
    await expect.poll(off, { message: `the tone of ${name}` }).toBeLessThan(0.1);
  }
});

test('speed is kept to', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  await choose(page, 'Speed', '2×');
  await expect.poll(() => page.locator('video').evaluate((video: HTMLVideoElement) => video.playbackRate)).toBe(2);
  const pace = await page.locator('video').evaluate(async (video: HTMLVideoElement) => {
    const [film, clock] = [video.currentTime, performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    return ((video.currentTime - film) * 1_000) / (performance.now() - clock);
  });
  expect(pace, 'seconds of the film in a second').toBeGreaterThan(1.6);
  expect(pace, 'seconds of the film in a second').toBeLessThan(2.4);
});

test('when a film ends, the next one is offered and taken', async ({ page, request }) => {
  await watch(page, request, SHORT.title);
  const next = page.getByRole('group', { name: 'Up next' });
  await expect(next).toBeVisible();
  expect((await state(page)).ended).toBe(true);
  await expect(next).toContainText(LONG.title);
  await next.getByRole('link', { name: 'Play now' }).click();
  const { id } = await titleNamed(request, LONG.title);
  await expect(page).toHaveURL(new RegExp(`/watch/${id}$`));
  await expect.poll(async () => (await state(page)).ended).toBe(false);
  await expectPlaying(page);
});

test('controls go while the film plays, and come back with the pointer', async ({ page, request }) => {
  await watch(page, request, LONG.title);
  const heading = page.getByRole('heading', { level: 1 });
  const opacity = () =>
    heading.evaluate((element) => {
      let seen = 1;
      for (let at: Element | null = element; at; at = at.parentElement) {
        seen *= Number(getComputedStyle(at).opacity);
      }
      return seen;
    });
  await page.mouse.move(300, 300);
  await expect.poll(opacity).toBe(0);
  await wake(page);
  await expect.poll(opacity).toBe(1);
});

test('a film that cannot be fetched is said in words, and trying again goes on', async ({ page, request, complaints }) => {
  const { id } = await titleNamed(request, LONG.title);
  await open(page, `/title/${id}`);
  await page.route('**/media/**', (route) => route.abort());
  await page.getByRole('main').getByRole('link', { name: /^Play/ }).first().click();
  const alert = page.getByRole('alert');
  await expect(alert).toBeVisible();
  await page.unroute('**/media/**');
  await alert.getByRole('button', { name: 'Try again' }).click();
  await expectPlaying(page);
  await expect(alert).toHaveCount(0);
  // What was refused on purpose is logged by the browser, and nothing else is.
  expect(complaints.filter((complaint) => !complaint.includes('net::ERR_FAILED'))).toEqual([]);
  complaints.length = 0;
});

/** The line that stands over the film is the one of its time. */
async function expectLine(page: Page, line: (second: number) => string): Promise<void> {
  await expect
    .poll(async () => {
      const shown = await page.locator('[data-player] > div[dir=auto]').innerText();
      const { time } = await state(page);
      const second = Math.floor(time / 2) * 2;
      // Between two looks the film may have gone on by a line.
      return [line(second), line(second - 2)].includes(shown.trim());
    })
    .toBe(true);
}

/** Lets the page analyse what the video element sounds like. */
async function listenToSound(page: Page): Promise<void> {
  await page.locator('video').evaluate((video: HTMLVideoElement) => {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    context.createMediaElementSource(video).connect(analyser).connect(context.destination);
    Object.assign(window, { analyser });
  });
}

/** The frequency that sounds the loudest, in hertz; 0 in silence. */
async function loudest(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { analyser } = window as unknown as { analyser: AnalyserNode };
    const levels = new Uint8Array(analyser.frequencyBinCount);
    analyser.getByteFrequencyData(levels);
    const most = Math.max(...levels);
    return most === 0 ? 0 : (levels.indexOf(most) * analyser.context.sampleRate) / analyser.fftSize;
  });
}
