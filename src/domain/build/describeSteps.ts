import type { CommandSpec, ParamValue, Spec, StepSpec } from '../spec/types.js';
import { isBelow, newEffort, overlaps, pathMatcher, spend, type Effort } from './matchPath.js';
import type { Digest } from '../artifact/types.js';
import { ancestorsOf } from './graph.js';
import type { DigestOf, FileDigests, StepFacts } from './types.js';

/** What a commit and a release bring to a build. */
export interface BuildSource {
  readonly spec: Pick<Spec, 'install' | 'build'>;
  /** Every file of the commit that some step depends on. */
  readonly tree: FileDigests;
  readonly params: Readonly<Record<string, ParamValue>>;
  /** Of the worker: Node.js, platform, image. */
  readonly machine: Readonly<Record<string, string>>;
}

export interface DescribedSteps {
  readonly facts: Readonly<Record<string, StepFacts>>;
  /** Patterns that match no file. */
  readonly missing: readonly { readonly step: string; readonly input: string }[];
}

/** Of a file among those that a step depends on: it is hashed with them. */
const EFFORT_PER_FILE = 50;

/**
 * What every step depends on besides the steps before it.
 *
 * @throws SlipwayError `spec_invalid` where that takes too long to find
 */
export const describeSteps = ({ spec, tree, params, machine }: BuildSource, digestOf: DigestOf): DescribedSteps => {
  const { steps } = spec.build;
  const effort = newEffort();
  const environment = { ...seenBy(spec, machine), ...installed(spec, tree, digestOf, effort) };
  const written = isBelow(steps.flatMap(writesOf), effort);
  // What some step writes is no file of the commit for anybody, also where one was committed there.
  const committed = Object.entries(tree).filter(([path]) => !written(path));
  const all = Object.fromEntries(committed);
  const missing: { readonly step: string; readonly input: string }[] = [];
  const lock = spec.install?.python;
  if (lock !== undefined && !Object.hasOwn(tree, lock)) missing.push({ step: 'install', input: lock });
  const facts = steps.map((step): readonly [string, StepFacts] => {
    const files = inputFiles(step, committed, all, effort);
    const made = [...ancestorsOf(steps, step.name)].flatMap(
      (name) => steps.find((one) => one.name === name)?.outputs ?? [],
    );
    for (const input of pathsOf(step) ?? []) {
      const matches = pathMatcher([input], effort);
      const found = Object.keys(files).some(matches) || made.some((path) => matches(path) || overlaps(input, path));
      if (!found) missing.push({ step: step.name, input });
    }
    return [
      step.name,
      {
        command: commandOf(step),
        files,
        data: Object.fromEntries(dataOf(step).map(({ path, digest }) => [path, digest])),
        params: step.params === undefined ? params : chosen(params, step.params),
        environment,
      },
    ];
  });
  return { facts: Object.fromEntries(facts), missing };
};

/** Where a step writes: its outputs, and what it keeps for itself. */
export const writesOf = ({ outputs = [], checkpoint }: Pick<StepSpec, 'outputs' | 'checkpoint'>): readonly string[] =>
  checkpoint === undefined ? outputs : [...outputs, checkpoint];

/** The parameters that a step reads: those it names, or all. */
export const paramsOf = (
  step: Pick<StepSpec, 'params'>,
  params: Readonly<Record<string, ParamValue>>,
): Readonly<Record<string, ParamValue>> => (step.params === undefined ? params : chosen(params, step.params));

/** Patterns of the files of the commit that must be hashed; undefined where some step depends on all of them. */
export const hashedPatterns = (spec: Pick<Spec, 'install' | 'build'>): readonly string[] | undefined => {
  const patterns = spec.build.steps.map(pathsOf);
  if (patterns.includes(undefined)) return undefined;
  const install = installPatterns(spec);
  return install === undefined ? undefined : [...patterns.flatMap((paths) => paths ?? []), ...install];
};

/** Data from elsewhere that a step declares. */
export const dataOf = (step: Pick<StepSpec, 'inputs'>) =>
  (step.inputs ?? []).filter((input) => typeof input !== 'string');

/** Paths and patterns below the root of the repository; undefined where the step declares no inputs. */
export const pathsOf = (step: Pick<StepSpec, 'inputs'>): readonly string[] | undefined =>
  step.inputs?.filter((input) => typeof input === 'string');

/** Steps that name none have the same object: what is made of it is made once for all of them. */
const inputFiles = (
  step: StepSpec,
  committed: readonly (readonly [string, Digest])[],
  all: FileDigests,
  effort: Effort,
): FileDigests => {
  const patterns = pathsOf(step);
  const named = pathMatcher(patterns ?? [], effort);
  const files = patterns === undefined ? committed : committed.filter(([path]) => named(path));
  spend(effort, files.length * EFFORT_PER_FILE);
  return patterns === undefined ? all : Object.fromEntries(files);
};

/** Files that decide on what install prepares; undefined where nobody says which, and its lock files are looked for. */
const installPatterns = ({ install }: Pick<Spec, 'install'>): readonly string[] | undefined => {
  if (install === undefined) return [];
  const lock = install.python === undefined ? [] : [install.python];
  if (install.inputs !== undefined) return [...install.inputs, ...lock];
  return install.run === undefined ? lock : undefined;
};

/** The interpreter counts only for those who use the environment that Slipway makes with it. */
const seenBy = (
  { install }: Pick<Spec, 'install'>,
  machine: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const { python, ...others } = machine;
  return install?.python === undefined || python === undefined ? others : { ...others, python };
};

const LOCK_FILES =
  /^(?:package(?:-lock)?\.json|npm-shrinkwrap\.json|\.npmrc|yarn\.lock|pnpm-lock\.yaml|pyproject\.toml|setup\.(?:py|cfg)|[^/]*requirements[^/]*\.(?:txt|in|lock)|(?:poetry|uv|pdm|Pipfile|conda)[.-]?lock(?:\.yml)?|Pipfile|environment\.ya?ml)$/;

/** What install prepares: its command and its inputs, else the lock files it has, else whatever the commit has. */
const installed = (
  { install }: Pick<Spec, 'install'>,
  tree: FileDigests,
  digestOf: DigestOf,
  effort: Effort,
): Readonly<Record<string, string>> => {
  if (install === undefined) return {};
  const { run, env, python } = install;
  const command = run === undefined ? { env } : commandOf({ ...install, run });
  const patterns = installPatterns({ install });
  const decides = pathMatcher(patterns ?? [], effort);
  const named = Object.entries(tree).filter(([path]) =>
    patterns === undefined ? LOCK_FILES.test(path) || path === python : decides(path),
  );
  const files = named.length > 0 || patterns !== undefined ? Object.fromEntries(named) : tree;
  return { install: digestOf({ ...command, ...(python === undefined ? {} : { python }), files }) };
};

const chosen = (
  params: Readonly<Record<string, ParamValue>>,
  names: readonly string[],
): Readonly<Record<string, ParamValue>> =>
  Object.fromEntries(Object.entries(params).filter(([name]) => names.includes(name)));

const commandOf = ({ run, env, network }: CommandSpec): StepFacts['command'] => ({
  run,
  env,
  ...(network === true ? { network } : {}),
});
