import type { Digest, Version } from '../artifact/types.js';
import type { EnvironmentSpec } from '../spec/types.js';
import { GLASS_OPENED } from '../urgency/breakGlass.js';

interface Entry {
  readonly kind: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface SoakQuestion {
  /** As its release passes them, in order. */
  readonly environments: readonly Pick<EnvironmentSpec, 'name' | 'soakMs'>[];
  /** The one that it is to enter. */
  readonly environment: string;
  readonly artifactDigest: Digest;
  /** The stream of its release. */
  readonly entries: readonly Entry[];
  /** Streams of environments, by name. */
  readonly passages: Readonly<Record<string, readonly Entry[]>>;
}

/** Clocks of workers and engine may differ by so much. */
const CLOCK_SKEW_MS = 60_000;

/** Environments before one in which a version soaks. */
export const soaksBefore = <E extends SoakQuestion['environments'][number]>(
  environments: readonly E[],
  environment: string,
): readonly (E & { readonly soakMs: number })[] =>
  environments
    .slice(
      0,
      Math.max(
        0,
        environments.findIndex(({ name }) => name === environment),
      ),
    )
    .filter((one): one is E & { readonly soakMs: number } => one.soakMs !== undefined);

/**
 * Why a version has not soaked as its own spec asks; undefined where it has, in every environment before. The looks that
 * a soak rests on are told by message, and its length as well: so its record must be for this artifact, and younger by the
 * whole time than the passage that the ledger has of it there. Two people who broke the glass there let it go sooner.
 */
export const soakFault = ({
  environments,
  environment,
  artifactDigest,
  entries,
  passages,
}: SoakQuestion): string | undefined => {
  for (const { name, soakMs } of soaksBefore(environments, environment)) {
    const isOfIt = ({ body }: Entry): boolean =>
      body['environment'] === name && body['artifactDigest'] === artifactDigest;
    if (entries.some((entry) => entry.kind === GLASS_OPENED && isOfIt(entry))) continue;
    const soaked = entries.findLast((entry) => entry.kind === 'stage.soak' && isOfIt(entry));
    if (soaked?.body['verdict'] !== 'pass') return `nothing on record says that it soaked in ${name}`;
    const came = passages[name]?.findLast((entry) => deploys(entry, artifactDigest) && entry.at <= soaked.at);
    if (came === undefined) return `the ledger does not have it as deployed in ${name} before it soaked there`;
    if (!(soaked.at - came.at >= soakMs - CLOCK_SKEW_MS))
      return `it was in ${name} for ${Math.round((soaked.at - came.at) / 1000)} s, and its slipway.yaml asks for a soak of ${soakMs / 1000} s`;
  }
  return undefined;
};

const deploys = ({ kind, body }: Entry, artifact: Digest): boolean =>
  kind === 'deployment.deployed' && (body['version'] as Partial<Version> | undefined)?.artifactDigest === artifact;
