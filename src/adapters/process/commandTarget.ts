import { canonicalJson } from '../../domain/canonical.js';
import type { Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { acceptCommand, compareFences, sayFence } from '../../domain/rollout/acceptCommand.js';
import { differences } from '../../domain/rollout/differences.js';
import { operationOf } from '../../domain/rollout/operationOf.js';
import { readCommand } from '../../domain/rollout/readCommand.js';
import { readStatus } from '../../domain/rollout/readStatus.js';
import { readTraffic } from '../../domain/rollout/readTraffic.js';
import type { TargetCommand, TargetState } from '../../domain/rollout/types.js';
import type { DeployTarget } from '../../ports/deployTarget.js';
import { createTargetPrograms, type TargetPrograms, type TargetProgramsOptions } from './targetPrograms.js';

export interface CommandTargetOptions extends TargetProgramsOptions {
  /** Where callers ask, unless `status` says so itself. */
  readonly inferenceUrl: string;
  /** The platform can send a shadow copies of requests. */
  readonly shadows: boolean;
  /** Where artifacts are, for a program that fetches them: objects `blobs/sha256/<hex>` of this bucket. */
  readonly artifacts: { readonly endpoint: string; readonly region: string; readonly bucket: string };
}

/** To ask starts a program: a wait for a version asks no more often. */
const LOOK_EVERY_MS = 1_000;

/**
 * DeployTarget over the operator's own programs. They say what they are told, and nothing is taken for done before `status`
 * has said it: after every command it must name this command as the one that stands, and run what was asked for.
 */
export const createCommandTarget = (options: CommandTargetOptions): DeployTarget => {
  const { environment } = options;
  const programs = createTargetPrograms(options);
  const oneByOne = createTurns();
  const { endpoint, region, bucket } = options.artifacts;
  const about = (command: TargetCommand, standing: TargetCommand | undefined) => ({
    command,
    ...(standing === undefined ? {} : { standing }),
    artifacts: {
      ...{ endpoint, region, bucket },
      manifests: Object.fromEntries(
        command.versions.map(({ artifactDigest }) => [artifactDigest, blobKey(artifactDigest)]),
      ),
    },
  });
  const apply = async (given: TargetCommand): Promise<TargetState> => {
    const command = commandFor(given, options);
    const before = await statusOf(programs, options, command.model);
    const acceptance = acceptCommand(before?.command, command);
    if (acceptance.kind === 'refused') throw new SlipwayError(acceptance.code, acceptance.reason);
    // Half of it may have been done: what was told once, and does not run as told, is told again.
    if (acceptance.kind === 'repeated' && before !== undefined && runs(command, before.state)) return before.state;
    const operation = operationOf(before?.command, command);
    const failure = await programs
      .order(operation, command.model, about(command, before?.command))
      .then(() => undefined, asOurs);
    if (failure?.retryable === false) throw failure;
    // The program may have done it, and its answer was lost: the platform itself knows.
    const after = await statusOf(programs, options, command.model).catch((error: unknown) => {
      throw failure ?? asOurs(error);
    });
    if (after === undefined || canonicalJson(after.command) !== canonicalJson(command))
      throw failure ?? notEchoed(environment, operation, command, after?.command);
    assertRuns(environment, command, after.state);
    return after.state;
  };
  return {
    lookEveryMs: LOOK_EVERY_MS,
    apply: (command) => oneByOne(command.model, () => apply(command)),
    observe: async (model) => (await statusOf(programs, options, model))?.state,
    measure: async (model) => {
      const status = await statusOf(programs, options, model);
      if (status === undefined) throw new SlipwayError('not_found', `nothing was ever deployed for ${model}`);
      // What nobody counts is no zero: an analysis finds too little data, and no version passes it.
      if (!programs.measures) return { since: status.state.fence, counters: [] };
      const { document, shown } = await programs.ask('measure', model);
      const read = readTraffic(document);
      if (read.kind === 'invalid') throw invalid(environment, 'measure', shown(read.reason));
      const { since, acceptedAt, counters } = read;
      return { since, ...(acceptedAt === undefined ? {} : { acceptedAt }), counters };
    },
  };
};

/** What is no error of the table is a mistake of ours, and goes on as it is. */
const asOurs = (error: unknown): SlipwayError => {
  if (error instanceof SlipwayError) return error;
  throw error;
};

const commandFor = (given: TargetCommand, { environment, shadows }: CommandTargetOptions): TargetCommand => {
  const read = readCommand(given);
  if (read.kind === 'invalid') throw new SlipwayError(read.code, read.reason);
  if (!shadows && read.command.versions.some(({ role }) => role === 'shadow'))
    throw new SlipwayError(
      'target_cannot',
      `the target of ${environment} sends no copies to shadows: its configuration does not say shadows: true`,
      { environment, capability: 'shadows' },
    );
  return read.command;
};

interface Status {
  readonly command: TargetCommand;
  readonly state: TargetState;
}

const statusOf = async (
  programs: TargetPrograms,
  { environment, inferenceUrl }: CommandTargetOptions,
  model: string,
): Promise<Status | undefined> => {
  const { document, shown } = await programs.ask('status', model);
  const read = readStatus(document, { model, environment, inferenceUrl, shown });
  if (read.kind === 'invalid') throw invalid(environment, 'status', shown(read.reason));
  return read.kind === 'nothing' ? undefined : read;
};

const invalid = (environment: string, operation: string, reason: string): SlipwayError =>
  new SlipwayError('target_answer_invalid', `${operation} of ${environment}: ${reason}`, { environment, operation });

const runs = ({ versions }: TargetCommand, state: TargetState): boolean =>
  differences(versions, state.versions).length === 0;

const notEchoed = (
  environment: string,
  operation: string,
  command: TargetCommand,
  standing: TargetCommand | undefined,
): SlipwayError => {
  const newer = standing !== undefined && compareFences(standing.fence, command.fence) > 0;
  const is = standing === undefined ? 'knows of no command' : `has ${sayFence(standing.fence)}`;
  return new SlipwayError(
    newer ? 'stale_command' : 'target_regressed',
    `${operation} of ${environment} said that it was done; status ${is}, told was ${sayFence(command.fence)}`,
    { environment },
  );
};

const assertRuns = (environment: string, { versions }: TargetCommand, state: TargetState): void => {
  const other = state.versions.find(
    ({ artifactDigest, servedDigest }) => servedDigest !== undefined && servedDigest !== artifactDigest,
  );
  if (other !== undefined)
    throw new SlipwayError(
      'served_digest_mismatch',
      `${environment} answers for ${other.servedDigest}, deployed was ${other.artifactDigest}`,
      { environment },
    );
  const wrong = differences(versions, state.versions);
  if (wrong.length > 0)
    throw new SlipwayError('target_mismatch', `${environment} does not run what it was told: ${wrong.join('; ')}`, {
      environment,
    });
};

const blobKey = (digest: Digest): string => `blobs/sha256/${digest.slice('sha256:'.length)}`;

/** One after the other for each model. Other processes are kept apart by the fence, which the programs keep. */
const createTurns = () => {
  const last = new Map<string, Promise<unknown>>();
  return <T>(model: string, work: () => Promise<T>): Promise<T> => {
    const mine = (last.get(model) ?? Promise.resolve()).then(work, work);
    last.set(model, mine);
    return mine;
  };
};
