import type { ApiClient } from './apiClient.js';
import { printable } from '../domain/printable.js';

/** A name that Slipway made of what an identity provider calls somebody by: nobody recognises a person by it. */
const MADE = /(?<![\w-])[a-z0-9][a-z0-9-]{0,40}-[0-9a-f]{16}(?![\w-])/g;
/** That look like names, and are none. */
const NO_NAMES: ReadonlySet<string> = new Set(['id', 'jti', 'entryId', 'releaseId']);
/** As many as the API is asked about at once. */
const MOST = 50;

/** Names of identities, with how the identity provider calls the person. */
export type Labels = ReadonlyMap<string, string>;

/** For whatever names of that kind are in a value. Without an answer names stay as they are: nothing depends on it. */
export const labelsIn = async (api: Pick<ApiClient, 'get'>, value: unknown): Promise<Labels> => {
  const names = new Set<string>();
  collect(value, names);
  if (names.size === 0) return new Map();
  const query = encodeURIComponent([...names].slice(0, MOST).join(','));
  const { identities } = await api
    .get<{ identities: readonly { readonly name: string; readonly label?: string }[] }>(
      `/api/v1/identities?names=${query}`,
    )
    .catch(() => ({ identities: [] }));
  return new Map(
    identities.flatMap(({ name, label = '' }) => (label.trim() === '' ? [] : [[name, printable(label)] as const])),
  );
};

/** The value with people as they are called, and their names beside it: who logs in may be called like somebody else. */
export const named = <T>(value: T, labels: Labels): T => (labels.size === 0 ? value : (call(value, labels) as T));

const collect = (value: unknown, names: Set<string>): void => {
  if (typeof value === 'string') for (const [name] of value.matchAll(MADE)) names.add(name);
  else if (typeof value === 'object' && value !== null)
    for (const [key, one] of Object.entries(value)) if (!NO_NAMES.has(key)) collect(one, names);
};

const call = (value: unknown, labels: Labels): unknown => {
  if (typeof value === 'string')
    return value.replace(MADE, (name) => (labels.has(name) ? `${labels.get(name)} (${name})` : name));
  if (Array.isArray(value)) return value.map((one) => call(one, labels));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, NO_NAMES.has(key) ? one : call(one, labels)]),
  );
};
