import type { z } from 'zod';

/** Roles that open routes; `any` is every identity with a token, `public` needs none. */
export type Role = 'author' | 'reviewer' | 'oncall' | 'operator';
export type Access = 'public' | 'any' | readonly [Role, ...Role[]];

/** One answer of a route: JSON of a schema, or text of a media type. */
export type AnswerShape =
  | { readonly description: string; readonly json: z.ZodType }
  | { readonly description: string; readonly media: readonly string[] };

export interface RouteShape {
  readonly method: 'GET' | 'POST';
  /** With {parameters} as OpenAPI has them. */
  readonly url: string;
  readonly access: Access;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The body may be as large as a batch of labels. */
  readonly largeBody?: boolean;
  /** Also while the engine is not the one that this installation knows. */
  readonly withoutEngine?: boolean;
  /** Opens in a browser as well, by a link that the API signed: `?until=…&sig=…` in the place of a token. */
  readonly linked?: true;
  /** What a repeat with the same Idempotency-Key header means; absent: the header has no effect. */
  readonly idempotency?: string;
  readonly answers: Readonly<Record<number, AnswerShape>>;
}

type Output<T, Otherwise> = T extends z.ZodType ? z.output<T> : Otherwise;

export type ParamsOf<R extends RouteShape> = Output<R['params'], Readonly<Record<never, never>>>;
export type QueryOf<R extends RouteShape> = Output<R['query'], Readonly<Record<never, never>>>;
export type BodyOf<R extends RouteShape> = Output<R['body'], undefined>;
