/** Names and durations as people write them, in slipway.yaml, slipway.config.yaml and the HTTP API. */
import { z } from 'zod';

const NAME_WORDS = 'a name of lower-case letters, digits and dashes, at most 63 characters';

/** Model, environment, gate, check, step, identity, role, channel: `[a-z0-9][a-z0-9-]{0,62}`. */
export const name = z.string({ error: NAME_WORDS }).regex(/^[a-z0-9][a-z0-9-]{0,62}$/, NAME_WORDS);

const COLUMN_WORDS = 'a column name: letters, digits, _ and -, beginning with a letter or _, at most 63 characters';

/** A column of a table and input of a graph. */
export const columnName = z.string({ error: COLUMN_WORDS }).regex(/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/, COLUMN_WORDS);

const VARIABLE_WORDS = 'a variable name: letters, digits and _, not beginning with a digit';

export const variableName = z.string({ error: VARIABLE_WORDS }).regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, VARIABLE_WORDS);

const PARAM_WORDS = 'a parameter name: letters, digits, dots, _ and -, beginning with a letter';

export const paramName = z.string({ error: PARAM_WORDS }).regex(/^[A-Za-z][A-Za-z0-9_.-]{0,62}$/, PARAM_WORDS);

export const paramValue = z.union([z.string().max(4096), z.number(), z.boolean()], {
  error: 'text of at most 4,096 characters, a number, or true or false',
});

const PATH_WORDS = 'a path below the root of the repository, with / and without ..';

/** Relative, `/`-separated, never above the root of the repository. */
export const repositoryPath = z
  .string({ error: PATH_WORDS })
  .regex(/^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[^\\\u0000-\u001f]{1,255}(?<!\/)$/, PATH_WORDS);

const SIZE_WORDS = 'a size such as 512MiB or 2GiB, from 16MiB to 1024GiB';
const SIZE = /^([1-9][0-9]{0,5})(MiB|GiB)$/;
const SIZE_UNITS = { MiB: 2 ** 20, GiB: 2 ** 30 } as const;

const parseSize = (text: string): number => {
  const match = SIZE.exec(text);
  return match === null ? Number.NaN : Number(match[1]) * SIZE_UNITS[match[2] as keyof typeof SIZE_UNITS];
};

/** Bytes of `512MiB` or `2GiB`, after parsing. */
export const size = z
  .string({ error: SIZE_WORDS })
  .regex(SIZE, SIZE_WORDS)
  .refine((text) => within(parseSize(text), 16 * SIZE_UNITS.MiB, 1024 * SIZE_UNITS.GiB), SIZE_WORDS)
  .transform(parseSize);

const COMMIT_WORDS = 'the full hash of a commit, 40 or 64 hexadecimal digits';

export const commitHash = z.string({ error: COMMIT_WORDS }).regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, COMMIT_WORDS);

const DIGEST_WORDS = 'sha256: and 64 hexadecimal digits';

export const digest = z.templateLiteral(['sha256:', z.string().regex(/[0-9a-f]{64}/)], { error: DIGEST_WORDS });

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const DURATION = /^(0|[1-9][0-9]{0,8})(ms|s|m|h|d|w)$/;

/** Milliseconds of `5s`, `10m`, `1d`; undefined for anything else. */
export const parseDuration = (text: string): number | undefined => {
  const match = DURATION.exec(text);
  return match === null ? undefined : Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
};

/** A duration between two others, both inclusive, in milliseconds after parsing. */
export const duration = (shortest: string, longest: string): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> => {
  const words = `a number with ms, s, m, h, d or w, from ${shortest} to ${longest}`;
  const [least, most] = [parseDuration(shortest)!, parseDuration(longest)!];
  return z
    .string({ error: words })
    .regex(DURATION, words)
    .refine((text) => within(parseDuration(text), least, most), words)
    .transform((text) => parseDuration(text)!);
};

const within = (value: number | undefined, least: number, most: number): boolean =>
  value !== undefined && value >= least && value <= most;
