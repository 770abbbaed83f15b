import type { FileDigests } from '../build/types.js';

export interface SourceState {
  /** Of every file but slipway.yaml. */
  readonly files: FileDigests;
  /** Digest of slipway.yaml. */
  readonly spec: string;
  /** Digests of data from elsewhere, by address. */
  readonly data: Readonly<Record<string, string>>;
}

const MAX_NAMED = 5;

/** What of a branch is not as it was when a release failed: code, spec or data, each with names. Empty where nothing is. */
export const changesSince = (before: SourceState, now: SourceState): readonly string[] => {
  const code = differing(before.files, now.files);
  const data = differing(before.data, now.data);
  return [
    ...(code.length === 0 ? [] : [`code (${named(code)})`]),
    ...(before.spec === now.spec ? [] : ['spec (slipway.yaml)']),
    ...(data.length === 0 ? [] : [`data (${named(data)})`]),
  ];
};

const differing = (
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): readonly string[] => {
  const [old, fresh] = [new Map(Object.entries(before)), new Map(Object.entries(now))];
  return [...new Set([...old.keys(), ...fresh.keys()])].filter((name) => old.get(name) !== fresh.get(name)).sort();
};

const named = (names: readonly string[]): string =>
  names.length <= MAX_NAMED
    ? names.join(', ')
    : `${names.slice(0, MAX_NAMED).join(', ')} and ${names.length - MAX_NAMED} more`;
