import { chooseVersion, fallback, stickyPoint } from '../../domain/routing/chooseVersion.js';
import { earn, FULL_BUDGET, spend, type RetryBudget } from '../../domain/routing/retryBudget.js';
import type { Deployment } from '../deployment.js';
import type { Replica } from '../replica.js';
import type { Running } from '../running.js';
import { attempt, type Question } from './attempt.js';
import { changeWithin, createColdStart } from './coldStart.js';
import type { Relayed } from './exchange.js';

export interface Forwarding {
  readonly question: Question;
  readonly stickyKey: string | undefined;
  /** A version by its 64 digits, or a role: this one or none. */
  readonly only: string | undefined;
  /** Aborted when the caller went away: nobody is asked any more. */
  readonly cancelled?: AbortSignal;
  /** performance.now() from which on nobody waits for the answer. What was asked then is still awaited: a server is judged by it. */
  readonly deadline?: number;
}

/** Whether a request was asked twice; `denied`: it would have been, and too many were. */
export type Retry = 'none' | 'retried' | 'denied';

export type Forwarded =
  | { readonly kind: 'answered'; readonly answer: Relayed; readonly by: Running; readonly retry: Retry }
  | { readonly kind: 'unknown_version' }
  | { readonly kind: 'cancelled' }
  /** The version slept, and was not ready in time. */
  | { readonly kind: 'late' }
  | { readonly kind: 'nobody'; readonly retry: Retry };

/** How long a request waits for a server that died and is being started again, when there is no other. */
const PATIENCE_MS = 5_000;
const MAX_PATIENT = 512;

export interface Forwarder {
  forward(deployment: Deployment, request: Forwarding): Promise<Forwarded>;
}

/**
 * Sends a request to the version that weights, key or header choose. A prediction changes nothing, so it is asked once
 * more where that may help, as long as the model's budget has room: of another ready process or version when a server dies or
 * is silent, or of the same one when it is back; of the champion when a candidate fails on it, or dies.
 */
export const createForwarder = (random: () => number): Forwarder => {
  const budgets = new WeakMap<Deployment, RetryBudget>();
  const coldStart = createColdStart();
  let patient = 0;

  const budgetOf = (deployment: Deployment): RetryBudget => budgets.get(deployment) ?? FULL_BUDGET;
  const mayRetry = (deployment: Deployment): boolean => {
    const left = spend(budgetOf(deployment));
    if (left !== undefined) budgets.set(deployment, left);
    return left !== undefined;
  };
  const pick = (deployment: Deployment, request: Forwarding): Running | undefined => {
    const versions = deployment.versions();
    if (request.only !== undefined) return versions.find((one) => matches(one, request.only!) && one.ready);
    const point = request.stickyKey === undefined ? random() : stickyPoint(versions, request.stickyKey);
    return chooseVersion(versions, point);
  };
  /** Only a version that answered before is waited for, and that may be asked in time: a first one that loads may take its time. */
  const waitFor = async (deployment: Deployment, request: Forwarding): Promise<Running | undefined> => {
    const worthIt = deployment
      .versions()
      .some((one) => one.comesWithin(PATIENCE_MS) && (request.only === undefined || matches(one, request.only)));
    if (!worthIt || patient >= MAX_PATIENT) return undefined;
    patient += 1;
    const deadline = Math.min(performance.now() + PATIENCE_MS, request.deadline ?? Infinity);
    try {
      for (;;) {
        const found = pick(deployment, request);
        const left = deadline - performance.now();
        if (found !== undefined || left <= 0 || isOver(request.cancelled)) return found;
        await changeWithin(deployment, left);
      }
    } finally {
      patient -= 1;
    }
  };
  /** Who answers of versions that sleep, once it is awake. */
  const awaken = (deployment: Deployment, request: Forwarding) =>
    coldStart.wait(
      deployment,
      { bytes: request.question.body.length, deadline: request.deadline ?? Infinity },
      (one) => (request.only === undefined ? one.role !== 'shadow' : matches(one, request.only)),
      () => pick(deployment, request),
      () => isOver(request.cancelled),
    );
  /** Whom to ask once more; undefined where nobody would answer better. */
  const other = async (
    deployment: Deployment,
    request: Forwarding,
    first: Running,
    asked: Replica | undefined,
    answer: Relayed | undefined,
  ): Promise<Running | undefined> => {
    const another =
      request.only === undefined ? fallback(deployment.versions().filter((one) => one !== first)) : undefined;
    const champion = another?.role === 'champion' && !another.retiring ? another : undefined;
    if (answer?.status === 500) return champion;
    // However many processes it has: an input that no version survives ends as many of a candidate as of the champion.
    if (answer === undefined && first.role === 'candidate' && champion !== undefined) return champion;
    // Another process of the same version keeps a caller with its version.
    if (answer === undefined && first.replicas.some((one) => one !== asked && one.ready)) return first;
    // Only a server that is gone is worth waiting for; one that is busy has said so.
    return another ?? (answer === undefined ? waitFor(deployment, request) : undefined);
  };
  return {
    forward: async (deployment, request) => {
      const { question, only, cancelled } = request;
      if (only !== undefined && !deployment.versions().some((one) => matches(one, only)))
        return { kind: 'unknown_version' };
      let first = pick(deployment, request);
      if (first === undefined) {
        const woken = await awaken(deployment, request);
        if (woken.kind === 'late') return isOver(cancelled) ? { kind: 'cancelled' } : woken;
        first = woken.kind === 'ready' ? woken.version : await waitFor(deployment, request);
      }
      if (isOver(cancelled)) return { kind: 'cancelled' };
      if (first === undefined) return { kind: 'nobody', retry: 'none' };
      budgets.set(deployment, earn(budgetOf(deployment)));
      const asked = first.choose();
      const answer = await attempt(deployment, first, question, only === undefined, cancelled, asked);
      if (isOver(cancelled)) return { kind: 'cancelled' };
      const told = (retry: Retry): Forwarded =>
        answer === undefined ? { kind: 'nobody', retry } : { kind: 'answered', answer, by: first, retry };
      if (!isWorthAnother(answer, first) || performance.now() >= (request.deadline ?? Infinity)) return told('none');
      const second = await other(deployment, request, first, asked, answer);
      if (isOver(cancelled)) return { kind: 'cancelled' };
      if (second === undefined) return told('none');
      if (!mayRetry(deployment)) return told('denied');
      // What another version was given says nothing of how the one does that stands in for it.
      const counted = only === undefined && answer === undefined;
      const next = second.choose(second === first ? asked : undefined);
      const again = await attempt(deployment, second, question, counted, cancelled, next);
      if (isOver(cancelled)) return { kind: 'cancelled' };
      // Where the champion fails as well, the caller is told what the version said that it was given.
      if (again === undefined || (answer !== undefined && again.status >= 500)) return told('retried');
      return { kind: 'answered', answer: again, by: second, retry: 'retried' };
    },
  };
};

/** Asked anew after each wait. */
const isOver = (cancelled: AbortSignal | undefined): boolean => cancelled?.aborted === true;

/** A champion's failure is what there is; a candidate's need not be. */
const isWorthAnother = (answer: Relayed | undefined, by: Running): boolean =>
  answer === undefined || answer.status === 503 || (answer.status === 500 && by.role === 'candidate');

const matches = (one: Running, only: string): boolean => !one.retiring && (one.version === only || one.role === only);
