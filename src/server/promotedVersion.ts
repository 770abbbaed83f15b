import type { Digest, Version } from '../domain/artifact/types.js';
import type { ReleaseView } from '../domain/release/types.js';
import { eachOf } from './known.js';
import { storedReleases } from './listReleases.js';
import type { ServerPorts } from './ports.js';
import { releaseDocument } from './releaseState.js';

const WIDTH = 10;

/** The version that a promoted release of this model made, by its artifact; looked for in the store. */
export const promotedVersion = async (
  ports: ServerPorts,
  model: string,
  artifactDigest: Digest,
): Promise<Version | undefined> => {
  const found = await eachOf(
    await storedReleases(ports, model),
    WIDTH,
    async (stored): Promise<Version | undefined> => {
      const body = await releaseDocument(ports, stored, 'release.json');
      if (body === undefined) return undefined;
      const view = JSON.parse(new TextDecoder().decode(body)) as ReleaseView;
      if (view.outcome !== 'promoted' || view.artifactDigest !== artifactDigest) return undefined;
      return { artifactDigest, releaseId: view.releaseId, commit: view.commit };
    },
  );
  return found.find((version) => version !== undefined);
};
