// Sound that ends before the picture does: the film plays on in silence, to the picture's end.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Page } from '@playwright/test';

import { expect, open, titleNamed } from '../support/journey';
import { withOwnServer } from '../support/own_server';
import { expectPlaying, seek, state } from '../support/player';
import { given } from '../support/server';
import { storesOf } from '../support/stores';

/** Far more picture after the sound than a player loads ahead. */
const SOUND = 12;
const PICTURE = 150;
const FILM = 'The Rest Is Silence';

const test = withOwnServer({
  fill: (data) => {
    const films = mkdtempSync(join(tmpdir(), 'marquee-short-sound-'));
    const lavfi = (source: string) => ['-f', 'lavfi', '-i', source];
    run('ffmpeg', [
      ...['-nostdin', '-loglevel', 'error', '-y', ...lavfi(`testsrc2=size=320x180:rate=12:duration=${PICTURE}`)],
      ...lavfi(`sine=frequency=440:duration=${SOUND}`),
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', join(films, `${FILM} (2020).mkv`)],
    ]);
    const { MARQUEE_URL: _, ...rest } = process.env;
    run(given('MARQUEE_BIN'), ['import', films, '--data', data], { ...rest, ...storesOf(data) });
    rmSync(films, { recursive: true });
  },
});

function run(program: string, parameters: string[], env = process.env): void {
  const { status, stderr, error } = spawnSync(program, parameters, { env, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`${program}: ${error ?? stderr}`);
  }
}

/** A browser without Media Source Extensions plays HLS by itself. */
async function withoutMediaSource(page: Page): Promise<void> {
  await page.addInitScript(() => {
    for (const name of ['MediaSource', 'ManagedMediaSource', 'WebKitMediaSource']) {
      Reflect.deleteProperty(window, name);
    }
  });
}

async function play(page: Page): Promise<void> {
  const { id } = await titleNamed(page.request, FILM);
  await open(page, `/title/${id}`);
  await page.getByRole('main').getByRole('link', { name: /^(Play|Resume)/ }).first().click();
  await expectPlaying(page);
}

for (const engine of ['hls.js', 'the browser itself']) {
  test(`by ${engine}, a film plays past the end of its sound, and to its own`, async ({ page }) => {
    if (engine !== 'hls.js') {
      await withoutMediaSource(page);
    }
    await play(page);
    const source = await page.locator('video').evaluate((video: HTMLVideoElement) => video.currentSrc);
    expect(source.startsWith('blob:'), source).toBe(engine === 'hls.js');
    await seek(page, SOUND - 3);
    await expect.poll(async () => (await state(page)).time, { message: 'past the end of the sound' }).toBeGreaterThan(SOUND + 3);
    await seek(page, PICTURE - 3);
    await expect.poll(async () => (await state(page)).ended, { message: 'the end of the picture' }).toBe(true);
    expect((await state(page)).time).toBeGreaterThan(PICTURE - 0.5);
    await expect(page.getByRole('alert')).toHaveCount(0);
  });
}
