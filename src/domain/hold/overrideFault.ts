import type { DecisionStatement } from '../approval/types.js';
import type { Digest, Version } from '../artifact/types.js';
import type { Holder } from '../identity/types.js';
import type { Authorship } from '../release/types.js';
import { mayBypass } from './mayBypass.js';
import type { Hold, Place } from './types.js';

export interface OverrideCase {
  readonly claims: Omit<DecisionStatement, 'decision'> & { readonly decision: string };
  readonly freeze: Hold;
  /** Digest of what an override of this freeze is about; see `overrideInputs`. */
  readonly inputsDigest: Digest;
  readonly place: Place;
  readonly version: Version;
  readonly audience: string;
  readonly identities: readonly Holder[];
  readonly authorship: Authorship;
  /** When a passage of this release here was last written down as ended, epoch milliseconds. */
  readonly usedAt?: number;
  /** When the statement was written down. */
  readonly at: number;
}

/** What is digested as `inputsDigest`: an override is of one freeze as it stood, and of no other. */
export const overrideInputs = ({ id, kind, reason, from, until }: Hold): Readonly<Record<string, unknown>> => ({
  id,
  kind,
  reason,
  from,
  ...(until === undefined ? {} : { until }),
});

export const freezeGate = (environment: string): string => `freeze.${environment}`;

/** Why a signed override lets this version not pass this freeze now; undefined where it does. */
export const overrideFault = (given: OverrideCase): string | undefined => {
  const { claims, freeze, place, version, identities, authorship, usedAt } = given;
  if (freeze.kind !== 'freeze') return `${freeze.id} is a hold: it is lifted, not overridden`;
  const expected: Readonly<Record<string, readonly [unknown, unknown]>> = {
    installation: [claims.aud, given.audience],
    decision: [claims.decision, 'override'],
    release: [claims.workflowId, version.releaseId],
    artifact: [claims.artifactDigest, version.artifactDigest],
    model: [claims.model, place.model],
    environment: [claims.env, place.environment],
    gate: [claims.gate, freezeGate(place.environment)],
    freeze: [claims.inputsDigest, given.inputsDigest],
  };
  const wrong = Object.entries(expected).filter(([, [said, is]]) => said !== is);
  if (wrong.length > 0) return `it is about another ${wrong.map(([name]) => name).join(', ')}`;
  const standing = mayBypass({ name: claims.sub, asked: freeze.override, place, identities, authorship });
  if (!standing.ok) return standing.reason;
  return usedAt !== undefined && usedAt >= given.at
    ? 'it was used: a passage of this release has ended since'
    : undefined;
};
