import type { ObservedVersion, TargetVersion } from './types.js';

type Wanted = Pick<TargetVersion, 'artifactDigest' | 'weight' | 'role' | 'copies'>;
type Found = Pick<ObservedVersion, 'artifactDigest' | 'weight' | 'role' | 'copies' | 'servedDigest'>;

/**
 * How what runs differs from what was asked for, in words; empty where it does not. Whether a version is ready is no
 * difference: it may still be loading. What a version says that it serves is one, as soon as it says so.
 *
 * @example differences([{ …, weight: 90 }], [{ …, weight: 50 }]) // ['aaaaaaaaaaaa has 50 % as champion, asked for were 90 % as champion']
 */
export const differences = (wanted: readonly Wanted[], found: readonly Found[]): readonly string[] => [
  ...wanted.flatMap((version) => {
    const there = found.find(({ artifactDigest }) => artifactDigest === version.artifactDigest);
    if (there === undefined) return [`${short(version.artifactDigest)} is missing`];
    return [...shareDifference(version, there), ...servedDifference(there)];
  }),
  ...found
    .filter(({ artifactDigest }) => !wanted.some((version) => version.artifactDigest === artifactDigest))
    .map((extra) => `${short(extra.artifactDigest)} runs with ${sayShare(extra)}, and was not asked for`),
];

const shareDifference = (wanted: Wanted, found: Found): readonly string[] =>
  sayShare(wanted) === sayShare(found)
    ? []
    : [`${short(wanted.artifactDigest)} has ${sayShare(found)}, asked for were ${sayShare(wanted)}`];

const servedDifference = ({ artifactDigest, servedDigest }: Found): readonly string[] =>
  servedDigest === undefined || servedDigest === artifactDigest
    ? []
    : [`${short(artifactDigest)} says that it serves ${short(servedDigest)}`];

/** Tenths of a percent are what a command can say: below them is arithmetic. */
const sayShare = ({ weight, role, copies }: Omit<Wanted, 'artifactDigest'>): string =>
  `${tenths(weight)} % as ${role}${copies === undefined ? '' : ` with ${tenths(copies)} % of copies`}`;

const tenths = (percent: number): number => Math.round(percent * 10) / 10;

const short = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);
