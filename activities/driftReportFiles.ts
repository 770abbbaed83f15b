import { isIndexKey, reportKeys, reportPrefix } from '../src/domain/drift/keys.js';
import type { DueWindow } from '../src/domain/drift/dueWindows.js';
import type { DriftReport, DriftWindow, Finding } from '../src/domain/drift/types.js';
import type { Digest } from '../src/domain/artifact/types.js';
import type { Verdict } from '../src/domain/gate/types.js';
import { renderDriftReport } from '../src/domain/report/driftReport.js';
import type { BlobStore } from '../src/ports/blobStore.js';
import { encodeJson, putJson, readDocument } from './documents.js';

/** What lists of windows and later checks need of a report without reading it. */
export interface ReportIndex {
  readonly digest: Digest;
  readonly window: DriftWindow;
  readonly phase: DueWindow['phase'];
  readonly artifactDigest: Digest;
  readonly releaseId: string;
  /** Of the version that was measured. */
  readonly rows: number;
  /** Of all versions. */
  readonly logged: number;
  readonly verdict: Verdict;
  /** `fail` where any quality check failed. */
  readonly quality: 'pass' | 'fail';
  readonly prediction: Verdict;
  readonly performance: Verdict;
  readonly findings: readonly Pick<Finding, 'kind' | 'subject' | 'pages'>[];
}

/**
 * Stores the report of a window: as a blob named by digest, as JSON and HTML beside each other, and its index. A
 * report without labels never replaces one that has them, so that whoever wakes up late changes nothing.
 */
export const storeDriftReport = async (
  store: BlobStore,
  report: DriftReport,
  phase: DueWindow['phase'],
  logged: number,
): Promise<Digest> => {
  const keys = reportKeys(report.model, report.environment, report.window.start);
  const digest = await putJson(store, report);
  const known = await readDocument<ReportIndex>(store, keys.index);
  if (known?.phase === 'complete' && phase === 'early') return digest;
  await store.putDocument(keys.json, encodeJson(report), 'application/json');
  await store.putDocument(
    keys.html,
    new TextEncoder().encode(renderDriftReport(report, digest)),
    'text/html; charset=utf-8',
  );
  await store.putDocument(keys.index, encodeJson(indexOf(report, digest, phase, logged)), 'application/json');
  return digest;
};

/** Indexes of the windows that begin at or after `from`, ascending, at most `limit`. */
export const readReportIndexes = async (
  store: BlobStore,
  model: string,
  environment: string,
  from = 0,
  limit = 400,
): Promise<readonly ReportIndex[]> => {
  const prefix = reportPrefix(model, environment);
  // Three documents per window, and the key just before the first one that is wanted.
  const startAfter = `${prefix}${new Date(Math.max(0, from - 1)).toISOString()}~`;
  const keys = await store.listDocuments(prefix, {
    limit: Math.min(1_000, limit * 3),
    ...(from > 0 ? { startAfter } : {}),
  });
  const indexes = await Promise.all(keys.filter(isIndexKey).map((key) => readDocument<ReportIndex>(store, key)));
  return indexes.filter((index): index is ReportIndex => index !== undefined).slice(0, limit);
};

const indexOf = (report: DriftReport, digest: Digest, phase: DueWindow['phase'], logged: number): ReportIndex => ({
  digest,
  window: report.window,
  phase,
  artifactDigest: report.artifactDigest,
  releaseId: report.releaseId,
  rows: report.rows,
  logged,
  verdict: report.verdict,
  quality: report.quality.some((check) => check.verdict === 'fail') ? 'fail' : 'pass',
  prediction: report.prediction.verdict,
  performance: report.performance.verdict,
  findings: report.findings.map(({ kind, subject, pages }) => ({ kind, subject, pages })),
});
