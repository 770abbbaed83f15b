/** What a route's handler is given and gives back; nothing of the HTTP framework. */
import type { Readable } from 'node:stream';
import type { BodyOf, ParamsOf, QueryOf, RouteShape } from '../contract/http/route.js';
import type { ROUTES, RouteName } from '../contract/http/routes.js';
import type { Identity } from '../domain/identity/types.js';
import type { SignedBySlack } from './slack/assertSigned.js';
import type { Credential } from './tokens.js';

export interface Call<R extends RouteShape> {
  readonly params: ParamsOf<R>;
  readonly query: QueryOf<R>;
  readonly body: BodyOf<R>;
  /** Who asks, with the roles of now. Public routes have nobody. */
  readonly identity: Identity;
  /** What they showed. */
  readonly credential: Credential;
  readonly idempotencyKey?: string;
  readonly lastEventId?: string;
  /** How Slack signed the body, where it says that it did. */
  readonly slack?: SignedBySlack;
  /** Does the Accept header name this media type? */
  accepts(media: string): boolean;
  /** Aborted when the caller has gone, or the server closes. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status?: number;
  /** An object is sent as JSON. */
  readonly body: object | string | Uint8Array | Readable;
  /** Media type of what is no object. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler<K extends RouteName> = (call: Call<(typeof ROUTES)[K]>) => Promise<Answer>;
export type Handlers = { readonly [K in RouteName]: Handler<K> };
