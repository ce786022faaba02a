// Where an installation keeps its data: on this machine, as a household does, or, with MARQUEE_TEST_STORES=real, on the
// servers that the test command started: each installation in a corner of its own.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether the journeys run on Redis, MongoDB and S3. */
export const ON_REAL_STORES = process.env.MARQUEE_TEST_STORES === 'real';

/** The settings that name the stores of the installation in `data`; none for those on this machine. */
export function storesOf(data: string): Record<string, string> {
  if (!ON_REAL_STORES) {
    return {};
  }
  const name = nameOf(data);
  const redis = new URL(given('MARQUEE_TEST_REDIS'));
  redis.searchParams.set('prefix', name);
  const mongodb = new URL(given('MARQUEE_TEST_MONGODB'));
  mongodb.pathname = `/${name}`;
  const vault = new URL(redis);
  vault.searchParams.set('prefix', `${name}-vault`);
  const s3 = new URL(given('MARQUEE_TEST_S3'));
  s3.pathname = `/${name}`;
  const copy = new URL(s3);
  copy.pathname = `/${name}-vault`;
  return {
    MARQUEE_STORAGE__KEYVALUE: redis.href,
    MARQUEE_STORAGE__EVENTS: redis.href,
    MARQUEE_STORAGE__DOCUMENTS: mongodb.href,
    MARQUEE_STORAGE__OBJECTS: s3.href,
    MARQUEE_VAULT__STORE: vault.href,
    MARQUEE_VAULT__COPY: copy.href,
  };
}

/** The corner's name, made once and kept with the rest of the installation. */
function nameOf(data: string): string {
  const file = join(data, 'stores-name');
  if (!existsSync(file)) {
    mkdirSync(data, { recursive: true });
    writeFileSync(file, `journey${randomBytes(8).toString('hex')}`);
  }
  return readFileSync(file, 'utf8');
}

function given(variable: string): string {
  const url = process.env[variable];
  if (!url) {
    throw new Error(`${variable} names no server: run the journeys with \`cargo xtask e2e\``);
  }
  return url;
}
