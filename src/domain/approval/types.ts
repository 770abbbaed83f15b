import type { Digest } from '../artifact/types.js';

export type Decision = 'approve' | 'reject';

/** The claims of a decision: what a person said about exactly which evidence. Carried as a compact JWS. */
export interface DecisionStatement {
  readonly iss: 'slipway';
  /** This installation. */
  readonly aud: string;
  /** Identity of the person. */
  readonly sub: string;
  readonly roles: readonly string[];
  /** Seconds since the epoch, as JWT has them. */
  readonly iat: number;
  /** Limits delivery only. */
  readonly exp: number;
  readonly jti: string;
  readonly workflowId: string;
  readonly model: string;
  readonly env: string;
  readonly gate: string;
  /** The environment's epoch when the evidence was shown. */
  readonly epoch: number;
  readonly artifactDigest: Digest;
  readonly evidenceDigest: Digest;
  readonly policyDigest: Digest;
  readonly planDigest: Digest;
  readonly inputsDigest: Digest;
  readonly decision: Decision;
  readonly reason: string;
}

/** What a release waits for a decision on; a statement must name exactly this. */
export interface ApprovalSubject {
  readonly workflowId: string;
  readonly model: string;
  readonly env: string;
  readonly gate: string;
  readonly epoch: number;
  readonly artifactDigest: Digest;
  readonly evidenceDigest: Digest;
  readonly policyDigest: Digest;
  readonly planDigest: Digest;
  readonly inputsDigest: Digest;
}
