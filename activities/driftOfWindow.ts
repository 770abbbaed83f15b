import type { Digest } from '../src/domain/artifact/types.js';
import type { DueWindow } from '../src/domain/drift/dueWindows.js';
import type { DriftOutcome, Finding } from '../src/domain/drift/types.js';
import { rowsOfVersion } from '../src/domain/drift/windowRows.js';
import type { EnvironmentState } from '../src/domain/environment/types.js';
import type { FeatureSpec, MonitoringSpec, Spec } from '../src/domain/spec/types.js';
import type { LoggedRows } from '../src/ports/inferenceLog.js';
import { readFrozenReference, readSignature } from './artifactContents.js';
import { readReportIndexes, storeDriftReport } from './driftReportFiles.js';
import { measureWindow } from './measureWindow.js';
import type { Ports } from './ports.js';

/** An environment where something runs, and a spec that says how it is watched. */
export type Deployed = EnvironmentState & { readonly champion: NonNullable<EnvironmentState['champion']> };
export type Monitored = Spec & { readonly monitoring: MonitoringSpec };

export interface WindowOfEnvironment {
  readonly state: Deployed;
  readonly spec: Monitored;
  readonly due: DueWindow;
  readonly now: number;
}

const MAX_REASON = 500;
const USUAL_WINDOWS = 5;
/** Fewer windows before say nothing about what is usual. */
const LEAST_USUAL = 3;

/**
 * Measures and stores one window. It is measured for one version: the champion where it served at all, else the one
 * that served most of it, whose findings page nobody, because it serves no more.
 */
export const reportOfWindow = async (
  ports: Ports,
  asked: WindowOfEnvironment,
  signal: AbortSignal,
): Promise<DriftOutcome> => {
  const { state, spec, due, now } = asked;
  const { model, environment } = state;
  const read = (features: readonly FeatureSpec[]): Promise<LoggedRows> =>
    ports.log.read(model, environment, due.window, features);
  const champion = state.champion.artifactDigest;
  const championSignature = await readSignature(ports.store, champion);
  let logged = await read(championSignature.features);
  const artifactDigest = await versionToMeasure(ports, logged, champion);
  const signature = artifactDigest === champion ? championSignature : await readSignature(ports.store, artifactDigest);
  if (artifactDigest !== champion) logged = await read(signature.features);

  const rows = rowsOfVersion(logged, hexOf(artifactDigest));
  const report = await measureWindow(
    {
      model,
      environment,
      artifactDigest,
      releaseId: releaseOf(state, artifactDigest),
      window: due.window,
      rows,
      features: signature.features,
      reference: await readFrozenReference(ports.store, artifactDigest),
      spec: spec.monitoring,
      now,
      ...(await usualRows(ports, state, due, logged.rows === 0 ? 1 : rows.rows / logged.rows)),
    },
    signal,
  );
  signal.throwIfAborted();
  const judged = artifactDigest === champion ? report : { ...report, findings: report.findings.map(pagesNobody) };
  return {
    report: await storeDriftReport(ports.store, judged, due.phase, logged.rows),
    artifactDigest,
    window: due.window,
    verdict: judged.verdict,
    rows: judged.rows,
    findings: judged.findings.map((finding) => ({ ...finding, reason: finding.reason.slice(0, MAX_REASON) })),
  };
};

const hexOf = (digest: Digest): string => digest.slice('sha256:'.length);

/** A version whose artifact is no longer there cannot be measured; then the champion is, on the rows that it has. */
const versionToMeasure = async (ports: Ports, { version }: LoggedRows, champion: Digest): Promise<Digest> => {
  const counts = new Map<string, number>();
  for (const name of version) counts.set(name, (counts.get(name) ?? 0) + 1);
  if (counts.size === 0 || counts.has(hexOf(champion))) return champion;
  const most = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0]?.[0];
  const digest: Digest = `sha256:${most ?? ''}`;
  return (await ports.store.hasBlob(digest)) === undefined ? champion : digest;
};

const releaseOf = (state: Deployed, digest: Digest): string =>
  [
    state.champion,
    ...(state.previous === undefined ? [] : [state.previous]),
    ...state.history.map((entry) => entry.version),
  ].find((version) => version.artifactDigest === digest)?.releaseId ?? 'unknown';

const pagesNobody = (finding: Finding): Finding => ({
  ...finding,
  pages: false,
  reason: `${finding.reason} (this version serves no more)`,
});

/**
 * Rows that this version would ordinarily have: the median of the windows just before, of all versions, times the
 * version's share of this window. A canary or a deployment that splits the traffic is no loss of volume.
 */
const usualRows = async (
  ports: Ports,
  { model, environment }: Deployed,
  { window }: DueWindow,
  share: number,
): Promise<{ readonly usualRows?: number }> => {
  const before = window.start - USUAL_WINDOWS * (window.end - window.start);
  const earlier = (await readReportIndexes(ports.store, model, environment, Math.max(1, before), USUAL_WINDOWS))
    .filter((index) => index.window.end <= window.start)
    .map((index) => index.logged)
    .sort((a, b) => a - b);
  const median = earlier[Math.floor(earlier.length / 2)];
  return earlier.length < LEAST_USUAL || median === undefined ? {} : { usualRows: median * share };
};
