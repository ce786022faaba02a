// What the measurements of `bench` share: what they are to measure, where they say what they measured, and clocks in the page.
// Nothing is judged here: `cargo xtask bench` knows the bounds.

import { type Page, test as plain } from '@playwright/test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Server, serve } from './server';

/** What `cargo xtask bench` writes for each part: its profile of bench/profiles.json, and what there is to measure it on. */
export interface Plan {
  /** The installation's folder. */
  data: string;
  /** Where the figures go, as JSON. */
  results: string;
  /** The names of films of half a minute. */
  films: string[];
  /** A film that no player buffers whole. */
  long: { title: string; seconds: number };
  profile: Record<string, number>;
}

export const plan: Plan = JSON.parse(readFileSync(process.env.BENCH_PLAN ?? '', 'utf8'));

/** Says what was measured. */
export function report(measured: object): void {
  writeFileSync(plan.results, JSON.stringify(measured));
}

/** Serves the plan's installation, where a server was before or on a free port. */
export function serveAgain(before?: Server): Promise<Server> {
  return serve(plan.data, join(plan.data, 'server.log'), {}, before);
}

/** A measurement with a server of its own. */
export const test = plain.extend<object, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = await serveAgain();
      await use(server);
      await server.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  baseURL: async ({ server }, use) => use(server.url),
});

/** A picture of a film: when it was on the screen, on the clock of the page, and its place in the film in seconds. */
interface Picture {
  at: number;
  place: number;
}

interface Clocks {
  /** When the last click was made, by the browser's own account. */
  clicked: number;
  pictures: Picture[];
  /** When the heading of the page that was clicked for was on the screen. */
  heading?: number;
  /** The memories of the modules that were instantiated. */
  memories: Set<WebAssembly.Memory>;
}

declare global {
  interface Window {
    clocks: Clocks;
  }
}

/** Has every document of the page keep its clocks. */
export async function keepClocks(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const clocks: Clocks = { clicked: 0, pictures: [], memories: new Set() };
    window.clocks = clocks;

    addEventListener(
      'click',
      (event) => {
        clocks.clicked = event.timeStamp;
        clocks.heading = undefined;
        const before = document.querySelector('h1');
        const address = (event.target as Element).closest?.('a')?.pathname;
        const changes = new MutationObserver(() => {
          const now = document.querySelector('h1');
          if (now === before || !now?.textContent || location.pathname !== address) {
            return;
          }
          changes.disconnect();
          // What follows the frame's callbacks is after its layout and paint.
          requestAnimationFrame(() => {
            const after = new MessageChannel();
            after.port1.onmessage = () => {
              clocks.heading = performance.now();
            };
            after.port2.postMessage(undefined);
          });
        });
        changes.observe(document, { childList: true, subtree: true, characterData: true });
      },
      true,
    );

    const seen = new WeakSet<HTMLVideoElement>();
    document.addEventListener(
      'loadstart',
      ({ target }) => {
        if (!(target instanceof HTMLVideoElement) || seen.has(target)) {
          return;
        }
        seen.add(target);
        const shown: VideoFrameRequestCallback = (_, { presentationTime, expectedDisplayTime, mediaTime }) => {
          clocks.pictures.push({ at: Math.max(presentationTime, expectedDisplayTime), place: mediaTime });
          target.requestVideoFrameCallback(shown);
        };
        target.requestVideoFrameCallback(shown);
      },
      true,
    );

    const { instantiate, instantiateStreaming } = WebAssembly;
    const noted = (result: WebAssembly.Instance | WebAssembly.WebAssemblyInstantiatedSource) => {
      const { exports } = 'instance' in result ? result.instance : result;
      for (const value of Object.values(exports)) {
        if (value instanceof WebAssembly.Memory) {
          clocks.memories.add(value);
        }
      }
      return result;
    };
    Object.assign(WebAssembly, {
      instantiate: async (...given: Parameters<typeof instantiate>) => noted(await instantiate(...given)),
      instantiateStreaming: async (...given: Parameters<typeof instantiateStreaming>) => noted(await instantiateStreaming(...given)),
    });
  });
}

/** Rests the pointer on a place, as one does before pressing, and presses. */
export async function pointAndClick(page: Page, { x, y }: { x: number; y: number }): Promise<void> {
  await page.mouse.move(x - 3, y - 3);
  await page.mouse.move(x, y);
  await page.waitForTimeout(200);
  await page.mouse.down();
  await page.mouse.up();
}

/** Goes down the list until so many of its cards were loaded, or the list ends; how many were. */
export async function loadCards(page: Page, count: number): Promise<number> {
  return page.evaluate(async (count) => {
    const loaded = new Set<string>();
    const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
    const PATIENCE = 30_000;
    let latest = performance.now() + PATIENCE;
    while (loaded.size < count && performance.now() < latest) {
      await frame();
      const items = [...document.querySelectorAll<HTMLElement>('li[data-number]')];
      const cards = items.filter((item) => item.querySelector('a[href^="/title/"]'));
      const before = loaded.size;
      for (const card of cards) {
        loaded.add(card.dataset.number!);
      }
      if (loaded.size > before) {
        latest = performance.now() + PATIENCE;
      }
      // A screen before and after what is visible is in the document.
      if (cards.length > 0 && cards.length === items.length) {
        scrollBy({ top: innerHeight * 2, behavior: 'instant' });
        await frame();
      }
    }
    return loaded.size;
  }, count);
}
