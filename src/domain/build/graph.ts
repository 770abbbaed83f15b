import type { StepSpec } from '../spec/types.js';

/** Names of the steps right before a step: those it names; where it names none, the one written before it. */
export const needsOf = (steps: readonly StepSpec[], name: string): readonly string[] => {
  const position = steps.findIndex((step) => step.name === name);
  const before = steps[position - 1];
  return steps[position]?.needs ?? (before === undefined ? [] : [before.name]);
};

/** Every step before a step, near or far. */
export const ancestorsOf = (steps: readonly StepSpec[], name: string): ReadonlySet<string> => {
  const found = new Set<string>();
  for (let queue = [...needsOf(steps, name)]; queue.length > 0;) {
    const fresh = queue.filter((step) => !found.has(step));
    for (const step of fresh) found.add(step);
    queue = fresh.flatMap((step) => needsOf(steps, step));
  }
  return found;
};

/** The steps so that each stands behind those it needs; otherwise as they are written. Steps of a cycle are left out. */
export const inOrder = (steps: readonly StepSpec[]): readonly StepSpec[] => {
  const ordered: StepSpec[] = [];
  const done = new Set<string>();
  for (;;) {
    const next = steps.find(
      (step) => !done.has(step.name) && needsOf(steps, step.name).every((need) => done.has(need)),
    );
    if (next === undefined) return ordered;
    done.add(next.name);
    ordered.push(next);
  }
};

/** A way from a step back to itself, by name; undefined where there is none. */
export const cycleThrough = (
  needs: ReadonlyMap<string, readonly string[]>,
  start: string,
): readonly string[] | undefined => {
  const seen = new Set<string>();
  const walk = (name: string, path: readonly string[]): readonly string[] | undefined => {
    for (const next of needs.get(name) ?? []) {
      if (next === start) return [...path, start];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = walk(next, [...path, next]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return walk(start, [start]);
};
