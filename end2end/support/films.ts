// The two films that journeys watch: made here, with sounds and captions that a test can tell apart.

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Long enough to seek and to come back to; its picture is 1280x720, so that four renditions are made of it. */
export const LONG = {
  title: 'Countdown at Dusk',
  file: 'Countdown at Dusk (2021)',
  seconds: 24,
  heights: [720, 480, 360, 240],
  audio: [
    { name: 'English', language: 'eng', hertz: 440 },
    { name: 'German', language: 'deu', hertz: 1760 },
  ],
  chapters: [
    { title: 'Dusk', start: 0 },
    { title: 'The lamps are lit', start: 8 },
    { title: 'Night', start: 16 },
  ],
  captions: [
    { language: 'en', label: 'English', line: (second: number) => `This is second ${second}.` },
    { language: 'de', label: 'German', line: (second: number) => `Das ist Sekunde ${second}.` },
  ],
};

/** Short enough to see the end of. */
export const SHORT = { title: 'Half a Reel', file: 'Half a Reel (2022)', seconds: 6 };

/** A second in 4K, so that there is something that a plan can deny. */
export const ULTRA_HD = { title: 'Every Last Line', file: 'Every Last Line (2023)' };

/** Ten seconds with what two tracks of one language differ in: what they are for. */
export const VOICES = { title: 'Many Voices', file: 'Many Voices (2024)', seconds: 10 };

/** Makes the film of many tracks in `folder`. */
export function makeVoices(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const { seconds, file } = VOICES;
  ffmpeg([
    ...lavfi(`smptehdbars=size=640x360:rate=24:duration=${seconds}`),
    ...lavfi(`sine=frequency=220:duration=${seconds}`),
    ...['-map', '0:v', '-map', '1:a', '-map', '1:a', '-map', '1:a', '-map', '1:a', ...encoders],
    ...['-ac:a:0', '2', '-ac:a:1', '6', '-ac:a:2', '2', '-ac:a:3', '2'],
    ...['-metadata:s:a:0', 'language=eng', '-metadata:s:a:0', 'title=Commentary', '-metadata:s:a:1', 'language=eng'],
    ...['-metadata:s:a:2', 'language=deu', '-metadata:s:a:3', 'language=eng', '-disposition:a:3', 'visual_impaired'],
    join(folder, `${file}.mkv`),
  ]);
  const whole = (name: string, settings: string, words: string) =>
    writeFileSync(join(folder, `${file}.${name}.vtt`), `WEBVTT\n\n00:00.000 --> 00:${seconds}.000${settings}\n${words}\n`);
  whole('en', '', 'He said <i>nothing</i>.');
  whole('en.sdh', ' line:10% position:20% align:start', '[music] He said <b>nothing</b>.');
  whole('en.forced', '', 'The sign says: closed.');
  whole('de', '', 'Er sagte nichts.');
  whole('de.forced', '', 'Auf dem Schild steht: zu.');
}

/** Makes the film in 4K in `folder`. */
export function makeUltraHd(folder: string): void {
  mkdirSync(folder, { recursive: true });
  ffmpeg([
    ...lavfi('testsrc2=size=3840x2160:rate=12:duration=1'),
    ...lavfi('sine=frequency=330:duration=1'),
    ...encoders,
    join(folder, `${ULTRA_HD.file}.mkv`),
  ]);
}

/** Makes both films with their captions in `folder`. */
export function makeFilms(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const tones = LONG.audio.flatMap(({ hertz }) => lavfi(`sine=frequency=${hertz}:duration=${LONG.seconds}`));
  const languages = LONG.audio.flatMap(({ language }, index) => [`-metadata:s:a:${index}`, `language=${language}`]);
  const marks = join(folder, 'chapters.ffmetadata');
  writeFileSync(marks, chapters());
  ffmpeg([
    ...lavfi(`testsrc2=size=1280x720:rate=24:duration=${LONG.seconds}`),
    ...tones,
    ...['-i', marks, '-map', '0:v', '-map', '1:a', '-map', '2:a', '-map_metadata', '3', ...languages],
    ...encoders,
    join(folder, `${LONG.file}.mkv`),
  ]);
  rmSync(marks);
  for (const { language, line } of LONG.captions) {
    writeFileSync(join(folder, `${LONG.file}.${language}.vtt`), captions(line));
  }
  ffmpeg([
    ...lavfi(`smptehdbars=size=640x360:rate=24:duration=${SHORT.seconds}`),
    ...lavfi(`sine=frequency=330:duration=${SHORT.seconds}`),
    ...encoders,
    join(folder, `${SHORT.file}.mkv`),
  ]);
}

const encoders = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '64k'];

function lavfi(source: string): string[] {
  return ['-f', 'lavfi', '-i', source];
}

function ffmpeg(parameters: string[]): void {
  const { status, stderr, error } = spawnSync('ffmpeg', ['-nostdin', '-hide_banner', '-loglevel', 'error', '-y', ...parameters]);
  if (status !== 0) {
    throw new Error(`ffmpeg could not make a film: ${error ?? stderr}`);
  }
}

/** The chapters as ffmpeg reads them. */
function chapters(): string {
  const ends = [...LONG.chapters.slice(1).map(({ start }) => start), LONG.seconds];
  const marks = LONG.chapters.map(
    ({ title, start }, index) => `[CHAPTER]\nTIMEBASE=1/1\nSTART=${start}\nEND=${ends[index]}\ntitle=${title}\n`,
  );
  return `;FFMETADATA1\n${marks.join('')}`;
}

/** One cue for every two seconds, without gaps. */
function captions(line: (second: number) => string): string {
  const cues = Array.from({ length: LONG.seconds / 2 }, (_, index) => {
    const start = index * 2;
    return `${clock(start)} --> ${clock(start + 2)}\n${line(start)}\n`;
  });
  return `WEBVTT\n\n${cues.join('\n')}`;
}

function clock(second: number): string {
  return `00:00:${String(second).padStart(2, '0')}.000`;
}
