import { clip } from '../../domain/clip.js';
import { ERRORS, type ErrorCode } from '../../domain/errors/table.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { createSecretMask } from '../../domain/release/maskSecrets.js';
import { printable } from '../../domain/printable.js';
import { isRecord } from '../../domain/rollout/told.js';
import type { Operation } from '../../domain/rollout/operationOf.js';
import type { SecretStore } from '../../ports/secretStore.js';
import { runProgram, type ProgramEnd } from './program.js';

type Argv = readonly string[];

export interface TargetProgramsOptions {
  readonly environment: string;
  readonly programs: Readonly<Record<Operation | 'status', Argv>> & { readonly measure?: Argv };
  /** Where the programs start. */
  readonly directory: string;
  readonly path: string;
  readonly timeoutMs: number;
  /** Variable that holds the path of an open file with the secret, and name of the secret. */
  readonly secrets: readonly { readonly variable: string; readonly name: string }[];
  readonly secretStore: SecretStore;
}

export interface ProgramAnswer {
  /** As the program printed it, with whatever secrets it prints. */
  readonly document: unknown;
  /** Words of it as anybody may see them: without secrets, printable, and not too long. */
  shown(words: string): string;
}

/** The operator's programs, as questions and orders. */
export interface TargetPrograms {
  readonly measures: boolean;
  ask(operation: 'status' | 'measure', model: string): Promise<ProgramAnswer>;
  /** What it prints is no proof that it was done: only a refusal counts. */
  order(operation: Operation, model: string, about: Readonly<Record<string, unknown>>): Promise<void>;
}

/** What a program may refuse with; anything else is no word of ours. */
const REFUSALS: ReadonlySet<unknown> = new Set<ErrorCode>([
  'stale_command',
  'command_conflict',
  'weights_invalid',
  'request_invalid',
  'artifact_unknown',
  'artifact_refused',
  'target_cannot',
  'target_unreachable',
  'store_unreachable',
  'disk_full',
]);

const LAST_LINES = 10;
const MAX_REASON = 1_000;

export const createTargetPrograms = (options: TargetProgramsOptions): TargetPrograms => {
  const { environment, programs } = options;
  const call = async (
    operation: Operation | 'status' | 'measure',
    model: string,
    about: Readonly<Record<string, unknown>>,
  ): Promise<ProgramAnswer> => {
    const secrets = await Promise.all(
      options.secrets.map(async ({ variable, name }) => ({
        variable,
        value: await options.secretStore.read(model, name),
      })),
    );
    const end = await runProgram({
      argv: programs[operation]!,
      directory: options.directory,
      env: { PATH: options.path, LANG: 'C.UTF-8' },
      secrets,
      input: { version: 1, operation, environment, model, ...about },
      timeoutMs: options.timeoutMs,
    });
    const shown = (words: string): string => clip(printable(masked(words, secrets)), MAX_REASON);
    return { document: answerOf(end, `${operation} of ${environment}`, shown), shown };
  };
  return {
    measures: programs.measure !== undefined,
    ask: async (operation, model) => {
      const answer = await call(operation, model, {});
      if (answer.document === undefined)
        throw new SlipwayError('target_answer_invalid', `${operation} of ${environment} said nothing`, { environment });
      return answer;
    },
    order: async (operation, model, about) => void (await call(operation, model, about)),
  };
};

/** Undefined: it said nothing, which orders need not. */
const answerOf = (end: ProgramEnd, what: string, say: (text: string) => string): unknown => {
  if (end.kind === 'failed')
    throw new SlipwayError('target_unreachable', say(`${what} ${end.reason}${lastWords(end.lastLines)}`));
  const { code, stdout } = end;
  const document = parse(stdout);
  if (isRecord(document) && REFUSALS.has(document['code'])) {
    const { detail } = document;
    throw new SlipwayError(
      document['code'] as ErrorCode,
      say(`${what}: ${typeof detail === 'string' ? detail : ERRORS[document['code'] as ErrorCode].meaning}`),
    );
  }
  if (code !== 0)
    throw new SlipwayError(
      'target_unreachable',
      say(`${what} ended with exit code ${code}${lastWords(end.lastLines)}`),
    );
  if (document === INVALID)
    throw new SlipwayError('target_answer_invalid', say(`${what} printed no JSON document: ${stdout}`));
  return document;
};

const lastWords = (lines: string): string =>
  lines === '' ? '' : `: ${lines.split('\n').slice(-LAST_LINES).join('\n')}`;

const INVALID = Symbol('no JSON');

const parse = (text: string): unknown => {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return INVALID;
  }
};

const ENCODINGS = {
  base64: (text: string): string => Buffer.from(text).toString('base64'),
  hex: (text: string): string => Buffer.from(text).toString('hex'),
};

const masked = (text: string, secrets: readonly { readonly value: string }[]): string => {
  const mask = createSecretMask(
    secrets.map(({ value }) => value),
    ENCODINGS,
  );
  return mask.push(text) + mask.end();
};
