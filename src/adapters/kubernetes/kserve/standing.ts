import type { ReplicaCounters } from '../../../domain/rollout/countersSince.js';
import { readCommand } from '../../../domain/rollout/readCommand.js';
import type { TargetCommand } from '../../../domain/rollout/types.js';
import { ANNOTATIONS } from '../names.js';
import type { Plan } from './plan.js';
import type { InferenceService } from './types.js';

/** What we wrote on an InferenceService last. */
export interface Standing {
  readonly command: TargetCommand;
  readonly acceptedAt: number;
  /** What its Pods had counted when the command came, by artifact. */
  readonly counters: Readonly<Record<string, ReplicaCounters>>;
  /** The last step, whoever wrote the object since. */
  readonly answering?: Plan;
}

export const annotationsOf = ({ command, acceptedAt, counters, answering }: Standing) => ({
  [ANNOTATIONS.command]: JSON.stringify(command),
  [ANNOTATIONS.acceptedAt]: String(acceptedAt),
  [ANNOTATIONS.counters]: JSON.stringify(counters),
  ...(answering === undefined ? {} : { [ANNOTATIONS.answering]: JSON.stringify(answering) }),
});

/** Undefined where somebody else wrote the object. */
export const standingOf = ({ metadata }: InferenceService): Standing | undefined => {
  const annotations = metadata.annotations ?? {};
  const read = readCommand(parse(annotations[ANNOTATIONS.command]));
  if (read.kind === 'invalid') return undefined;
  const answering = parse(annotations[ANNOTATIONS.answering]) as Plan | undefined;
  return {
    command: read.command,
    acceptedAt: Number(annotations[ANNOTATIONS.acceptedAt]),
    counters: (parse(annotations[ANNOTATIONS.counters]) ?? {}) as Standing['counters'],
    ...(answering === undefined ? {} : { answering }),
  };
};

const parse = (text: string | undefined): unknown => {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
};
