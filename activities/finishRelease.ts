import { log } from '@temporalio/activity';
import { renderReleaseReport } from '../src/domain/report/releaseReport.js';
import type { ReleaseView } from '../src/domain/release/types.js';
import { attestRelease } from './attestRelease.js';
import { encodeJson, readDocument, releaseKey } from './documents.js';
import type { Ports } from './ports.js';
import { signLedger } from './recordStage.js';
import { createReportRelease } from './reportRelease.js';
import { stageEvidence } from './stageEvidence.js';

export interface FinishedRelease {
  /** False: the Git host is away, and has to be told of the end later. */
  readonly reported: boolean;
}

/**
 * Ends a release: its last view, report and ledger entry in the store (they outlive the engine), the commit's
 * status at the Git host, and, when it was promoted, the commit that the next release's authors are counted from.
 */
export const createFinishRelease =
  (ports: Ports) =>
  async (view: ReleaseView): Promise<FinishedRelease> => {
    const key = `releases/${releaseKey(view.releaseId)}`;
    const evidence = { model: view.model, commit: view.commit, stages: await stageEvidence(ports, view) };
    // What a person decided on stays as it was signed; where nobody was asked, this is all there is.
    if ((await readDocument(ports.store, `${key}/evidence.json`)) === undefined)
      await ports.store.putDocument(`${key}/evidence.json`, encodeJson(evidence), 'application/json');
    await ports.store.putDocument(
      `${key}/report.html`,
      new TextEncoder().encode(renderReleaseReport(view, evidence)),
      'text/html; charset=utf-8',
    );
    await ports.ledger.append(view.releaseId, endKey(view), 'release.ended', view.endedAt ?? Date.now(), {
      outcome: view.outcome,
      reason: view.reason,
      commit: view.commit,
      artifactDigest: view.artifactDigest ?? null,
      evidenceDigest: view.evidenceDigest ?? null,
      stages: view.stages
        .filter(({ status }) => status !== 'pending')
        .map(({ name, environment, status, verdict, reason, evidence }) => ({
          name,
          environment,
          status,
          verdict,
          reason,
          evidence,
        })),
      decisions: view.decisions.map(({ jti, subject, decision, counted }) => ({ jti, subject, decision, counted })),
    });
    ports.failpoint('finishRelease.recorded');
    await signLedger(ports, [view.releaseId]);
    await attestRelease(ports, view);
    await ports.store.putDocument(`${key}/release.json`, encodeJson(view), 'application/json');
    if (view.outcome === 'promoted') {
      await ports.store.putDocument(
        `pointers/released/${view.model}.json`,
        encodeJson({ commit: view.commit, releaseId: view.releaseId }),
      );
    }
    const reported = await createReportRelease(ports)(view).then(
      () => true,
      (error: unknown) => {
        log.warn('the status of the commit has to wait', { reason: String(error) });
        return false;
      },
    );
    ports.failpoint('finishRelease.reported');
    return { reported };
  };

/** Each telling ends once, and each end is an entry of its own. */
const endKey = ({ resumed }: ReleaseView): string => (resumed === undefined ? 'ended' : `ended.${resumed}`);
