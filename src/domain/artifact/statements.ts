import type { Lineage } from './contents.js';
import { layerByPath, LAYERS, type Manifest } from './manifest.js';
import type { Digest, Version } from './types.js';
import { ATTESTATION_PREDICATES } from './verification.js';

export interface Statement {
  readonly _type: 'https://in-toto.io/Statement/v1';
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: string;
  readonly predicate: Readonly<Record<string, unknown>>;
}

/** Of in-toto (https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md): URI, digest or both. */
export interface ResourceDescriptor {
  readonly name?: string;
  readonly uri?: string;
  readonly digest?: Readonly<Record<string, string>>;
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

const hex = (digest: string): string => digest.slice('sha256:'.length);

/** @param attestation name of it, such as `provenance` */
export const statementAbout = (
  model: string,
  artifact: Digest,
  attestation: string,
  predicate: Readonly<Record<string, unknown>>,
): Statement => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: model, digest: { sha256: hex(artifact) } }],
  predicateType: ATTESTATION_PREDICATES[attestation] ?? '',
  predicate,
});

/** A file of the artifact, by its digest; nothing where the artifact has none of that name. */
export const fileOf = (
  manifest: Manifest,
  path: string,
  mediaType = 'application/json',
): readonly ResourceDescriptor[] => {
  const layer = layerByPath(manifest, path);
  return layer === undefined ? [] : [{ name: path, digest: { sha256: hex(layer.digest) }, mediaType }];
};

/**
 * SLSA v1 build provenance (https://slsa.dev/spec/v1.0/provenance) of an artifact, from its lineage. What was put into
 * the build are its dependencies; what is worth reading later, its byproducts.
 */
export const provenanceStatement = (
  releaseId: string,
  artifact: Digest,
  manifest: Manifest,
  lineage: Lineage,
): Statement =>
  statementAbout(lineage.model, artifact, 'provenance', {
    buildDefinition: {
      buildType: 'https://slipway.dev/build/v1',
      externalParameters: { repository: lineage.repository, commit: lineage.commit, params: lineage.params },
      internalParameters: { environment: lineage.environment },
      resolvedDependencies: dependenciesOf(manifest, lineage),
    },
    runDetails: {
      builder: { id: 'https://slipway.dev/builder/v1' },
      metadata: { invocationId: releaseId },
      byproducts: [
        ...fileOf(manifest, LAYERS.lineage),
        ...fileOf(manifest, LAYERS.environment, 'application/vnd.cyclonedx+json'),
        { name: 'evidence of the build', digest: { sha256: hex(lineage.build) }, mediaType: 'application/json' },
      ],
    },
  });

const dependenciesOf = (manifest: Manifest, lineage: Lineage): readonly ResourceDescriptor[] => {
  const exported = lineage.params['data.exported'];
  return [
    { uri: repositoryUri(lineage.repository, lineage.commit), digest: { gitCommit: lineage.commit } },
    ...fileOf(manifest, LAYERS.spec),
    ...(lineage.declared ?? []).map(({ path, uri, digest }) => ({ name: path, uri, digest: { sha256: hex(digest) } })),
    ...(typeof exported === 'string' ? [{ name: 'exported from production', digest: { sha256: hex(exported) } }] : []),
  ];
};

/** As SPDX writes the address of a repository; one that is no URL is a path, or a name of this installation's. */
const repositoryUri = (repository: string, commit: string): string => {
  if (/^[a-z][a-z0-9+.-]*:\/\//.test(repository)) return `git+${repository}@${commit}`;
  const [, login, path] = /^([^/:\s]+@[^/:\s]+):(.+)$/.exec(repository) ?? [];
  return path === undefined ? `git:${encodeURI(repository)}` : `git+ssh://${login}/${path}@${commit}`;
};

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
