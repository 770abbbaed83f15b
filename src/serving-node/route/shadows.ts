import type { Deployment } from '../deployment.js';
import type { NodeMetrics } from '../metrics.js';
import type { Running } from '../running.js';
import { attempt, type Question } from './attempt.js';
import type { Relayed } from './exchange.js';

export interface Shadows {
  /**
   * Called once the caller has the answer: shadows that are due a copy get one, later. Returns at once, and nothing that
   * becomes of the copies reaches the caller.
   */
  copy(deployment: Deployment, question: Question, answer: Relayed): void;
}

export interface ShadowsParts {
  readonly random: () => number;
  readonly metrics: Pick<NodeMetrics, 'copied'>;
  /** Copies that may wait for one shadow. */
  readonly waiting: number;
}

/** Copies that a shadow has at once: enough for its server to join them, and few beside callers' requests. */
const AT_ONCE = 8;
/** Bodies that wait for all shadows together; what is more is dropped. */
const WAITING_BYTES = 64 * 1024 * 1024;
const REQUEST_ID = Buffer.from('"request_id":"');
/** What is full or was not ready is not asked twice. */
const BUSY = new Set([429, 503]);

export const createShadows = ({ random, metrics, waiting }: ShadowsParts): Shadows => {
  const queues = new WeakMap<Running, Queue>();
  let bytes = 0;

  const drop = (deployment: Deployment, to: Running): void => {
    to.droppedCopies += 1;
    metrics.copied(deployment.model, to.version, 'dropped');
  };
  const send = async (deployment: Deployment, to: Running, copy: Question): Promise<void> => {
    const answer = await attempt(deployment, to, copy, true);
    metrics.copied(deployment.model, to.version, outcomeOf(answer));
  };
  const work = (deployment: Deployment, to: Running, queue: Queue): void => {
    while (queue.copies.length > 0 && (queue.underWay < AT_ONCE || !isDue(to))) {
      const copy = queue.copies.shift()!;
      bytes -= copy.body.length;
      // It may have become something else, or have died, while the copy waited.
      if (!isDue(to)) {
        drop(deployment, to);
        continue;
      }
      queue.underWay += 1;
      void send(deployment, to, copy).finally(() => {
        queue.underWay -= 1;
        work(deployment, to, queue);
      });
    }
  };
  const offer = (deployment: Deployment, to: Running, copy: Question): void => {
    const queue = queues.get(to) ?? { copies: [], underWay: 0 };
    queues.set(to, queue);
    if (!isDue(to) || queue.copies.length >= waiting || bytes + copy.body.length > WAITING_BYTES)
      return drop(deployment, to);
    queue.copies.push(copy);
    bytes += copy.body.length;
    work(deployment, to, queue);
  };
  return {
    copy: (deployment, question, answer) => {
      if (BUSY.has(answer.status)) return;
      let copy: Question | undefined;
      for (const to of deployment.versions()) {
        if (to.role !== 'shadow' || to.retiring || random() * 100 >= to.copies) continue;
        offer(deployment, to, (copy ??= copyOf(question, answer)));
      }
    },
  };
};

interface Queue {
  readonly copies: Question[];
  underWay: number;
}

const isDue = (to: Running): boolean => to.role === 'shadow' && !to.retiring && to.ready;

const outcomeOf = (answer: Relayed | undefined): 'answered' | 'refused' | 'failed' =>
  answer === undefined || answer.status >= 500 || answer.status === 429
    ? 'failed'
    : answer.status >= 400
      ? 'refused'
      : 'answered';

/** The copy bears the ID of the request that was answered, so that labels find what the shadow would have said. */
const copyOf = (question: Question, { body }: Relayed): Question => {
  const id = requestIdOf(body);
  return id === undefined ? question : { ...question, headers: `${question.headers}x-slipway-copy-of: ${id}\r\n` };
};

/** Within a text of JSON the quotes would be escaped, so this finds the field only. */
const requestIdOf = (body: Buffer): string | undefined => {
  const at = body.indexOf(REQUEST_ID);
  if (at < 0) return undefined;
  const start = at + REQUEST_ID.length;
  return /^([0-9a-z-]{1,64})"/.exec(body.toString('latin1', start, start + 65))?.[1];
};
