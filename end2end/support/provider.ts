// A real OpenID Connect provider (npm oidc-provider, certified) on a port of this machine, that can be made to lie.
// Its pages are the least there can be: a field for who one is, and a button to sign out.

import { once } from 'node:events';
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';

import { type JWTPayload, SignJWT, UnsecuredJWT, decodeJwt, exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

export const CLIENT = { id: 'marquee', secret: 'a secret of two parties' };

/** What the provider says of who signs in, by the name that they type. */
const PEOPLE: Record<string, object> = {
  ada: { name: 'Ada Lovelace', preferred_username: 'ada', email: 'ada@example.org', groups: ['family', 'boss'] },
  bea: { name: 'Bea', preferred_username: 'bea', groups: ['family'] },
  eve: { name: 'Eve', preferred_username: 'eve', groups: ['strangers'] },
};

/** Makes another ID token of the one that the provider would give. */
export type Lie = (claims: JWTPayload, sign: (claims: JWTPayload) => Promise<string>) => Promise<string>;

export class OpenIdProvider {
  private constructor(
    readonly issuer: string,
    private readonly handler: (request: IncomingMessage, response: ServerResponse) => unknown,
    private readonly port: number,
  ) {}

  private listener?: HttpServer;
  /** What it says instead of the truth. */
  lie?: Lie;

  /** Makes a provider for the Marquee at `site`. It does not listen yet. */
  static async make(port: number, site: string): Promise<OpenIdProvider> {
    const issuer = `http://localhost:${port}`;
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const key = { ...(await exportJWK(privateKey)), kid: 'its-key', use: 'sig', alg: 'RS256' };
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          redirect_uris: [`${site}/auth/home/callback`],
          post_logout_redirect_uris: [`${site}/`],
          backchannel_logout_uri: `${site}/auth/home/back-channel-logout`,
          backchannel_logout_session_required: true,
        },
      ],
      jwks: { keys: [key] },
      cookies: { keys: ['for these journeys alone'] },
      claims: { profile: ['name', 'preferred_username', 'groups'], email: ['email'] },
      ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
      features: {
        devInteractions: { enabled: false },
        backchannelLogout: { enabled: true },
        rpInitiatedLogout: {
          enabled: true,
          logoutSource: (ctx, form) => {
            ctx.body = page(`${form}<button form="op.logoutForm" name="logout" value="yes">Sign out there as well</button>`);
          },
          postLogoutSuccessSource: (ctx) => {
            ctx.body = page('<p>Signed out.</p>');
          },
        },
      },
      // It refuses to call its clients on this machine, where these journeys have them.
      fetch: (url, { dispatcher: _, ...options }: RequestInit & { dispatcher?: unknown }) => fetch(url, options),
      interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: `subject-of-${id}`, ...PEOPLE[id] }) }),
      // Nobody is asked for leave: the client is one's own.
      async loadExistingGrant(ctx) {
        const grant = new ctx.oidc.provider.Grant({ clientId: CLIENT.id, accountId: ctx.oidc.session!.accountId });
        grant.addOIDCScope('openid profile email');
        await grant.save();
        return grant;
      },
    });
    provider.use(async (ctx, next) => {
      await next();
      const body = ctx.body as { id_token?: string } | undefined;
      if (made.lie && ctx.oidc?.route === 'token' && body?.id_token) {
        const sign = (claims: JWTPayload) =>
          new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: key.kid }).sign(privateKey);
        ctx.body = { ...body, id_token: await made.lie(decodeJwt(body.id_token), sign) };
      }
    });
    const callback = provider.callback();
    const made = new OpenIdProvider(issuer, (request, response) => {
      if (!request.url?.startsWith('/interaction/')) {
        return callback(request, response);
      }
      return made.interact(provider, request, response);
    }, port);
    return made;
  }

  async start(): Promise<void> {
    const { createServer } = await import('node:http');
    this.listener = createServer((request, response) => void this.handler(request, response));
    this.listener.listen(this.port, 'localhost');
    await once(this.listener, 'listening');
  }

  async stop(): Promise<void> {
    const listener = this.listener;
    this.listener = undefined;
    if (listener) {
      listener.closeAllConnections();
      await new Promise((closed) => listener.close(closed));
    }
  }

  /** Asks who one is, and believes it. */
  private async interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(page(`<form method="post"><label>Who are you? <input name="who"></label><button>Go on</button>
        <button name="cancel" value="yes">Cancel</button></form>`));
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    const result = form.has('cancel') ? { error: 'access_denied' } : { login: { accountId: form.get('who') ?? '' } };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }
}

/** A token that nobody signed. */
export function unsigned(claims: JWTPayload): string {
  return new UnsecuredJWT(claims).encode();
}

/** A token that somebody else signed, under the provider's name for its key. */
export async function forged(claims: JWTPayload): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256');
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'its-key' }).sign(privateKey);
}

/** A token signed with the secret that both know, as if that proved who made it. */
export function symmetric(claims: JWTPayload): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(CLIENT.secret));
}

function page(body: string): string {
  return `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Provider</title><body><h1>The provider</h1>${body}</body></html>`;
}
