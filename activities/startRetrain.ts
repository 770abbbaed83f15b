import type { Version } from '../src/domain/artifact/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { releaseDetails } from '../src/domain/release/releaseDetails.js';
import type { ReleaseView } from '../src/domain/release/types.js';
import type { ParamValue } from '../src/domain/spec/types.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { readDocument, releaseKey } from './documents.js';
import type { ExportedData } from './exportTrainingData.js';
import type { Ports } from './ports.js';

export interface StartRetrainInput {
  readonly model: string;
  readonly incidentId: string;
  /** What serves: its commit is built again, with newer data and nothing else. */
  readonly serving: Version;
  readonly data: ExportedData;
  readonly reason: string;
}

export interface RetrainStarted {
  readonly releaseId: string;
  /** Where the very same retrain ran before: how it ended. Nobody will tell again. */
  readonly ended?: { readonly outcome: string; readonly reason: string };
}

/**
 * Starts the release of a retrain: the commit that serves, with the exported rows. Its ID follows from what is
 * trained on, so that starting it twice is one start; it passes the same gates as any release.
 */
export const createStartRetrain =
  (ports: Ports) =>
  async ({ model, incidentId, serving, data, reason }: StartRetrainInput): Promise<RetrainStarted> => {
    const settings = ports.settings.models[model];
    if (settings === undefined) throw new SlipwayError('unknown_model', `no model ${model} is configured`);
    const params: Readonly<Record<string, ParamValue>> = {
      'data.exported': data.digest,
      'data.until': new Date(data.until).toISOString().slice(0, 10),
    };
    const rerun = digestOf({ kind: 'retrain', by: incidentId, params }).slice('sha256:'.length, 'sha256:'.length + 12);
    const releaseId = `release/${model}/${serving.commit}.${rerun}`;
    const { order } = await ports.source.describe(settings.repository, serving.commit);
    const input = {
      model,
      repository: settings.repository,
      commit: serving.commit,
      order,
      trigger: { kind: 'retrain' as const, by: incidentId, at: Date.now(), reason: reason.slice(0, 500) },
      params,
      rerun,
    };
    const { started } = await ports.workflows.startOnce({
      workflowType: 'release',
      workflowId: releaseId,
      input,
      summary: `Retrain of ${model} ${serving.commit.slice(0, 12)} on ${data.rows} rows until ${String(params['data.until'])}`,
      details: releaseDetails(input),
      searchAttributes: { SlipwayModel: model, SlipwayCommit: serving.commit, SlipwayStage: 'integrate' },
    });
    ports.failpoint('startRetrain.started');
    const before = started
      ? undefined
      : await readDocument<ReleaseView>(ports.store, `releases/${releaseKey(releaseId)}/release.json`);
    return before?.outcome === undefined
      ? { releaseId }
      : { releaseId, ended: { outcome: before.outcome, reason: before.reason ?? '' } };
  };
