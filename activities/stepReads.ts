import type { StepQuestion } from '../src/domain/build/decideSteps.js';
import { pathsOf, writesOf } from '../src/domain/build/describeSteps.js';
import { ancestorsOf } from '../src/domain/build/graph.js';
import { isBelow, pathMatcher } from '../src/domain/build/matchPath.js';
import type { StepParts, StoredFile } from '../src/domain/build/types.js';
import type { StepSpec } from '../src/domain/spec/types.js';
import { digestListed } from './fileDigests.js';
import type { GuardedFolder, Listed } from './guardedFolder.js';
import { inParallel } from './inParallel.js';

/** What a key says that its step reads. */
export interface SaidReads {
  readonly files: GuardedFolder;
  readonly question: Pick<StepQuestion, 'steps'>;
  readonly step: StepSpec;
  readonly parts: StepParts;
  readonly outputsOf: (name: string) => readonly StoredFile[];
}

interface Read {
  readonly digest: string;
  /** Changes with every write, also where the same bytes are put back. */
  readonly mark: string;
}

type Reads = ReadonlyMap<string, Read>;

const AT_ONCE = 16;

/**
 * Watches what a step reads while it runs. All steps of a build share one checkout, and what one of them changes in it the
 * next one reads: under a key that speaks of the commit. The answer, asked when the step has ended, are the paths that were not
 * what its key says, before it or meanwhile; an outcome with any of them is not that of the key.
 */
export const watchReads = async (said: SaidReads): Promise<() => Promise<readonly string[]>> => {
  const before = await readsOf(said);
  return async () => {
    const after = await readsOf(said);
    const paths = new Set([...before.keys(), ...after.keys(), ...Object.keys(decided(said.parts))]);
    return [...paths].sort().filter((path) => {
      const [first, last, digest] = [before.get(path), after.get(path), decided(said.parts)[path]];
      return first?.digest !== digest || last?.digest !== digest || first?.mark !== last?.mark;
    });
  };
};

const decided = ({ files, upstream, data }: StepParts): Readonly<Record<string, string>> => ({
  ...files,
  ...upstream,
  ...data,
});

const readsOf = async (said: SaidReads): Promise<Reads> => {
  const { files, parts } = said;
  const isExtra = extraTo(said);
  const placed = { ...parts.upstream, ...parts.data };
  const committed = (await files.list()).filter(
    ({ path }) => !Object.hasOwn(placed, path) && (Object.hasOwn(parts.files, path) || isExtra(path)),
  );
  const written = Object.keys(placed).map((path) => ({ path, link: false }));
  const found = await inParallel([...committed, ...written], AT_ONCE, (one) => readOne(files, one));
  return new Map(found.flat());
};

/** Nothing where it has gone meanwhile: another step may run beside this one. */
const readOne = async (files: GuardedFolder, one: Listed): Promise<readonly (readonly [string, Read])[]> => {
  try {
    const found = await digestListed(files, one);
    if (found === undefined) return [];
    const { ino, size, mtimeNs, ctimeNs } = found.info;
    return [[one.path, { digest: found.digest, mark: [ino, size, mtimeNs, ctimeNs].join(' ') }]];
  } catch (error) {
    // A link may have become a file.
    if (['ENOENT', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
};

/** Files that the step says it reads and its key knows nothing of: new ones, and strange ones among outputs it reads. */
const extraTo = ({ question: { steps }, step, outputsOf }: SaidReads): ((path: string) => boolean) => {
  const patterns = pathsOf(step);
  const before = [...ancestorsOf(steps, step.name)];
  const stored = new Set(before.flatMap((name) => outputsOf(name).map(({ path }) => path)));
  const written = isBelow(steps.flatMap(writesOf));
  const earlier = isBelow(steps.filter(({ name }) => before.includes(name)).flatMap(({ outputs }) => outputs ?? []));
  const named = pathMatcher(patterns ?? []);
  return (path) => (earlier(path) ? !stored.has(path) : !written(path) && named(path));
};
