import { copyFile, mkdtemp, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Context } from '@temporalio/activity';
import type { Digest } from '../src/domain/artifact/types.js';
import type { Unavailable } from '../src/domain/gate/types.js';
import type { Resumption } from '../src/domain/release/resumePoint.js';
import { MOST_LEVELS, nestsTooDeep } from '../src/domain/jsonDepth.js';
import type { CommandRule } from '../src/domain/spec/gates.js';
import { readLineage } from './artifactContents.js';
import { describeEnd, succeeded } from './describeEnd.js';
import type { GuardedFolder } from './guardedFolder.js';
import type { Ports } from './ports.js';
import { openStageLog, tellingAttempt, type StageLog } from './stageLog.js';
import { withWorkspace, type Workspace } from './workspace.js';
import { readWritten } from './writtenFile.js';

export interface GateCommands {
  readonly releaseId: string;
  readonly environment: string;
  readonly resume?: Pick<Resumption, 'number'>;
  readonly artifactDigest: Digest;
  readonly commands: readonly CommandRule[];
  /** Local files that the commands get, and Slipway's own predictions of the evaluation rows. */
  readonly modelFile: string;
  readonly evaluation: string;
  readonly predictions: readonly number[];
}

export type Written = { readonly metrics: Readonly<Record<string, unknown>> } | Unavailable;

const MAX_BYTES = 1024 * 1024;
/** Of the activity that runs them, as `evidence` in workflows/retry.ts says. */
const ATTEMPTS = 10;

/**
 * The commands of a gate's rules, in a clean checkout of the artifact's commit, and the JSON that each wrote. A command
 * that fails, or writes nothing readable, says nothing: its rule is an error.
 */
export const runGateCommands = async (
  ports: Ports,
  asked: GateCommands,
  signal: AbortSignal,
): Promise<readonly Written[]> => {
  if (asked.commands.length === 0) return [];
  const { repository, commit, model, params } = await readLineage(ports.store, asked.artifactDigest);
  const attempt = tellingAttempt(Context.current().info.attempt, asked.resume, ATTEMPTS);
  const log = openStageLog(ports.store, asked.releaseId, `gate-${asked.environment}`, attempt);
  const ref = { repository, commit, model, params, withExportedData: false };
  try {
    const written = await withWorkspace(ports, ref, signal, (workspace) => runAll(workspace, asked, log));
    await log.end({ commands: written.length });
    return written;
  } catch (error) {
    await log.end({ verdict: 'error' }).catch(() => undefined);
    throw error;
  }
};

const runAll = async (workspace: Workspace, asked: GateCommands, log: StageLog): Promise<readonly Written[]> => {
  const failure = await workspace.install(log);
  if (failure !== undefined) return asked.commands.map(() => ({ unavailable: failure.message }));
  const env = await handOver(workspace, asked);
  const written: Written[] = [];
  for (const { run, timeoutMs, writes, network = false } of asked.commands) {
    const result = await workspace.run({ run, timeoutMs, env, network }, log);
    written.push(
      succeeded(result)
        ? workspace.shown(await readMetrics(workspace.files, writes))
        : { unavailable: describeEnd(run.split('\n')[0] ?? run, timeoutMs, result) },
    );
  }
  return written;
};

/** Beside the checkout, within what the commands can see; in a folder that none of them can have put a link into. */
const handOver = async (
  { directory }: Workspace,
  { modelFile, evaluation, predictions }: GateCommands,
): Promise<Readonly<Record<string, string>>> => {
  const folder = await mkdtemp(join(dirname(directory), 'gate-'));
  const files = {
    SLIPWAY_MODEL: join(folder, basename(modelFile)),
    SLIPWAY_EVALUATION: join(folder, basename(evaluation)),
    SLIPWAY_PREDICTIONS: join(folder, 'predictions.json'),
  };
  await copyFile(modelFile, files.SLIPWAY_MODEL);
  await copyFile(evaluation, files.SLIPWAY_EVALUATION);
  await writeFile(files.SLIPWAY_PREDICTIONS, JSON.stringify(predictions));
  return files;
};

const readMetrics = async (files: GuardedFolder, writes: string): Promise<Written> => {
  const found = await readWritten(files, writes, MAX_BYTES);
  if ('problem' in found)
    return { unavailable: found.missing ? `the command did not write ${writes}` : `${writes} ${found.problem}` };
  try {
    const metrics: unknown = JSON.parse(found.text);
    if (nestsTooDeep(metrics)) return { unavailable: `${writes} nests deeper than ${MOST_LEVELS} levels` };
    if (typeof metrics === 'object' && metrics !== null && !Array.isArray(metrics))
      return { metrics: metrics as Readonly<Record<string, unknown>> };
  } catch {
    // As if it were a list: said below.
  }
  return { unavailable: `${writes} is no JSON object` };
};
