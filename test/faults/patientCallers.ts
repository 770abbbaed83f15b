import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface PatientResult {
  readonly answered: number;
  /** Requests that were sent a second time. */
  readonly retried: number;
  /** What was not answered the second time either. */
  readonly failures: readonly string[];
  /** Answers of versions that should not have answered then. */
  readonly wrong: readonly string[];
}

export interface PatientCallers {
  /** Versions that may answer requests from now on. */
  expect(...versions: string[]): void;
  /** Requests so far. */
  answered(): number;
  /** Requests so far that were sent a second time. */
  retried(): number;
  /** Resolves when this many more requests have been answered. */
  pass(requests: number): Promise<void>;
  stop(): Promise<PatientResult>;
}

export interface CallersOptions {
  readonly url: string;
  readonly model: string;
  readonly bodies: readonly string[];
  readonly callers: number;
  readonly everyMs: number;
}

/**
 * Callers of a model as a careful client library is: a request that fails is sent once more, when the address says that
 * it is ready, and no third time.
 */
export const startPatientCallers = (options: CallersOptions): PatientCallers => {
  const agent = new Agent({ keepAlive: true });
  const stopping = new AbortController();
  const failures: string[] = [];
  const wrong: string[] = [];
  let answered = 0;
  let retried = 0;
  let expected: readonly string[] = [];
  let waiting: { readonly at: number; readonly resolve: () => void }[] = [];

  const send = (method: 'GET' | 'POST', path: string, body?: string): Promise<{ status: number; text: string }> =>
    new Promise((resolve) => {
      const fail = (error: Error): void => resolve({ status: 0, text: error.message });
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const question = request(`${options.url}${path}`, { agent, method, headers, timeout: 30_000 }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.once('error', fail);
      });
      question.once('timeout', () => question.destroy(new Error('no answer in 30 s')));
      question.once('error', fail);
      question.end(body);
    });
  const untilReady = async (): Promise<void> => {
    while (!stopping.signal.aborted && (await send('GET', `/v2/models/${options.model}/ready`)).status !== 200)
      await delay(50);
  };
  const ask = async (body: string): Promise<void> => {
    const atFirst = expected;
    const path = `/v2/models/${options.model}/infer`;
    let answer = await send('POST', path, body);
    if (answer.status !== 200) {
      retried += 1;
      await untilReady();
      answer = await send('POST', path, body);
    }
    answered += 1;
    const version = /"model_version":"([0-9a-f]{64})"/.exec(answer.text)?.[1] ?? 'none';
    if (answer.status !== 200) failures.push(`${answer.status} ${answer.text}`.slice(0, 200));
    else if (![...atFirst, ...expected].includes(version)) wrong.push(version);
    for (const one of waiting) if (answered >= one.at) one.resolve();
    waiting = waiting.filter((one) => answered < one.at);
  };
  const call = async (first: number): Promise<void> => {
    for (let turn = first; !stopping.signal.aborted; turn += options.callers) {
      await ask(options.bodies[turn % options.bodies.length]!);
      await delay(options.everyMs);
    }
  };
  const calling = Array.from({ length: options.callers }, (_, first) => call(first));
  return {
    expect: (...versions) => void (expected = versions),
    answered: () => answered,
    retried: () => retried,
    pass: (requests) => new Promise((resolve) => waiting.push({ at: answered + requests, resolve })),
    stop: async () => {
      stopping.abort();
      await Promise.all(calling);
      agent.destroy();
      return { answered, retried, failures, wrong };
    },
  };
};
