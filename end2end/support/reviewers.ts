// Who reviews a film, and where they do it.

import { type APIRequestContext, type Page } from '@playwright/test';

import { expect } from './journey';

export const PASSWORD = 'correct horse battery';
export const FILM = 'Alien';

/** Signs in; the first who comes makes the installation's first account. */
export async function enter(request: APIRequestContext, login: string): Promise<void> {
  const made = await request.post('/api/v1/setup', { data: { login: 'ada', name: 'Ada', password: PASSWORD } });
  if (login === 'ada' && made.status() === 201) {
    return;
  }
  expect((await request.post('/api/v1/sign-in', { data: { login, password: PASSWORD } })).status()).toBe(201);
}

export const section = (page: Page) => page.getByRole('region', { name: 'Reviews' });
export const stars = (page: Page) => section(page).getByRole('group', { name: 'Your rating' });
