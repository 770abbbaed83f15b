import type { Digest } from '../src/domain/artifact/types.js';
import { commitHash } from '../src/contract/names.js';
import { authorshipOf } from '../src/domain/release/authorship.js';
import { pusherOnRecord, resumersOnRecord } from '../src/domain/release/onRecord.js';
import type { Authorship } from '../src/domain/release/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { attestedVersion } from '../src/recovery/attestedVersion.js';
import { commitOf } from '../workflows/messages.js';
import type { Ports } from './ports.js';
import type { Place } from '../src/domain/hold/types.js';
import { readChain, ranOnRecord } from './onRecord.js';
import { isDeclaredHotfix } from '../src/domain/urgency/hotfix.js';
import { wasLookedAt } from './wasLookedAt.js';

interface Released {
  readonly model: string;
  readonly repository: string;
  readonly commit: string;
  readonly trigger: string;
}

type RecordPorts = Pick<Ports, 'store' | 'ledger' | 'attestations' | 'decisions' | 'directory' | 'source' | 'settings'>;

/**
 * Commit that authors are counted from: of the artifact that the ledger has as deployed last and people have looked at, as
 * its signed provenance names it. The arbiter is not asked, because whoever reaches the engine can start one whose champion
 * is a commit of their own; nor is the commit in the entry believed, which came by message. A hotfix that nobody has
 * looked at is passed over: what it brought is still to be looked at by others than its authors, also in what comes in on top.
 *
 * @param before a release: what ran when it came
 */
export const commitOnRecord = async (
  ports: RecordPorts,
  model: string,
  environment: string,
  before?: string,
): Promise<string | undefined> => {
  const place = { model, environment };
  return commitLookedAt(ports, place, await ranOnRecord(ports, place, before));
};

/** @param ran what ran there, one after the other */
const commitLookedAt = async (
  ports: RecordPorts,
  place: Place,
  ran: readonly Digest[],
): Promise<string | undefined> => {
  for (const artifact of ran.toReversed()) {
    const version = await attestedVersion(ports, place.model, artifact);
    if (version === undefined) return undefined;
    const entries = await readChain(ports, version.releaseId);
    if (!isDeclaredHotfix(entries)) return version.commit;
    // Its authors are counted from what ran when it came first: always less than here.
    const authors = async (): Promise<Authorship> => {
      const since = await commitLookedAt(ports, place, ran.slice(0, ran.indexOf(artifact)));
      const trigger = pusherOnRecord(entries);
      return withResumers(
        ports,
        version.releaseId,
        await authorsOf(ports, place.model, version.commit, trigger, since),
      );
    };
    if (await wasLookedAt(ports, place, version, entries, authors)) return version.commit;
  }
  return undefined;
};

const authorsOf = (
  ports: Pick<Ports, 'source' | 'directory' | 'settings'>,
  model: string,
  commit: string,
  trigger: string,
  since: string | undefined,
): Promise<Authorship> => {
  const repository = ports.settings.models[model]?.repository;
  if (repository === undefined) throw new SlipwayError('unknown_model', `no model ${model} is configured`);
  return authorsSince(ports, { model, repository, commit, trigger }, since);
};

/**
 * Who wrote what was not approved for an environment yet: everybody with a commit since its champion's, because a release that
 * went elsewhere in between was never approved here. Every commit counts where nothing ran, and where the champion is no
 * ancestor: what this release brings cannot be told apart then. Only a full hash names the same commit for ever.
 */
export const authorsSince = async (
  ports: Pick<Ports, 'source' | 'directory'>,
  { repository, commit, trigger }: Released,
  champion: string | undefined,
): Promise<Authorship> => {
  if (!commitHash.safeParse(commit).success)
    throw new SlipwayError('unknown_commit', `${JSON.stringify(commit.slice(0, 80))} is no full commit hash`);
  const from = champion !== undefined && (await descends(ports, repository, commit, champion)) ? champion : undefined;
  const authors = await ports.source.authorsBetween(repository, from, commit);
  // What runs there already still has somebody who wrote it.
  const known = authors.length === 0 ? [await ports.source.describe(repository, commit)] : authors;
  return authorshipOf(known, await ports.directory.identities(), trigger);
};

/** Who had the release told on counts, too, as far as its stream of the ledger says. */
export const withResumers = async (
  ports: Pick<Ports, 'ledger'>,
  releaseId: string,
  authorship: Authorship,
): Promise<Authorship> => {
  const resumedBy = resumersOnRecord(await readChain(ports, releaseId));
  return resumedBy.length === 0 ? authorship : { ...authorship, resumedBy };
};

/**
 * Who may not approve a release for an environment, as it is now: who wrote what it does not run yet, who pushed it, and who
 * had it told on.
 *
 * @param before count from what ran when this release came
 */
export const authorsHere = async (
  ports: RecordPorts,
  { model, environment }: Place,
  { releaseId, trigger }: { readonly releaseId: string; readonly trigger: string },
  before?: string,
): Promise<Authorship> => {
  const since = await commitOnRecord(ports, model, environment, before);
  return withResumers(ports, releaseId, await authorsOf(ports, model, commitOf(releaseId), trigger, since));
};

/** The authors for every environment named together, each counted from what runs there now. */
export const authorsFor = async (
  ports: RecordPorts,
  release: Released,
  environments: readonly string[],
): Promise<Authorship> => {
  const found: Authorship[] = [];
  for (const environment of environments) {
    found.push(await authorsSince(ports, release, await commitOnRecord(ports, release.model, environment)));
  }
  return {
    authors: [...new Set(found.flatMap(({ authors }) => authors))].sort(),
    unknown: [...new Set(found.flatMap(({ unknown }) => unknown))].sort(),
    trigger: release.trigger,
  };
};

const descends = async (
  { source }: Pick<Ports, 'source'>,
  repository: string,
  commit: string,
  champion: string,
): Promise<boolean> => {
  try {
    return (await source.authorsBetween(repository, commit, champion)).length === 0;
  } catch (error) {
    // Somebody rewrote the history, and the champion's commit is gone from it.
    if (error instanceof SlipwayError && error.code === 'unknown_commit') return false;
    throw error;
  }
};
