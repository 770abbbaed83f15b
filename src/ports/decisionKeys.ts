import type { DecisionStatement, OverrideStatement } from '../domain/approval/types.js';

/** Checks the signature of a decision: EdDSA only, our keys only. `statement_unsigned` otherwise. Expiry and content are judged by the domain. */
export interface DecisionVerifier {
  verify(statement: string): Promise<DecisionStatement>;
}

/** A public key that decisions were or are signed with. */
export interface DecisionKey {
  readonly keyid: string;
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** Verifies decisions, and names its keys, so that others can verify the same ones later. */
export interface DecisionKeyring extends DecisionVerifier {
  /** Also those that are used no more. */
  keys(): Promise<readonly DecisionKey[]>;
}

/** Held by the API process alone. */
export interface DecisionSigner {
  sign(claims: DecisionStatement | OverrideStatement): Promise<string>;
}
