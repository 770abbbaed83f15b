import type { Digest } from './types.js';

/** Where the attestations of an artifact are, in documents of the store. */
export const attestationFolder = (model: string, artifact: Digest): string =>
  `models/${model}/attestations/${artifact.slice('sha256:'.length)}/`;

/**
 * Each release attests under its own name: the same inputs are the same artifact, so that several releases may have
 * made it, and none may take away what another one attested.
 */
export const attestationKey = (model: string, artifact: Digest, releaseId: string, name: string): string =>
  `${attestationFolder(model, artifact)}${toldBy(releaseId)}/${name}.json`;

export interface AttestationKey {
  readonly key: string;
  /** `<commit>[.<n>]`; absent where all releases still shared one place. */
  readonly release?: string;
  readonly name: string;
}

/** What a key below the folder holds; undefined for anything else. */
export const attestationOfKey = (folder: string, key: string): AttestationKey | undefined => {
  const [, release, name] = /^(?:([^/]+)\/)?([a-z][a-z-]{0,40})\.json$/.exec(key.slice(folder.length)) ?? [];
  if (!key.startsWith(folder) || name === undefined) return undefined;
  return { key, name, ...(release === undefined ? {} : { release }) };
};

/** `<commit>[.<n>]` of a release's ID. */
export const toldBy = (releaseId: string): string => releaseId.slice(releaseId.lastIndexOf('/') + 1);

/** A release that attested an artifact, as far as it has come. */
export interface AttestingRelease {
  /** Empty where nothing names it. */
  readonly releaseId: string;
  /** Absent while it runs. */
  readonly outcome?: string;
  readonly endedAt?: number;
}

/**
 * Whose attestations stand for an artifact, first to last: the release that was first promoted with it, whatever came
 * later; before there is one, those that still run, and then the one that ended last.
 */
export const byStanding = <T extends AttestingRelease>(releases: readonly T[]): readonly T[] =>
  [...releases].sort((a, b) => {
    const [first, second] = [standing(a), standing(b)];
    if (first !== second) return first - second;
    const earlier = (a.endedAt ?? 0) - (b.endedAt ?? 0);
    if (earlier !== 0) return first === PROMOTED ? earlier : -earlier;
    return a.releaseId < b.releaseId ? -1 : 1;
  });

const PROMOTED = 0;

const standing = ({ outcome }: AttestingRelease): number => {
  if (outcome === 'promoted') return PROMOTED;
  return outcome === undefined ? 1 : 2;
};
