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
  /** The body is a form, read as the text that it is: its sender signs that. */
  readonly form?: true;
  /** Also while the engine is not the one that this installation knows. */
  readonly withoutEngine?: boolean;
  /** The model and environment that it is about stand in no request: its handler finds them, and asks for the role there. */
  readonly placeFound?: true;
  /** Answers as long as there is something to tell. */
  readonly stream?: true;
  /** Opens in a browser as well, by a link that the API signed: `?until=…&sig=…` in the place of a token. */
  readonly linked?: true;
  /** Decides something for good: fewer of these are let in, and where people log in only from who did so a short while ago. */
  readonly decides?: true;
  /** The route whose ETag an If-Match header of this one names. */
  readonly state?: string;
  /** The answer is a secret: it is never kept for a repeat with the same Idempotency-Key. */
  readonly secretAnswer?: true;
  /** What a repeat with the same Idempotency-Key header means, besides getting the first answer. */
  readonly idempotency?: string;
  readonly answers: Readonly<Record<number, AnswerShape>>;
}

type Output<T, Otherwise> = T extends z.ZodType ? z.output<T> : Otherwise;

export type ParamsOf<R extends RouteShape> = Output<R['params'], Readonly<Record<never, never>>>;
export type QueryOf<R extends RouteShape> = Output<R['query'], Readonly<Record<never, never>>>;
export type BodyOf<R extends RouteShape> = Output<R['body'], undefined>;
