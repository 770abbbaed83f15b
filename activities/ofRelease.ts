import type { BlobRef, Digest } from '../src/domain/artifact/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { StageName } from '../src/domain/release/types.js';
import type { Spec } from '../src/domain/spec/types.js';
import type { ReleaseRef } from './assertOfRelease.js';
import type { BuildOutcome, BuiltFile } from './buildModel.js';
import { getJson } from './documents.js';
import type { Ports } from './ports.js';
import { readChain } from './onRecord.js';

/** The spec that the checks of this release read from its commit; no other digest is believed, also where it is in the store. */
export const specOfRelease = async (ports: Ports, release: ReleaseRef, specDigest: Digest): Promise<Spec> => {
  for (const digest of await passedIn(ports, release, 'integrate')) {
    const found = await getJson<{ commit: string; specDigest: Digest }>(ports.store, digest);
    if (found.specDigest === specDigest && found.commit === release.commit)
      return getJson<Spec>(ports.store, specDigest);
  }
  throw mismatch(`no checks of ${release.releaseId} passed with the spec ${specDigest}`);
};

/** What the build of this release wrote down that it made. */
export const builtOfRelease = async (ports: Ports, release: ReleaseRef, evidence: Digest): Promise<BuildOutcome> => {
  if (!(await passedIn(ports, release, 'build')).includes(evidence))
    throw mismatch(`no build of ${release.releaseId} passed with the evidence ${evidence}`);
  return readBuild(ports, evidence);
};

export const readBuild = async ({ store }: Pick<Ports, 'store'>, evidence: Digest): Promise<BuildOutcome> => {
  type Outputs = Readonly<Record<'model' | 'evaluation' | 'reference', BuiltFile>> & { readonly report?: BuiltFile };
  const { outputs, packages } = await getJson<{ outputs: Outputs; packages?: BlobRef }>(store, evidence);
  return { ...outputs, ...(packages === undefined ? {} : { packages }), evidence };
};

const passedIn = async (ports: Ports, { releaseId }: ReleaseRef, stage: StageName): Promise<readonly Digest[]> =>
  (await readChain(ports, releaseId))
    .filter(({ kind, body }) => kind === `stage.${stage}` && body['verdict'] === 'pass')
    .map(({ body }) => body['evidence'] as Digest);

const mismatch = (reason: string): SlipwayError => new SlipwayError('record_mismatch', reason);
