import { expect, open } from '../support/journey';
import { libraryIn } from '../support/library';
import { REFUSED, withOwnServer } from '../support/own_server';
const test = withOwnServer({ fill: libraryIn });
test.describe.configure({ mode: 'serial' });
test.use({ allowed: [[REFUSED], { scope: 'test' }] });
const OUT = '/tmp/me/h/shell-look';
test('look', async ({ browser, own }) => {
  test.setTimeout(240_000);
  const first = await browser.newContext({ baseURL: own.url });
  const p0 = await first.newPage();
  await p0.request.post('/api/v1/setup', { data: { login: 'ada', name: 'Ada', password: 'correct horse battery' } });
  await p0.request.post('/api/v1/profiles', { data: { name: 'Bea', colour: '#5b8def' } });
  await p0.request.post('/api/v1/profiles', { data: { name: 'Grace', colour: '#ff7a59', pin: '2468' } });
  const state = await first.storageState();
  const { account } = await (await p0.request.get('/api/v1/identity')).json();
  for (const [name, width, height, ua] of [['phone', 360, 800, ''], ['tiny', 320, 640, ''], ['desktop', 1440, 900, ''], ['tv', 1920, 1080, 'tv']] as const) {
    for (const colorScheme of ['dark', 'light'] as const) {
      if (colorScheme === 'light' && name !== 'desktop' && name !== 'phone') continue;
      const context = await browser.newContext({ baseURL: own.url, storageState: state, viewport: { width, height }, colorScheme,
        ...(ua ? { userAgent: 'Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 TV Safari/537.36' } : {}) });
      const page = await context.newPage();
      const shot = (what: string) => page.screenshot({ path: `${OUT}/${name}-${colorScheme}-${what}.png` });
      await open(page, '/');
      await page.getByRole('button', { name: width < 700 ? 'Me' : /profile menu/ }).last().click();
      await expect(page.getByRole('dialog').getByText('Bea')).toBeVisible();
      await page.waitForTimeout(400);
      await shot('menu');
      await open(page, '/account');
      await page.waitForTimeout(300);
      await page.screenshot({ path: `${OUT}/${name}-${colorScheme}-account.png`, fullPage: true });
      await open(page, `/operator/accounts/${account.id}`);
      await page.getByRole('button', { name: 'Make a member' }).click();
      await page.waitForTimeout(400);
      await shot('warning');
      await context.close();
      const guest = await browser.newContext({ baseURL: own.url, viewport: { width, height }, colorScheme });
      const g = await guest.newPage();
      await open(g, '/settings');
      await g.getByRole('button', { name: width < 700 ? 'Me' : /rofile menu/ }).last().click();
      await g.waitForTimeout(500);
      await g.screenshot({ path: `${OUT}/${name}-${colorScheme}-guest.png` });
      await guest.close();
    }
  }
});
