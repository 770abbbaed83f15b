import { log } from '@temporalio/activity';
import { endedEntry } from '../src/domain/release/endedEntry.js';
import { renderReleaseReport } from '../src/domain/report/releaseReport.js';
import { lastPromotedKey, type LastPromoted } from '../src/domain/release/keys.js';
import type { ReleaseView } from '../src/domain/release/types.js';
import { assertOwnStream } from './assertOwnStream.js';
import { attestRelease } from './attestRelease.js';
import { encodeJson, readDocument, releaseKey } from './documents.js';
import type { Ports } from './ports.js';
import { signLedger } from './recordStage.js';
import { createReportRelease } from './reportRelease.js';
import { rolloutStories } from './rolloutStories.js';
import { stageEvidence } from './stageEvidence.js';
import { readSteps } from './stepStories.js';

export interface FinishedRelease {
  /** False: the Git host is away, and has to be told of the end later. */
  readonly reported: boolean;
}

/**
 * Ends a release: its last view, report and ledger entry in the store (they outlive the engine), the commit's
 * status at the Git host, and, when it was promoted, its name for a recovery. Only its own workflow ends it: who reads that
 * a hotfix was promoted takes it as reviewed, and nobody can reject what has ended.
 */
export const createFinishRelease =
  (ports: Ports) =>
  async (view: ReleaseView): Promise<FinishedRelease> => {
    assertOwnStream(view.releaseId);
    const key = `releases/${releaseKey(view.releaseId)}`;
    // A release ends also where its stream was tampered with.
    const stages = await stageEvidence(ports, view, await ports.ledger.read(view.releaseId));
    const evidence = { model: view.model, commit: view.commit, stages };
    // What a person decided on stays as it was signed; where nobody was asked, this is all there is.
    if ((await readDocument(ports.store, `${key}/evidence.json`)) === undefined)
      await ports.store.putDocument(`${key}/evidence.json`, encodeJson(evidence), 'application/json');
    await ports.store.putDocument(
      `${key}/report.html`,
      new TextEncoder().encode(
        renderReleaseReport(view, evidence, {
          rollouts: await rolloutStories(ports, view),
          steps: await readSteps(ports.store, view.releaseId),
        }),
      ),
      'text/html; charset=utf-8',
    );
    const { entryId, kind, at, body } = endedEntry(view, Date.now());
    await ports.ledger.append(view.releaseId, entryId, kind, at, body);
    ports.failpoint('finishRelease.recorded');
    await signLedger(ports, [view.releaseId]);
    await attestRelease(ports, view);
    await ports.store.putDocument(`${key}/release.json`, encodeJson(view), 'application/json');
    if (view.outcome === 'promoted') {
      const promoted: LastPromoted = { commit: view.commit, releaseId: view.releaseId };
      await ports.store.putDocument(lastPromotedKey(view.model), encodeJson(promoted), 'application/json');
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
