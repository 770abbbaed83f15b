import type { OpenedCheckpoint } from '../../domain/ledger/auditCheckpoints.js';
import { checkpointOf } from '../../domain/ledger/checkpoint.js';
import type { DsseEnvelope } from '../../ports/signer.js';
import { openEnvelope, type PublicKeys } from './openEnvelope.js';

/** Looks into a stored checkpoint: whose it is, and what it says where one of the given ledger keys signed it. */
export const openCheckpoint = (bytes: Uint8Array, keys: PublicKeys): OpenedCheckpoint => {
  const envelope = parse(bytes);
  if (envelope === undefined) return { kind: 'unreadable' };
  const opened = openEnvelope(envelope, keys, 'ledger');
  if (opened.kind !== 'signed') return opened;
  const checkpoint = checkpointOf(opened.payload);
  return checkpoint === undefined ? { kind: 'unreadable' } : { kind: 'signed', checkpoint };
};

const parse = (bytes: Uint8Array): DsseEnvelope | undefined => {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes)) as Partial<DsseEnvelope> | null;
    return typeof value?.payload === 'string' && Array.isArray(value.signatures) ? (value as DsseEnvelope) : undefined;
  } catch {
    return undefined;
  }
};
