import { Canonical } from '../canonical.js';
import type { StepSpec } from '../spec/types.js';
import { pathsOf } from './describeSteps.js';
import { ancestorsOf, needsOf } from './graph.js';
import { pathMatcher } from './matchPath.js';
import type { DigestOf, FileDigests, StepFacts, StepParts, StoredFile } from './types.js';
import type { Digest } from '../artifact/types.js';

/** A key of another version says nothing about this one. */
const VERSION = 1;

/** The name of all runs of a step that must write the same: parts, and what it is said to write. */
export const stepKey = (model: string, step: StepSpec, parts: StepParts, digestOf: DigestOf): Digest =>
  digestOf({
    version: VERSION,
    model,
    step: step.name,
    outputs: step.outputs ?? [],
    parts: { ...parts, files: writtenOut(parts.files) },
  });

const texts = new WeakMap<FileDigests, Canonical>();

/** Of steps that depend on the whole tree, it is the same object: as large as a repository, and written out once. */
const writtenOut = (files: FileDigests): Canonical => {
  const known = texts.get(files) ?? new Canonical(files);
  texts.set(files, known);
  return known;
};

/** The facts of a step with what the steps before it wrote. Needs the outputs of all of them. */
export const partsOf = (
  steps: readonly StepSpec[],
  step: StepSpec,
  facts: StepFacts,
  outputsOf: (name: string) => readonly StoredFile[],
): StepParts => ({ ...facts, upstream: upstreamOf(steps, step, outputsOf) });

/**
 * What a step can have read of the steps before it: everything of those it needs. Of those further back, what its
 * inputs name; where it declares no inputs, everything.
 */
const upstreamOf = (
  steps: readonly StepSpec[],
  step: StepSpec,
  outputsOf: (name: string) => readonly StoredFile[],
): FileDigests => {
  const needs = needsOf(steps, step.name);
  const patterns = pathsOf(step);
  const named = pathMatcher(patterns ?? []);
  const seen = [...ancestorsOf(steps, step.name)].flatMap((name) =>
    outputsOf(name).filter(({ path }) => needs.includes(name) || patterns === undefined || named(path)),
  );
  return Object.fromEntries(seen.map(({ path, digest }) => [path, digest]));
};
