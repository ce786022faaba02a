// Sound and captions of a film that has several of one language: each is chosen for itself, and each stays what was chosen.

import { type Locator, type Page } from '@playwright/test';

import { VOICES } from '../support/films';
import { expect, open } from '../support/journey';
import { importVoices } from '../support/library';
import { withOwnServer } from '../support/own_server';
import { choose, menu, seek, wake, watch } from '../support/player';

const test = withOwnServer({ fill: importVoices });

/** Stops the film in its middle, so that it does not end while one looks. */
async function hold(page: Page): Promise<void> {
  await page.locator('video').evaluate((video: HTMLVideoElement) => video.pause());
  await seek(page, 4);
}

function captions(page: Page): Locator {
  return page.locator('[data-player] > [data-caption]');
}

async function group(page: Page, name: string): Promise<Locator> {
  return (await menu(page)).getByRole('group', { name, exact: true });
}

async function closeMenu(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await expect(page.getByRole('group', { name: 'Playback settings' })).toHaveCount(0);
}

test('the second captions of a language are shown, stay while toggled, and are there on the next visit', async ({ page, request }) => {
  await watch(page, request, VOICES.title);
  await hold(page);
  await choose(page, 'Captions', 'English (SDH)');
  await expect(captions(page)).toHaveText('[music] He said nothing.');
  await closeMenu(page);
  const button = page.getByRole('button', { name: 'Captions', exact: true });
  for (let times = 0; times < 3; times += 1) {
    await wake(page);
    await button.click();
    await expect(button).toHaveAttribute('aria-pressed', 'false');
    await button.click();
    await expect(captions(page)).toHaveText('[music] He said nothing.');
  }
  const saved = async () => (await page.request.get('/api/v1/snapshot')).text();
  await expect.poll(saved).toMatch(/"caption_role":"\w+"/);
  await watch(page, request, VOICES.title);
  await hold(page);
  await expect(captions(page)).toHaveText('[music] He said nothing.');
  await expect((await group(page, 'Captions')).getByRole('radio', { name: 'English (SDH)' })).toBeChecked();
  await choose(page, 'Captions', 'English');
  await expect(captions(page)).toHaveText('He said nothing.');
});

test('forced captions come by themselves with the language of the sound, and are no choice', async ({ page, request }) => {
  await watch(page, request, VOICES.title);
  await hold(page);
  await expect(captions(page)).toHaveText('The sign says: closed.');
  const choices = await group(page, 'Captions');
  await expect(choices.getByRole('radio', { name: 'Off' })).toBeChecked();
  await expect(choices.getByRole('radio')).toHaveCount(4);
  await expect(choices).not.toContainText('forced');
  await choose(page, 'Audio', 'German');
  await expect(captions(page)).toHaveText('Auf dem Schild steht: zu.');
  await choose(page, 'Captions', 'German');
  await expect(captions(page)).toHaveText('Er sagte nichts.');
  await choose(page, 'Captions', 'Off');
  await expect(captions(page)).toHaveText('Auf dem Schild steht: zu.');
});

test('two loudspeakers get stereo, and nobody who talks about the film or describes it is heard unasked', async ({ page, request }) => {
  await watch(page, request, VOICES.title);
  await hold(page);
  const audio = await group(page, 'Audio');
  await expect(audio.getByRole('radio', { checked: true })).toHaveAccessibleName('English');
  for (const name of ['English (commentary)', 'English 5.1', 'German', 'English (audio description)']) {
    await expect(audio.getByRole('radio', { name, exact: true })).not.toBeChecked();
  }
  await choose(page, 'Audio', 'German');
  await choose(page, 'Audio', 'English (audio description)');
  await expect(audio.getByRole('radio', { checked: true })).toHaveAccessibleName('English (audio description)');
});

test('captions that are styled in the settings look so on the film, with their italics, and those that say where they stand stand there', async ({
  page,
  request,
}) => {
  await open(page, '/settings');
  const set = async (name: string, value: string) => {
    await page.getByRole('group', { name, exact: true }).getByRole('radio', { name: value, exact: true }).check();
  };
  await set('Font', 'Serif');
  await set('Colour', 'Yellow');
  await set('Edge of the letters', 'Shadow');
  await set('Background', 'Solid');
  await set('Background colour', 'Blue');
  const place = await page.getByRole('img', { name: 'How captions look' }).boundingBox();
  const saved = page.waitForResponse((response) => response.url().endsWith('/api/v1/snapshot') && response.request().method() === 'PATCH');
  await set('Place on the film', 'Top');
  const preview = page.getByRole('img', { name: 'How captions look' }).locator('p');
  const shown = (await preview.boundingBox())!;
  expect(shown.y + shown.height, 'the preview shows them at the top').toBeLessThan(place!.y + place!.height / 2);
  expect((await saved).ok()).toBe(true);

  await watch(page, request, VOICES.title);
  await hold(page);
  await choose(page, 'Captions', 'English');
  await expect(captions(page).locator('i')).toHaveText('nothing');
  const words = captions(page).locator('p > span');
  await expect(words).toHaveCSS('color', 'rgb(255, 228, 92)');
  await expect(words).toHaveCSS('background-color', 'rgb(11, 31, 102)');
  await expect(words).toHaveCSS('font-family', /Georgia/);
  const film = (await page.locator('video').boundingBox())!;
  const box = async () => (await words.boundingBox())!;
  await expect.poll(async () => (await box()).y + (await box()).height, { message: 'at the top' }).toBeLessThan(film.y + film.height / 2);

  await choose(page, 'Caption position', 'Bottom');
  await expect.poll(async () => (await box()).y, { message: 'at the bottom' }).toBeGreaterThan(film.y + film.height / 2);
  await choose(page, 'Captions', 'English (SDH)');
  await expect(captions(page).locator('b')).toHaveText('nothing');
  await expect.poll(async () => (await box()).y, { message: 'where the cue says' }).toBeLessThan(film.y + film.height / 3);
  await expect(captions(page).locator('p')).toHaveCSS('text-align', 'start');
});
