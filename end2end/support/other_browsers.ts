// Firefox and WebKit, which Playwright drives only in builds of its own: the system's, by what the W3C has for it.
// Firefox speaks WebDriver BiDi (puppeteer-core is the client), WebKitGTK speaks WebDriver through its own program. Both
// are given the same few words, so that a journey is written once. Must never leave a browser behind.

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import puppeteer from 'puppeteer-core';

import { freePort } from './server';

/** How long a browser may take to start, to load an address, and to show what is waited for. */
const PATIENCE = 30_000;
const SIZE = { width: 1280, height: 800 };

/** A browser with one page. Elements are named by XPath, which both know; those that are hidden are not found. */
export interface OtherBrowser {
  /** Whether sound begins only with a gesture of its own: the one that led to the film is spent while it loads. */
  wantsGesture: boolean;
  goto(address: string): Promise<void>;
  /** What an expression of JavaScript is in the page. */
  evaluate<T>(expression: string): Promise<T>;
  /** Clicks as a hand would, which is the gesture that sound needs. */
  click(xpath: string): Promise<void>;
  fill(xpath: string, text: string): Promise<void>;
  close(): Promise<void>;
}

export const OTHER_BROWSERS = { Firefox: firefox, WebKit: webkit };

async function firefox(): Promise<OtherBrowser> {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: program(['firefox-esr', 'firefox']),
    headless: true,
    timeout: PATIENCE,
    defaultViewport: SIZE,
  });
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  const found = (xpath: string) => page.locator(`::-p-xpath(${xpath})`);
  return {
    wantsGesture: false,
    goto: async (address) => void (await page.goto(address)),
    evaluate: async <T>(expression: string) => (await page.evaluate(expression)) as T,
    click: (xpath) => found(xpath).click(),
    fill: (xpath, text) => found(xpath).fill(text),
    close: () => browser.close(),
  };
}

/** The key of an element's reference (WebDriver, section 12.2). */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

async function webkit(): Promise<OtherBrowser> {
  const home = mkdtempSync(join(tmpdir(), 'marquee-webkit-'));
  const display = await screen();
  const port = await freePort();
  const environment = { ...process.env, DISPLAY: display.name, HOME: home, GDK_BACKEND: 'x11', LIBGL_ALWAYS_SOFTWARE: '1' };
  const driver = started(program(['WebKitWebDriver']), [`--port=${port}`, '--host=127.0.0.1'], environment);
  const stop = async () => {
    driver.kill();
    display.stop();
    rmSync(home, { recursive: true, force: true });
  };
  const send = async (verb: string, path: string, body?: object) => {
    const answer = await fetch(`http://127.0.0.1:${port}/session${path}`, {
      method: verb,
      signal: AbortSignal.timeout(PATIENCE),
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
    });
    const { value } = await answer.json();
    if (!answer.ok) {
      throw new Error(`WebKit: ${verb} ${path} ${JSON.stringify(body)}: ${value?.error} ${value?.message}`);
    }
    return value;
  };
  try {
    await until(() => fetch(`http://127.0.0.1:${port}/status`).then((answer) => answer.ok, () => false), 'WebKitWebDriver');
    const { sessionId } = await send('POST', '', { capabilities: { alwaysMatch: { browserName: 'MiniBrowser' } } });
    const at = (path: string) => `/${sessionId}${path}`;
    await send('POST', at('/window/rect'), { x: 0, y: 0, ...SIZE });
    // A page that is drawn anew loses what was found in it a moment ago: it is looked for again.
    const act = async (xpath: string, action: string, body: object) => {
      let last: unknown;
      await until(async () => {
        try {
          const element = await send('POST', at('/element'), { using: 'xpath', value: xpath });
          await send('POST', at(`/element/${element[ELEMENT]}/${action}`), body);
          return true;
        } catch (error) {
          last = error;
          return false;
        }
      }, xpath).catch((error) => Promise.reject(new Error(`${error}: ${last}`)));
    };
    return {
      wantsGesture: true,
      goto: (address) => send('POST', at('/url'), { url: address }),
      evaluate: (expression) => send('POST', at('/execute/sync'), { script: `return (${expression})`, args: [] }),
      click: (xpath) => act(xpath, 'click', {}),
      fill: (xpath, text) => act(xpath, 'value', { text }),
      close: async () => {
        await send('DELETE', at('')).catch(() => undefined);
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A screen that nobody looks at, for a browser that has no other. */
async function screen(): Promise<{ name: string; stop(): void }> {
  const server = spawn(program(['Xvfb']), ['-displayfd', '3', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const name = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('Xvfb did not start')), PATIENCE);
    server.stdio[3]!.once('data', (number) => {
      clearTimeout(late);
      resolve(`:${String(number).trim()}`);
    });
    server.once('exit', (code) => reject(new Error(`Xvfb ended (${code})`)));
  });
  const kill = () => server.kill();
  process.once('exit', kill);
  return { name, stop: () => void (process.off('exit', kill), kill()) };
}

function started(path: string, parameters: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(path, parameters, { stdio: 'ignore', env });
  const kill = () => child.kill();
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

/** Waits until something is so. */
export async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const latest = Date.now() + PATIENCE;
  while (!(await isSo())) {
    if (Date.now() > latest) {
      throw new Error(`waited for ${PATIENCE / 1000} s: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function program(names: string[]): string {
  const folders = (process.env.PATH ?? '').split(':');
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found) {
    throw new Error(`none of ${names.join(', ')} is on the PATH`);
  }
  return found;
}
