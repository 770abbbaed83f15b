import type { Digest, Version } from '../../../src/domain/artifact/types.js';
import type { DeploymentKind, DeploymentRequest } from '../../../src/domain/environment/types.js';

export const digest = (name: string): Digest => `sha256:${name}`;

export const version = (order: number, rerun = ''): Version => ({
  artifactDigest: digest(`v${order}${rerun}`),
  releaseId: `release/m/c${order}${rerun}`,
  commit: `c${order}`,
});

/** A request for the version of the given position; a rollback's own position is 0. */
export const request = (
  kind: DeploymentKind,
  order: number,
  change: Partial<DeploymentRequest> = {},
): DeploymentRequest => {
  const wanted = version(order);
  return {
    requestId: `${wanted.releaseId}@production/${kind}`,
    kind,
    version: wanted,
    rollout: { strategy: 'immediate' },
    order: kind === 'release' ? order : 0,
    ...(kind === 'release' ? { replyTo: wanted.releaseId } : {}),
    by: 'author',
    reason: `${kind} of v${order}`,
    ...change,
  };
};
