// The library of the journeys: two films that play and some hundred titles without video, imported by the commands
// that an operator uses. Imported once for each state of what goes into it, and copied for each run.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { catalogue } from './catalogue';
import { makeFilms, makeUltraHd, makeVoices } from './films';
import { given } from './server';
import { ON_REAL_STORES, storesOf } from './stores';

const SUPPORT = dirname(fileURLToPath(import.meta.url));
const CACHE = join(SUPPORT, '../.cache');
const SERVER = join(SUPPORT, '../../server');
/** What decides how an imported library looks on the disk. */
const INPUTS = [
  ...['films.ts', 'catalogue.ts', 'library.ts'].map((name) => join(SUPPORT, name)),
  ...['media/src', 'storage/src', 'src/services/catalog', 'src/cli'].map((name) => join(SERVER, name)),
];

/** A fresh copy of the library in `folder`, for a server to serve and to write to. */
export function libraryIn(folder: string): void {
  if (ON_REAL_STORES) {
    // What is on servers cannot be copied as files.
    rmSync(folder, { recursive: true, force: true });
    const making = mkdtempSync(join(tmpdir(), 'marquee-library-'));
    make(making, folder);
    rmSync(making, { recursive: true });
    return;
  }
  const kept = join(CACHE, fingerprint());
  if (!existsSync(kept)) {
    // Whole or not at all: a run that was broken off leaves no half of a library behind.
    const making = `${kept}.${process.pid}`;
    rmSync(CACHE, { recursive: true, force: true });
    mkdirSync(making, { recursive: true });
    make(making, join(making, 'data'));
    renameSync(making, kept);
  }
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(kept, 'data'), folder, { recursive: true });
}

/** Imports the film in 4K into the installation in `data`. */
export function importUltraHd(data: string): void {
  importMade(makeUltraHd, data);
}

/** Imports the film of many tracks into the installation in `data`. */
export function importVoices(data: string): void {
  importMade(makeVoices, data);
}

/** Imports so many titles without video, `Title 001` and on, into the installation in `data`. */
export function importTitles(data: string, count: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'marquee-titles-'));
  const titles = Array.from({ length: count }, (_, at) => ({
    title: `Title ${String(at + 1).padStart(3, '0')}`,
    year: 1950 + (at % 70),
    genres: ['Drama'],
    maturity: 'PG',
  }));
  writeFileSync(join(folder, 'titles.json'), JSON.stringify(titles));
  marquee(['import-catalogue', join(folder, 'titles.json')], data);
  rmSync(folder, { recursive: true });
}

/**
 * Imports sixty titles without video, `Odd 01`, `Even 02` and on, and the histories of forty strangers, each of whom watches those of
 * one kind: a model that learns from them recommends even ones to whoever watches even ones.
 */
export function importTastes(data: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'marquee-tastes-'));
  const numbers = Array.from({ length: 60 }, (_, at) => at + 1);
  const imdb = (number: number) => `tt${String(number).padStart(7, '0')}`;
  const titles = numbers.map((number) => ({
    title: `${number % 2 ? 'Odd' : 'Even'} ${String(number).padStart(2, '0')}`,
    year: 1950 + number,
    genres: [number % 2 ? 'Western' : 'Drama'],
    maturity: 'PG',
    id: imdb(number),
  }));
  const events = Array.from({ length: 40 }, (_, stranger) =>
    numbers
      .filter((number) => number % 2 === stranger % 2 && (number + stranger) % 5 !== 0)
      .map((number, at) => `stranger${stranger},${imdb(number)},${1_700_000_000 + at},1`),
  );
  writeFileSync(join(folder, 'titles.json'), JSON.stringify(titles));
  writeFileSync(join(folder, 'events.csv'), ['user,title,timestamp,weight', ...events.flat()].join('\n'));
  marquee(['import-catalogue', join(folder, 'titles.json')], data);
  marquee(['discovery', 'import', join(folder, 'events.csv')], data);
  rmSync(folder, { recursive: true });
}

function importMade(makeIn: (folder: string) => void, data: string): void {
  const films = mkdtempSync(join(tmpdir(), 'marquee-film-'));
  makeIn(films);
  marquee(['import', films], data);
  rmSync(films, { recursive: true });
}

/** Fills the installation in `data`; what goes into it is made in `folder`. */
function make(folder: string, data: string): void {
  const films = join(folder, 'films');
  const titles = join(folder, 'titles.json');
  process.stderr.write('making the library of the journeys (once): films, ');
  makeFilms(films);
  writeFileSync(titles, JSON.stringify(catalogue()));
  process.stderr.write('catalogue, ');
  marquee(['import-catalogue', titles], data);
  process.stderr.write('video\n');
  marquee(['import', films], data);
  rmSync(films, { recursive: true });
}

function marquee(parameters: string[], data: string): void {
  // Every MARQUEE_ variable is a setting; this one is the journeys' own.
  const { MARQUEE_URL: _, ...rest } = process.env;
  const env = { ...rest, ...storesOf(data) };
  const all = [...parameters, '--data', data];
  const { status, stdout, stderr, error } = spawnSync(given('MARQUEE_BIN'), all, { encoding: 'utf8', env });
  if (status !== 0) {
    throw new Error(`marquee ${parameters[0]} failed: ${error ?? ''}\n${stdout}\n${stderr}`);
  }
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const file of INPUTS.flatMap(files)) {
    hash.update(file.slice(SUPPORT.length)).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

function files(path: string): string[] {
  if (!statSync(path).isDirectory()) {
    return [path];
  }
  return readdirSync(path).sort().flatMap((name) => files(join(path, name)));
}
