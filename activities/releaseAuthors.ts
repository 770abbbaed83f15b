import { authorshipOf } from '../src/domain/release/authorship.js';
import type { Authorship } from '../src/domain/release/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { environmentId } from '../workflows/messages.js';
import { environmentState } from './environmentState.js';
import type { Ports } from './ports.js';

interface Released {
  readonly model: string;
  readonly repository: string;
  readonly commit: string;
  readonly trigger: string;
}

/**
 * Who wrote what an environment does not run yet: everybody with a commit since its champion's, because a release that
 * went elsewhere in between was never approved here. Every commit counts where nothing ran, and where the champion is no
 * ancestor: what this release brings cannot be told apart then.
 */
export const authorsSince = async (
  ports: Pick<Ports, 'source' | 'directory'>,
  { repository, commit, trigger }: Released,
  champion: string | undefined,
): Promise<Authorship> => {
  const from = champion !== undefined && (await descends(ports, repository, commit, champion)) ? champion : undefined;
  const authors = await ports.source.authorsBetween(repository, from, commit);
  // What runs there already still has somebody who wrote it.
  const known = authors.length === 0 ? [await ports.source.describe(repository, commit)] : authors;
  return authorshipOf(known, await ports.directory.identities(), trigger);
};

/** The authors for every environment named together, each counted from what runs there now. */
export const authorsFor = async (
  ports: Pick<Ports, 'source' | 'directory' | 'workflows'>,
  release: Released,
  environments: readonly string[],
): Promise<Authorship> => {
  const found: Authorship[] = [];
  for (const environment of environments) {
    const state = await environmentState(ports, environmentId(release.model, environment));
    found.push(await authorsSince(ports, release, state?.champion?.commit));
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
