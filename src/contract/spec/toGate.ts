/** Gates, from the words of the file to the domain's terms: each rule is tagged by its kind. */
import type { GateRule, GateSpec, SliceSpec } from '../../domain/spec/gates.js';
import type { WrittenSpec } from './schema.js';

type Written = WrittenSpec['gates'][number];
type WrittenRule = Written['rules'][number];

const MIN_SLICE_ROWS = 200;

export const toGate = ({ block, rules, ...same }: Written): GateSpec => ({
  ...same,
  ...(block === undefined ? {} : { blockMs: block }),
  rules: rules.map(toRule),
});

const toRule = (rule: WrittenRule): GateRule => {
  if ('metric' in rule) {
    const { slice, minRows, undecided, ...same } = rule;
    return { kind: 'threshold', ...same, ...toSlice({ slice, minRows, undecided }) };
  }
  if ('champion' in rule) {
    const { champion: metric, slice, minRows, undecided, ...same } = rule;
    return { kind: 'champion', metric, ...same, ...toSlice({ slice, minRows, undecided }) };
  }
  if ('anchor' in rule) {
    const { anchor: metric, ...same } = rule;
    return { kind: 'anchor', metric, ...same };
  }
  if ('budget' in rule) return { kind: 'budget', ...rule };
  if ('data' in rule) {
    const { data: table, maxAge, ...same } = rule;
    return { kind: 'data', table, ...same, ...(maxAge === undefined ? {} : { maxAgeMs: maxAge }) };
  }
  if ('leakage' in rule) return { kind: 'leakage', by: rule.leakage, columns: rule.columns ?? [], max: rule.max };
  return toProbe(rule);
};

const toProbe = (
  rule: Extract<WrittenRule, { behaviour: unknown } | { cases: unknown } | { command: unknown }>,
): GateRule => {
  if ('cases' in rule) return { kind: 'cases', ...rule };
  if ('command' in rule) {
    const { command: run, timeout, ...same } = rule;
    return { kind: 'command', run, timeoutMs: timeout, ...same };
  }
  const { behaviour: prediction, change: feature, by, to, ...same } = rule;
  return { kind: 'behaviour', feature, prediction, change: to === undefined ? { by: by ?? 0 } : { to }, ...same };
};

const toSlice = (written: {
  readonly slice: string | undefined;
  readonly minRows: number | undefined;
  readonly undecided: SliceSpec['undecided'] | undefined;
}): { readonly slice?: SliceSpec } =>
  written.slice === undefined
    ? {}
    : {
        slice: {
          column: written.slice,
          minRows: written.minRows ?? MIN_SLICE_ROWS,
          undecided: written.undecided ?? 'block',
        },
      };
