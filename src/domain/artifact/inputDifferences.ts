import type { SignatureSpec } from '../spec/types.js';

/** One input that callers have to send otherwise. */
export interface InputDifference {
  readonly feature: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** In words: `number, becomes integer`. */
  readonly what: string;
  /** A request that was right before is refused, or means something else. */
  readonly breaks: boolean;
}

type Feature = SignatureSpec['features'][number];

/**
 * How the inputs of two versions differ, for whoever calls them. An input that is gone is sent in vain; one that is new, or
 * of another type, refuses the callers of before.
 */
export const inputDifferences = (
  from: Pick<SignatureSpec, 'features'>,
  to: Pick<SignatureSpec, 'features'>,
): readonly InputDifference[] => {
  const before = new Map(from.features.map((feature) => [feature.name, feature]));
  const after = new Map(to.features.map((feature) => [feature.name, feature]));
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((name): readonly InputDifference[] => {
    const [was, is] = [before.get(name), after.get(name)];
    if (was === undefined && is !== undefined)
      return [{ feature: name, change: 'added', what: `${is.type} has to be sent`, breaks: true }];
    if (is === undefined && was !== undefined)
      return [{ feature: name, change: 'removed', what: `${was.type} is not asked for any more`, breaks: true }];
    return was === undefined || is === undefined ? [] : changesOf(was, is);
  });
};

/** Parts of a feature that decide on what is answered; how it is logged is nothing that callers see. */
const PARTS = ['type', 'min', 'max', 'categories', 'missing', 'infinite'] as const;

const changesOf = (was: Feature, is: Feature): readonly InputDifference[] => {
  const [before, after] = [partsOf(was), partsOf(is)];
  const changed = PARTS.filter((part) => before[part] !== after[part]);
  if (changed.length === 0) return [];
  const what = changed.map((part) => `${part} ${before[part]} becomes ${after[part]}`).join(', ');
  const breaks = changed.some((part) => ['type', 'missing', 'infinite'].includes(part));
  return [{ feature: was.name, change: 'changed', what, breaks }];
};

const partsOf = (feature: Feature): Readonly<Record<(typeof PARTS)[number], string>> => ({
  type: feature.type,
  min: String(feature.min ?? 'none'),
  max: String(feature.max ?? 'none'),
  categories: feature.categories === undefined ? 'none' : `[${feature.categories.join(', ')}]`,
  missing: feature.missing ?? 'allow',
  infinite: feature.infinite ?? 'refuse',
});
