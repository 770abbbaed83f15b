import { readCommand } from './readCommand.js';
import { isCount, isDigest, isPercent, isRecord, MOST_VERSIONS } from './told.js';
import type { ObservedVersion, Role, TargetCommand, TargetState } from './types.js';

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
}

/** An answer of a program to `status`, every mistake named: nothing that it leaves out is assumed. */
export const readStatus = (body: unknown, asked: Asked): ReadStatus => {
  if (!isRecord(body)) return { kind: 'invalid', reason: 'the answer is no object' };
  if (body['command'] === null) return { kind: 'nothing' };
  const read = readCommand(body['command']);
  if (read.kind === 'invalid')
    return { kind: 'invalid', reason: `command is not the one that was taken last: ${read.reason}` };
  const { command } = read;
  const mistakes: string[] = [];
  if (command.model !== asked.model || command.environment !== asked.environment)
    mistakes.push(`command is of ${command.model} in ${command.environment}`);
  const { versions, inferenceUrl = asked.inferenceUrl } = body;
  if (!Array.isArray(versions) || versions.length > MOST_VERSIONS) mistakes.push('versions is no short list');
  else mistakes.push(...versions.flatMap(versionMistakes));
  if (typeof inferenceUrl !== 'string' || !/^https?:\/\/[^\s]+$/.test(inferenceUrl))
    mistakes.push('inferenceUrl is no address');
  if (mistakes.length > 0) return { kind: 'invalid', reason: mistakes.join('; ') };
  return {
    kind: 'status',
    command,
    state: {
      model: asked.model,
      environment: asked.environment,
      fence: command.fence,
      versions: (versions as readonly Told[]).map(toObserved),
      inferenceUrl: (inferenceUrl as string).replace(/\/+$/, ''),
    },
  };
};

interface Told extends Omit<ObservedVersion, 'restarts'> {
  readonly restarts?: number;
}

const toObserved = (told: Told): ObservedVersion => ({
  artifactDigest: told.artifactDigest,
  weight: told.weight,
  role: told.role,
  ...(told.copies === undefined ? {} : { copies: told.copies }),
  ready: told.ready,
  ...(told.servedDigest === undefined ? {} : { servedDigest: told.servedDigest }),
  restarts: told.restarts ?? 0,
  ...(told.reason === undefined ? {} : { reason: told.reason }),
});

const ROLES: ReadonlySet<unknown> = new Set<Role>(['champion', 'candidate', 'shadow']);

const versionMistakes = (version: unknown, index: number): readonly string[] => {
  if (!isRecord(version)) return [`version ${index} is no object`];
  const { artifactDigest, weight, role, copies, ready, servedDigest, restarts, reason } = version;
  const wrong: readonly (string | false)[] = [
    !isDigest(artifactDigest) && 'has no digest',
    !isPercent(weight) && 'has no weight in percent',
    !ROLES.has(role) && 'has no role',
    copies !== undefined && !isPercent(copies) && 'has no copies in percent',
    typeof ready !== 'boolean' && 'does not say whether it is ready',
    servedDigest !== undefined && !isDigest(servedDigest) && 'serves no digest',
    // Ready is what serves the right artifact; whoever cannot say which one it is knows nothing.
    ready === true && servedDigest === undefined && 'is ready, and does not say which digest it serves',
    restarts !== undefined && !isCount(restarts) && 'has no number of restarts',
    reason !== undefined && typeof reason !== 'string' && 'has no reason in words',
  ];
  return wrong.filter((one) => one !== false).map((one) => `version ${index} ${one}`);
};
