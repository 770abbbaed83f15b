import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorCode } from '../domain/errors/table.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { exchange, type Address } from '../transport/exchange.js';

export type HealthAddress = Address & { readonly path: string };

/** What waiting cannot heal. */
const LASTING: readonly ErrorCode[] = ['temporal_empty', 'store_unsafe', 'config_invalid'];
const POLL_MS = 50;
const TIMEOUT_MS = 2_000;

/** Resolves when the address answers 200; rejects with the last thing it said when `signal` aborts. */
export const answersHealth = async (address: HealthAddress, signal: AbortSignal): Promise<void> => {
  let last = 'it does not answer';
  while (!signal.aborted) {
    const { status, text } = await exchange(address, { path: address.path, timeoutMs: TIMEOUT_MS }).catch(
      (error: Error) => ({ status: 0, text: error.message }),
    );
    if (status === 200) return;
    if (status !== 0) {
      const lasting = lastingProblem(text);
      if (lasting !== undefined) throw lasting;
      last = `answers ${status}: ${text.slice(0, 500)}`;
    }
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  throw new Error(last);
};

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
