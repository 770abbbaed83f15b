import type { Digest, Version } from './types.js';

export interface Statement {
  readonly _type: 'https://in-toto.io/Statement/v1';
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: string;
  readonly predicate: Readonly<Record<string, unknown>>;
}

const hex = (digest: Digest): string => digest.slice('sha256:'.length);

const statement = (
  name: string,
  digest: Digest,
  predicateType: string,
  predicate: Readonly<Record<string, unknown>>,
): Statement => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name, digest: { sha256: hex(digest) } }],
  predicateType,
  predicate,
});

/** SLSA v1 build provenance (https://slsa.dev/spec/v1.0/provenance) of an artifact, from its lineage. */
export const provenanceStatement = (
  model: string,
  releaseId: string,
  artifact: Digest,
  lineage: Readonly<Record<string, unknown>>,
): Statement =>
  statement(model, artifact, 'https://slsa.dev/provenance/v1', {
    buildDefinition: {
      buildType: 'https://slipway.dev/build/v1',
      externalParameters: { repository: lineage['repository'], commit: lineage['commit'], params: lineage['params'] },
      internalParameters: { specDigest: lineage['specDigest'], environment: lineage['environment'] },
      resolvedDependencies: [{ uri: `git:${String(lineage['repository'])}`, digest: { gitCommit: lineage['commit'] } }],
    },
    runDetails: {
      builder: { id: 'https://slipway.dev/builder/v1' },
      metadata: { invocationId: releaseId },
      byproducts: [lineage],
    },
  });

interface Provenance {
  readonly buildDefinition?: { readonly externalParameters?: { readonly commit?: unknown } };
  readonly runDetails?: { readonly metadata?: { readonly invocationId?: unknown } };
}

/** Which release made the artifact, as the predicate of its provenance says. */
export const versionOfProvenance = (artifactDigest: Digest, predicate: Provenance): Version | undefined => {
  const commit = predicate.buildDefinition?.externalParameters?.commit;
  const releaseId = predicate.runDetails?.metadata?.invocationId;
  return typeof commit === 'string' && typeof releaseId === 'string'
    ? { artifactDigest, releaseId, commit }
    : undefined;
};
