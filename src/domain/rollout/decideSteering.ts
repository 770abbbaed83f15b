import type { ErrorCode } from '../errors/table.js';
import { pauseInForce, type Steered, type Steering } from './steering.js';
import type { RolloutView } from './types.js';

/** The passage that a word is for. */
export interface SteeredPassage {
  /** It moves all traffic at once: there is no step to wait on. */
  readonly immediate: boolean;
  /** What its workflow says of itself; absent: it does not answer any more. */
  readonly view?: Pick<RolloutView, 'status' | 'step' | 'weight' | 'paused' | 'phase'>;
  /** Words on record in its stream. */
  readonly said: readonly Steered[];
  /** Percent that the candidate was given last, by the same stream; absent: none is on record. */
  readonly shifted?: number;
}

export interface Asked {
  readonly word: Steering;
  readonly by: string;
  /** The step that a promotion is meant for, from 0; absent: the one under way. */
  readonly step?: number;
}

export type SteeringDecision =
  /** Write it down under this ID, and tell the rollout. */
  | { readonly kind: 'say'; readonly entryId: string; readonly step?: number }
  /** Somebody said so before: nothing is written, and the rollout is told again, because it may not have heard. */
  | { readonly kind: 'again'; readonly step?: number }
  /** It is so already. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly reason: string };

const refused = (code: ErrorCode, reason: string): SteeringDecision => ({ kind: 'refused', code, reason });

/**
 * What a word of a person does to the passage under way, for every state that it may be in. Two words are safe at any time,
 * and never refused as long as something moves: pause and abort. Nothing stops a way back.
 */
export const decideSteering = (asked: Asked, passage: SteeredPassage | undefined): SteeringDecision => {
  if (passage === undefined) return refused('rollout_idle', 'no rollout is under way');
  const aborted = passage.said.some(({ kind }) => kind === 'abort');
  const status = passage.view?.status;
  if (status === undefined || status === 'completed')
    return refused('rollout_idle', 'the rollout has ended: the candidate has its traffic, or what was before it');
  const back = aborted || status === 'aborting' || status === 'aborted';
  if (asked.word === 'abort') return aborted ? { kind: 'again' } : back ? { kind: 'nothing' } : say('aborted');
  if (back) return refused('rollout_ending', `it is aborted: ${asked.word} would come too late`);
  if (asked.word === 'resume') return resume(passage);
  if (passage.immediate) return refused('rollout_without_steps', 'it moves all traffic at once, and waits nowhere');
  return asked.word === 'pause' ? pause(passage) : promote(asked, passage);
};

const say = (entryId: string, step?: number): SteeringDecision => ({
  ...{ kind: 'say', entryId },
  ...(step === undefined ? {} : { step }),
});

/** Pauses and resumes take turns: whoever repeats one, or says it at the same time as another, writes the same entry. */
const turnOf = (said: readonly Steered[]): number =>
  said.filter(({ kind }) => kind === 'pause' || kind === 'resume').length;

const pause = ({ said }: SteeredPassage): SteeringDecision =>
  pauseInForce(said) === undefined ? say(`paused/${turnOf(said)}`) : { kind: 'again' };

/** It may also have been paused by a signal that nobody wrote down. */
const resume = ({ said, view }: SteeredPassage): SteeringDecision =>
  pauseInForce(said) === undefined && view?.paused === undefined ? { kind: 'nothing' } : say(`resumed/${turnOf(said)}`);

/**
 * It shortens the hold of one step that has its traffic, and of no other. Each person has an entry of their own: where a step
 * waits for a word, that of somebody who turns out not to be asked must not take the place of another's.
 */
const promote = ({ step: meant, by }: Asked, { view, said, shifted }: SteeredPassage): SteeringDecision => {
  const { step = 0, weight = 0 } = view ?? {};
  if (meant !== undefined && meant !== step)
    return refused('state_changed', `step ${step + 1} is under way, and not step ${meant + 1}`);
  if (view?.phase === 'switch')
    return refused(
      'rollout_without_steps',
      'the candidate has all traffic, and what ran before is kept beside it for its time',
    );
  if (view?.status === 'deploying' || !(weight > 0) || shifted !== weight)
    return refused(
      'step_not_begun',
      `no step is under way: ${shifted === undefined ? 'no share' : `${shifted} %`} of the candidate is on record`,
    );
  return said.some((one) => one.kind === 'promote' && one.step === step && one.by === by)
    ? { kind: 'again', step }
    : say(`promoted/${step}/${by}`, step);
};
