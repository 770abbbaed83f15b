import type { Digest } from '../artifact/types.js';
import type { Decision } from './decisionKinds.js';
import type { InputValues } from './inputs.js';

/** What a release waits for a decision on; a statement names exactly this. */
export interface ApprovalSubject {
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
}

/** The claims of a decision: what a person said about exactly which evidence. Carried as a compact JWS. */
export interface DecisionStatement extends ApprovalSubject {
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
  readonly decision: Decision;
  readonly reason: string;
  /** Answers of an approval to what the environment asks; absent where it asks nothing. */
  readonly inputs?: InputValues;
  /** Of a delegation: the identity that takes the place. */
  readonly to?: string;
}

/** The same claims about a freeze: no answer to what a release waits for. */
export type OverrideStatement = Omit<DecisionStatement, 'decision'> & { readonly decision: 'override' };
