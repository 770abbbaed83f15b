import type { ReferenceHistogram } from '../rollout/types.js';

/** What each bin holds, for people; numeric bins hold (edge below, edge]. */
export const binLabels = (histogram: ReferenceHistogram): readonly string[] => {
  if (histogram.kind === 'categorical') return [...histogram.categories, 'other', 'missing'];
  const edges = histogram.edges.map((edge) => `${Number(edge.toPrecision(6))}`);
  const first = edges[0];
  if (first === undefined) return ['any', 'missing'];
  const inner = edges.slice(1).map((edge, index) => `${edges[index] ?? ''} to ${edge}`);
  return [`up to ${first}`, ...inner, `above ${edges.at(-1) ?? ''}`, 'missing'];
};
