import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorCode } from '../domain/errors/table.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';

export type HealthAddress = { readonly path: string } & (
  { readonly socketPath: string } | { readonly host: string; readonly port: number }
);

/** What waiting cannot heal. */
const LASTING: readonly ErrorCode[] = ['temporal_empty', 'store_unsafe', 'config_invalid'];
const POLL_MS = 50;
const TIMEOUT_MS = 2_000;
const MAX_BODY = 64 * 1024;

/** Resolves when the address answers 200; rejects with the last thing it said when `signal` aborts. */
export const answersHealth = async (address: HealthAddress, signal: AbortSignal): Promise<void> => {
  let last = 'it does not answer';
  while (!signal.aborted) {
    const { status, body } = await ask(address).catch((error: Error) => ({ status: 0, body: error.message }));
    if (status === 200) return;
    if (status !== 0) {
      const lasting = lastingProblem(body);
      if (lasting !== undefined) throw lasting;
      last = `answers ${status}: ${body.slice(0, 500)}`;
    }
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  throw new Error(last);
};

/** One question; what it said with it. */
const ask = (address: HealthAddress): Promise<{ readonly status: number; readonly body: string }> =>
  new Promise((resolve, reject) => {
    const asked = request({ ...address, agent: false, timeout: TIMEOUT_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body = (body + chunk).slice(0, MAX_BODY)));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asked.on('timeout', () => asked.destroy(new Error('timed out')));
    asked.on('error', reject);
    asked.end();
  });

/** The API names what it misses as `<code>: <what>`; what waiting cannot heal is told at once. */
const lastingProblem = (body: string): SlipwayError | undefined => {
  for (const said of checksOf(body)) {
    const [code = '', ...rest] = said.split(': ');
    const lasting = LASTING.find((known) => known === code);
    if (lasting !== undefined) return new SlipwayError(lasting, rest.join(': '));
  }
  return undefined;
};

const checksOf = (body: string): readonly string[] => {
  try {
    const { checks } = JSON.parse(body) as { checks?: Readonly<Record<string, unknown>> };
    return Object.values(checks ?? {}).filter((said) => typeof said === 'string');
  } catch {
    return [];
  }
};
