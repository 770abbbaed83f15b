import { commitHash } from '../src/contract/names.js';
import { authorshipOf } from '../src/domain/release/authorship.js';
import { resumersOnRecord } from '../src/domain/release/onRecord.js';
import type { Authorship } from '../src/domain/release/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { attestedVersion } from '../src/recovery/attestedVersion.js';
import type { Ports } from './ports.js';
import { readChain, runsOnRecord } from './versionAuthority.js';

interface Released {
  readonly model: string;
  readonly repository: string;
  readonly commit: string;
  readonly trigger: string;
}

type RecordPorts = Pick<Ports, 'store' | 'ledger' | 'attestations'>;

/**
 * Commit of what an environment runs: of the artifact that the ledger has as deployed last, as its signed provenance
 * names it. The arbiter is not asked, because whoever reaches the engine can start one whose champion is a commit of
 * their own; nor is the commit in the entry believed, which came by message.
 */
export const commitOnRecord = async (
  ports: RecordPorts,
  model: string,
  environment: string,
): Promise<string | undefined> => {
  const artifact = await runsOnRecord(ports, { model, environment });
  return artifact === undefined ? undefined : (await attestedVersion(ports, model, artifact))?.commit;
};

/**
 * Who wrote what an environment does not run yet: everybody with a commit since its champion's, because a release that
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
  ports: RecordPorts,
  releaseId: string,
  authorship: Authorship,
): Promise<Authorship> => {
  const resumedBy = resumersOnRecord(await readChain(ports, releaseId));
  return resumedBy.length === 0 ? authorship : { ...authorship, resumedBy };
};

/** The authors for every environment named together, each counted from what runs there now. */
export const authorsFor = async (
  ports: RecordPorts & Pick<Ports, 'source' | 'directory'>,
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
