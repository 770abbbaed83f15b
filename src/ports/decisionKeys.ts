import type { DecisionStatement } from '../domain/approval/types.js';

/** Checks the signature of a decision: EdDSA only, our keys only. `statement_unsigned` otherwise. Expiry and content are judged by the domain. */
export interface DecisionVerifier {
  verify(statement: string): Promise<DecisionStatement>;
}

/** Held by the API process alone. */
export interface DecisionSigner {
  sign(claims: DecisionStatement): Promise<string>;
}
