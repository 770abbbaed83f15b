import { canonicalJson } from '../canonical.js';
import { clip } from '../clip.js';
import { isBelow } from './matchPath.js';
import type { PartChange, RunCause, StepDecision, StepParts, StepRecord } from './types.js';
import type { Digest } from '../artifact/types.js';

/** A step as it is now: all that its key is made of. */
export interface StepNow {
  readonly key: Digest;
  readonly parts: StepParts;
  /** What it is said to write. */
  readonly outputs: readonly string[];
}

/** Why a step must run whose key nobody has seen: what is not as it was at its last run. */
export const explainStep = (last: StepRecord | undefined, { key, parts: now, outputs }: StepNow): RunCause => {
  if (last === undefined) return { kind: 'never_ran' };
  const before = last.parts;
  const changes = [
    ...(canonicalJson(before.command) === canonicalJson(now.command)
      ? []
      : [{ part: 'command', name: 'run', change: 'changed' } as const]),
    ...differences('file', before.files, now.files),
    ...differences('data', before.data, now.data),
    ...differences('param', before.params, now.params),
    ...differences('environment', before.environment, now.environment),
    ...differences('upstream', before.upstream, now.upstream),
    ...outputChanges(last, outputs),
  ];
  if (changes.length > 0) return { kind: 'changed', changes };
  // The rest of the key is said otherwise, such as a folder in place of the one file in it.
  return last.key === key
    ? { kind: 'outputs_lost' }
    : { kind: 'changed', changes: [{ part: 'output', name: 'outputs', change: 'changed' }] };
};

/** By what it wrote: a record has the files, and not the words that they were declared with. */
const outputChanges = ({ outputs: written }: StepRecord, declared: readonly string[]): readonly PartChange[] => {
  const claimed = isBelow(declared);
  return [
    ...declared
      .filter((output) => !written.some(({ path }) => isBelow([output])(path)))
      .map((name) => ({ part: 'output', name, change: 'added' }) as const),
    ...written
      .filter(({ path }) => !claimed(path))
      .map(({ path: name }) => ({ part: 'output', name, change: 'removed' }) as const),
  ];
};

const differences = (
  part: PartChange['part'],
  before: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
): readonly PartChange[] =>
  [...new Set([...Object.keys(before), ...Object.keys(now)])].sort().flatMap((name): readonly PartChange[] => {
    // A file may be called `constructor`.
    const from = Object.hasOwn(before, name) ? before[name] : undefined;
    const to = Object.hasOwn(now, name) ? now[name] : undefined;
    if (from === to) return [];
    const change = from === undefined ? 'added' : to === undefined ? 'removed' : 'changed';
    return [{ part, name, change, ...(part === 'param' || part === 'environment' ? shown(from, to) : {}) }];
  });

const shown = (from: unknown, to: unknown): { readonly from?: string; readonly to?: string } => ({
  ...(from === undefined ? {} : { from: short(from) }),
  ...(to === undefined ? {} : { to: short(to) }),
});

const short = (value: unknown): string => clip(String(value), 40);

/** The sentence of `slipway why`, of plans and of logs. */
export const sayDecision = (decision: StepDecision): string => {
  switch (decision.kind) {
    case 'skip':
      return `nothing it depends on has changed since ${decision.record.releaseId}`;
    case 'depends':
      return `${list(decision.on)} ${decision.on.length === 1 ? 'runs' : 'run'} first: it is skipped when that writes what is known already`;
    case 'lookup':
      return 'not looked up yet';
    case 'run':
      return sayCause(decision.cause);
  }
};

export const sayCause = (cause: RunCause): string => {
  switch (cause.kind) {
    case 'never_ran':
      return 'it has not run here before';
    case 'no_outputs':
      return 'it declares no outputs, so there is nothing to bring back';
    case 'outputs_lost':
      return 'nothing has changed, but its outputs are no longer in the store as the ledger has them';
    case 'unknown_upstream':
      return `${list(cause.steps)} before it ${cause.steps.length === 1 ? 'declares' : 'declare'} no outputs, so nobody knows what it reads`;
    case 'changed': {
      const shown = cause.changes.slice(0, MAX_SHOWN).map(sayChange);
      const more = cause.changes.length - shown.length;
      return `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
    }
  }
};

const MAX_SHOWN = 5;

const WHERE: Readonly<Record<PartChange['part'], (name: string) => string>> = {
  command: () => 'its command',
  file: (name) => name,
  data: (name) => `data ${name}`,
  param: (name) => `parameter ${name}`,
  environment: (name) => (name === 'install' ? 'what install prepares' : `the worker's ${name}`),
  upstream: (name) => `${name} of a step before it`,
  output: (name) => (name === 'outputs' ? 'what it is said to write' : `its output ${name}`),
};

const sayChange = ({ part, name, change, from, to }: PartChange): string => {
  const values =
    change === 'changed' && from !== undefined && to !== undefined && part === 'param' ? ` from ${from} to ${to}` : '';
  return `${WHERE[part](name)} ${change === 'changed' ? 'changed' : change === 'added' ? 'is new' : 'is gone'}${values}`;
};

const list = (names: readonly string[]): string => names.join(', ');
