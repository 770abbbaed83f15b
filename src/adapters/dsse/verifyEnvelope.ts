import { IN_TOTO } from '../../domain/artifact/dsse.js';
import { judgeStatement } from '../../domain/artifact/judgeStatement.js';
import type { Statement } from '../../domain/artifact/statements.js';
import type { Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { DsseEnvelope } from '../../ports/signer.js';
import { openEnvelope, type PublicKeys } from './openEnvelope.js';

export type { PublicKeys } from './openEnvelope.js';

export interface Expected {
  readonly role: PublicKeys[number]['role'];
  readonly predicateType: string;
  readonly subject: Digest;
}

/** The statement in an envelope that one of these keys signed, about exactly the expected artifact; `signature_invalid` otherwise. */
export const verifyEnvelope = (envelope: DsseEnvelope, keys: PublicKeys, expected: Expected): Statement => {
  if (envelope.payloadType !== IN_TOTO) throw invalid(`its payload is ${String(envelope.payloadType)}`);
  if (!Array.isArray(envelope.signatures)) throw invalid('nobody signed it');
  const opened = openEnvelope(envelope, keys, expected.role);
  if (opened.kind !== 'signed') throw invalid(`no ${expected.role} key of this installation signed it`);
  const verdict = judgeStatement(opened.payload, expected.predicateType, expected.subject);
  if (!verdict.ok) throw invalid(verdict.reason);
  return verdict.statement;
};

const invalid = (why: string): SlipwayError =>
  new SlipwayError('signature_invalid', `the attestation does not count: ${why}`);
