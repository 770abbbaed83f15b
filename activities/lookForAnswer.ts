import {
  answerInForce,
  answersOnRecord,
  AS_STEERING,
  ROLES_OF_ANSWER,
  sayAnswer,
  type AnswerFound,
  type GivenAnswer,
} from '../src/domain/bake/bakeAnswer.js';
import type { Digest } from '../src/domain/artifact/types.js';
import { pusherOnRecord } from '../src/domain/release/onRecord.js';
import { maySteer } from '../src/domain/rollout/maySteer.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import { assertOwnStream } from './assertOwnStream.js';
import { putJson } from './documents.js';
import { readChain } from './onRecord.js';
import { placeTaken, type Provisional, type Replaced } from './placeTaken.js';
import type { Ports } from './ports.js';
import { recordStage } from './recordStage.js';
import { authorsHere } from './releaseAuthors.js';

export interface LookForAnswerInput extends Provisional {
  /** An answer that came later says nothing, epoch milliseconds. */
  readonly until: number;
}

export type FoundAnswer =
  | Replaced
  | Extract<AnswerFound, { kind: 'missing' }>
  | { readonly kind: 'given'; readonly answer: GivenAnswer; readonly evidence: Digest };

/**
 * What the ledger has of people who say what becomes of a provisional version. Who may is judged now: whoever lost the role
 * since, or turns out to have written it, does not count.
 */
export const createLookForAnswer =
  (ports: Ports) =>
  async (input: LookForAnswerInput): Promise<FoundAnswer> => {
    const { releaseId, environment, artifactDigest } = input;
    assertOwnStream(releaseId);
    const replaced = await placeTaken(ports, input);
    if (replaced !== undefined) return replaced;
    const entries = await readChain(ports, releaseId);
    const answers = answersOnRecord(entries, input);
    // Authors are asked of a Git host, so only where there is something to judge.
    if (answers.length === 0) return { kind: 'missing', refused: [] };
    const found = answerInForce(answers, await faultsOf(ports, input, entries), input.until);
    if (found.kind === 'missing') return found;
    const { answer } = found;
    const evidence = await putJson(ports.store, { kind: 'bake-answer', input, answer });
    await recordStage(ports, {
      ...{ releaseId, stage: 'bake', environment, artifactDigest, evidence, reason: sayAnswer(answer) },
      verdict: answer.kind === 'confirm' ? 'pass' : 'fail',
    });
    return { kind: 'given', answer, evidence };
  };

const faultsOf = async (
  ports: Ports,
  { releaseId, model, environment }: LookForAnswerInput,
  entries: readonly LedgerEntry[],
): Promise<(answer: GivenAnswer) => string | undefined> => {
  const place = { model, environment };
  const identities = await ports.directory.identities();
  // It runs by now: authors are counted from what ran when it came.
  const authorship = await authorsHere(ports, place, { releaseId, trigger: pusherOnRecord(entries) }, releaseId);
  return ({ kind, by }) => {
    const standing = maySteer({
      ...{ word: AS_STEERING[kind], name: by, roles: ROLES_OF_ANSWER[kind], place },
      ...{ identities, authorship },
    });
    return standing.ok ? undefined : standing.reason;
  };
};
