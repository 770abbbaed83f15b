import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StepQuestion } from '../src/domain/build/decideSteps.js';
import { pathsOf, writesOf } from '../src/domain/build/describeSteps.js';
import { ancestorsOf } from '../src/domain/build/graph.js';
import { isBelow, pathMatcher } from '../src/domain/build/matchPath.js';
import type { StepParts, StoredFile } from '../src/domain/build/types.js';
import type { StepSpec } from '../src/domain/spec/types.js';
import { digestFile, digestLink, listTree } from './fileDigests.js';
import { inParallel } from './inParallel.js';
import { findWritten } from './writtenFile.js';

/** What a key says that its step reads. */
export interface SaidReads {
  readonly directory: string;
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
  const { directory, parts } = said;
  const isExtra = extraTo(said);
  const placed = { ...parts.upstream, ...parts.data };
  const found = (await listTree(directory)).filter(
    ({ path }) => !Object.hasOwn(placed, path) && (Object.hasOwn(parts.files, path) || isExtra(path)),
  );
  const committed = await inParallel(found, AT_ONCE, async ({ path, link }) => {
    const file = join(directory, path);
    return readOne(path, file, link ? digestLink : digestFile);
  });
  const written = await inParallel(Object.keys(placed), AT_ONCE, async (path) => {
    const there = await findWritten(directory, path);
    return 'problem' in there ? [] : readOne(path, there.file, digestFile);
  });
  return new Map([...committed, ...written].flat());
};

/** Nothing where it has gone meanwhile: another step may run beside this one. */
const readOne = async (
  path: string,
  file: string,
  digestOf: (file: string) => Promise<string>,
): Promise<readonly (readonly [string, Read])[]> => {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await lstat(file, { bigint: true });
    return [[path, { digest: await digestOf(file), mark: [ino, size, mtimeNs, ctimeNs].join(' ') }]];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
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
