import type { Digest } from '../src/domain/artifact/types.js';
import type { Place } from '../src/domain/hold/types.js';
import type { StepWord } from '../src/domain/rollout/stepWord.js';
import type { StepApprovalSpec } from '../src/domain/spec/types.js';
import { rolloutId } from '../workflows/messages.js';
import { readChain } from './onRecord.js';
import type { Ports } from './ports.js';
import { wordHere } from './wordHere.js';

export interface LookForWordInput extends Place {
  readonly epoch: number;
  readonly artifactDigest: Digest;
  readonly step: number;
  readonly approve: StepApprovalSpec;
  /** Epoch milliseconds. */
  readonly until: number;
}

/** What the ledger has of people who let this rollout go on behind a step. */
export const createLookForWord =
  (ports: Ports) =>
  async ({ model, environment, epoch, ...asked }: LookForWordInput): Promise<StepWord> => {
    const entries = await readChain(ports, rolloutId(model, environment, epoch));
    return wordHere(ports, { model, environment }, { entries, ...asked });
  };
