import { readCommand } from './readCommand.js';
import { isAddress, readVersions } from './readVersions.js';
import { isRecord } from './told.js';
import type { TargetCommand, TargetState } from './types.js';

/** What a program says that runs: the command that it took last, word for word, and what it sees of each version. */
export type ReadStatus =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'status'; readonly command: TargetCommand; readonly state: TargetState }
  | { readonly kind: 'invalid'; readonly reason: string };

export interface Asked {
  readonly model: string;
  readonly environment: string;
  /** Where callers ask, unless the answer says so itself. */
  readonly inferenceUrl: string;
  /** Words of the answer, as anybody may see them: a program may have its secrets in any of them. */
  readonly shown: (words: string) => string;
}

/** An answer of a program to `status`, every mistake named: nothing that it leaves out is assumed. */
export const readStatus = (body: unknown, asked: Asked): ReadStatus => {
  if (!isRecord(body)) return { kind: 'invalid', reason: 'the answer is no object' };
  if (body['command'] === null) return { kind: 'nothing' };
  const read = readCommand(body['command']);
  if (read.kind === 'invalid')
    return { kind: 'invalid', reason: `command is not the one that was taken last: ${read.reason}` };
  const { command } = read;
  const { inferenceUrl = asked.inferenceUrl } = body;
  const told = readVersions(body['versions'], asked.shown);
  const mistakes = [
    ...(command.model === asked.model && command.environment === asked.environment
      ? []
      : [`command is of ${command.model} in ${command.environment}`]),
    ...(told.mistakes ?? []),
    ...(isAddress(inferenceUrl) ? [] : ['inferenceUrl is no address']),
  ];
  if (told.mistakes !== undefined || !isAddress(inferenceUrl) || mistakes.length > 0)
    return { kind: 'invalid', reason: mistakes.join('; ') };
  return {
    kind: 'status',
    command,
    state: {
      model: asked.model,
      environment: asked.environment,
      fence: command.fence,
      versions: told.versions,
      inferenceUrl: asked.shown(inferenceUrl.replace(/\/+$/, '')),
    },
  };
};
