import { createHash } from 'node:crypto';
import type { Digest } from '../../domain/artifact/types.js';
import type { Role } from '../../domain/rollout/types.js';

/** Ours carry these labels; what does not is never changed or removed. */
export const LABELS = {
  managedBy: 'app.kubernetes.io/managed-by',
  model: 'slipway.dev/model',
  environment: 'slipway.dev/environment',
  version: 'slipway.dev/version',
} as const;

export const ANNOTATIONS = {
  command: 'slipway.dev/command',
  acceptedAt: 'slipway.dev/accepted-at',
  answering: 'slipway.dev/answering',
  fence: 'slipway.dev/fence',
  artifact: 'slipway.dev/artifact-digest',
  release: 'slipway.dev/release',
  commit: 'slipway.dev/commit',
  counters: 'slipway.dev/counters',
  template: 'slipway.dev/template',
} as const;

export const hexOf = (digest: Digest): string => digest.slice('sha256:'.length);

/** Of everything that belongs to one model in one environment. */
export const labelsOf = (model: string, environment: string): Readonly<Record<string, string>> => ({
  [LABELS.managedBy]: 'slipway',
  [LABELS.model]: model,
  [LABELS.environment]: environment,
});

/** A name begins with a letter and has at most 63 characters: the rest of a long one is in its hash. */
const stem = (model: string, environment: string): string => {
  const hash = createHash('sha256').update(`${environment}/${model}`).digest('hex').slice(0, 8);
  return `m-${model.slice(0, 12).replace(/-+$/, '')}-${hash}`;
};

export const routeName = stem;

/**
 * Of a version's Deployment and Service. A shadow has its own, which logs under its own route: what becomes a candidate comes
 * up anew.
 */
export const versionName = (
  model: string,
  environment: string,
  { artifactDigest, role }: { readonly artifactDigest: Digest; readonly role: Role },
): string => `${stem(model, environment)}-${hexOf(artifactDigest).slice(0, 32)}${role === 'shadow' ? '-shadow' : ''}`;
