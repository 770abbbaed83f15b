import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Option } from 'commander';
import { shortRelease } from './output.js';

/** What a word stands for that only an installation knows. */
type Named = 'model' | 'release' | 'environment' | 'identity';

export interface Names {
  readonly home: string;
  /** Undefined where the API has no quick answer. */
  get<T>(path: string): Promise<T | undefined>;
}

/** Words that may stand where the last of these does, made from the tree of commands; empty: the shell may offer files. */
export const complete = async (
  program: Command,
  words: readonly string[],
  names: Names,
): Promise<readonly string[]> => {
  const typed = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const { command, given, awaits } = walk(program, typed);
  if (awaits !== undefined) return beginning(current, await namesOf(nameIn(awaits), names));
  if (current.startsWith('-')) return beginning(current, optionsOf(program, command, typed));
  const below = visibleBelow(command).map((child) => child.name());
  if (below.length > 0)
    return beginning(current, given === 0 ? [...below, ...(command === program ? ['help'] : [])] : []);
  const argument = command.registeredArguments.at(given) ?? command.registeredArguments.findLast((one) => one.variadic);
  return argument === undefined ? [] : beginning(current, await namesOf(argument.name(), names));
};

/** Which command the words have come to, how many arguments it has, and the option that waits for its value. */
const walk = (
  program: Command,
  words: readonly string[],
): { readonly command: Command; readonly given: number; readonly awaits?: Option } => {
  let command = program;
  let given = 0;
  let awaits: Option | undefined;
  for (const word of words) {
    if (awaits !== undefined) awaits = undefined;
    else if (word.startsWith('-')) {
      const option = [...command.options, ...program.options].find(
        ({ long, short }) => word === long || word === short,
      );
      if (option?.required === true) awaits = option;
    } else {
      const child = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
      if (child === undefined) given += 1;
      else [command, given] = [child, 0];
    }
  }
  return { command, given, ...(awaits === undefined ? {} : { awaits }) };
};

const visibleBelow = (command: Command): readonly Command[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== 'help');

const optionsOf = (program: Command, command: Command, typed: readonly string[]): readonly string[] => {
  const all = [...command.options, ...program.options].flatMap(({ long }) => long ?? []);
  return [...new Set([...all, '--help'])].filter((long) => !typed.includes(long));
};

/** Options say by their own name what their value names. */
const nameIn = ({ long, flags }: Option): string =>
  long === '--model' ? 'model' : long === '--env' ? 'environment' : (/[<[]([^\]>.]+)/.exec(flags)?.[1] ?? '');

const NAMED: readonly (readonly [RegExp, Named])[] = [
  [/release/, 'release'],
  [/model/, 'model'],
  [/environment/, 'environment'],
  [/identity/, 'identity'],
];

const namesOf = async (argument: string, names: Names): Promise<readonly string[]> => {
  const kinds = NAMED.filter(([pattern]) => pattern.test(argument)).map(([, kind]) => kind);
  return (await Promise.all(kinds.map((kind) => ask[kind](names)))).flat();
};

const modelsOf = async ({ get }: Names): Promise<readonly string[]> =>
  ((await get<{ models: readonly { name: string }[] }>('/api/v1/models'))?.models ?? []).map(({ name }) => name);

const ask: Readonly<Record<Named, (names: Names) => Promise<readonly string[]>>> = {
  model: modelsOf,
  release: async ({ get }) => {
    const page = await get<{ releases: readonly { releaseId: string }[] }>('/api/v1/releases?limit=100');
    return page === undefined ? [] : ['latest', ...page.releases.map(({ releaseId }) => shortRelease(releaseId))];
  },
  environment: async ({ get }) => {
    const status = await get<{ environments: readonly { environment: string }[] }>('/api/v1/status');
    return [...new Set((status?.environments ?? []).map(({ environment }) => environment))];
  },
  // Whoever a token of this home is there for.
  identity: async ({ home }) => {
    try {
      return readdirSync(join(home, 'credentials')).sort();
    } catch {
      return [];
    }
  },
};

const beginning = (current: string, words: readonly string[]): readonly string[] =>
  words.filter((word) => word.startsWith(current));
