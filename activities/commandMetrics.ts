import type { Digest } from '../src/domain/artifact/types.js';
import { readNumber, unreadable, type MetricReading } from '../src/domain/rollout/metricReading.js';
import { atPointer } from '../src/domain/rollout/jsonPointer.js';
import type { CommandQuery } from '../src/domain/spec/analysisMetrics.js';
import type { MetricQuestion } from '../src/ports/metricSource.js';
import { readLineage } from './artifactContents.js';
import { describeEnd, succeeded } from './describeEnd.js';
import type { Ports } from './ports.js';
import { withWorkspace, type Workspace } from './workspace.js';
import { readWritten } from './writtenFile.js';

const MAX_BYTES = 64 * 1024;
/** Nobody looks into a log of a look: how a command failed is in its reason. */
const NO_LOG = { write: () => undefined, note: () => undefined };

/**
 * A command in a clean checkout of the candidate's commit, once per version, which writes what it measured. It has no more
 * than commands of gates have: what it is asked about comes in variables, never as part of its text.
 */
export const askCommand = async (
  ports: Ports,
  candidate: Digest,
  question: MetricQuestion<CommandQuery>,
  signal: AbortSignal,
): Promise<readonly MetricReading[]> => {
  const { repository, commit, model, params } = await readLineage(ports.store, candidate);
  const ref = { repository, commit, model, params, withExportedData: false };
  return withWorkspace(ports, ref, signal, async (workspace) => {
    const failure = await workspace.install(NO_LOG);
    if (failure !== undefined) return question.versions.map(() => unreadable(failure.message));
    const readings: MetricReading[] = [];
    for (const version of question.versions) readings.push(await runOne(workspace, question, version));
    return readings;
  });
};

const runOne = async (
  workspace: Workspace,
  { query, timeoutMs, ...about }: MetricQuestion<CommandQuery>,
  { role, version }: MetricQuestion<CommandQuery>['versions'][number],
): Promise<MetricReading> => {
  // What it wrote of one version must not be taken for what it measured of the other.
  await workspace.files.clear(query.writes);
  const env = {
    SLIPWAY_METRIC_ROLE: role,
    SLIPWAY_METRIC_VERSION: version,
    SLIPWAY_METRIC_MODEL: about.model,
    SLIPWAY_METRIC_ENVIRONMENT: about.environment,
    SLIPWAY_METRIC_SINCE: new Date(about.since).toISOString(),
    SLIPWAY_METRIC_UNTIL: new Date(about.until).toISOString(),
  };
  const result = await workspace.run({ run: query.run, timeoutMs, env, network: query.network ?? false }, NO_LOG);
  if (!succeeded(result)) return unreadable(describeEnd(query.run.split('\n')[0] ?? query.run, timeoutMs, result));
  return workspace.shown(await readMetric(workspace, query.writes));
};

const readMetric = async ({ files }: Workspace, writes: string): Promise<MetricReading> => {
  const found = await readWritten(files, writes, MAX_BYTES);
  if ('problem' in found)
    return unreadable(found.missing ? `the command did not write ${writes}` : `${writes} ${found.problem}`);
  try {
    const written: unknown = JSON.parse(found.text);
    return readNumber(atPointer(written, '/value'), `value in ${writes}`, atPointer(written, '/samples'));
  } catch {
    return unreadable(`${writes} is no JSON`);
  }
};
