import type { DriftReport } from '../drift/types.js';
import { incidentId } from '../incident/keys.js';
import { driftTable } from './driftTable.js';
import { CHART_STYLE } from './histogramChart.js';
import { escapeHtml, number, page, table, verdictMark } from './html.js';

/** The report of one window for people: it opens offline, and says nothing that its JSON does not. */
export const renderDriftReport = (report: DriftReport, digest: string): string =>
  page(
    `${report.model} in ${report.environment}, ${day(report.window.start)}`,
    [
      CHART_STYLE,
      heading(report),
      findingSection(report),
      qualitySection(report),
      featureSection(report),
      performanceSection(report),
      footer(report, digest),
    ].join('\n'),
  );

const heading = (
  report: DriftReport,
): string => `<h1>Drift of ${escapeHtml(report.model)} in ${escapeHtml(report.environment)}</h1>
<p>${verdictMark(report.verdict).html} for ${day(report.window.start)} to ${day(report.window.end)} (event time, the end not included), ${report.rows} rows</p>
<p class="soft">Version <code>${escapeHtml(report.artifactDigest)}</code> of <code>${escapeHtml(report.releaseId)}</code>. What production logged is compared with the reference that was frozen in the artifact.</p>`;

const findingSection = (report: DriftReport): string =>
  report.findings.length === 0
    ? '<p>Nothing was found.</p>'
    : `<h2>Findings</h2>${table(
        'Those that page open an incident; the others are only shown here',
        ['Kind', 'Subject', 'Pages', 'Why'],
        report.findings.map((finding) => [finding.kind, finding.subject, finding.pages ? 'yes' : 'no', finding.reason]),
      )}${nextSection(report)}`;

/** Whoever reads of a problem is to know who looks after it, and what happens without them. */
const nextSection = ({ model, environment, findings }: DriftReport): string => {
  const incidents = findings
    .filter((finding) => finding.pages)
    .map((finding) => incidentId(model, environment, finding.kind, finding.subject));
  return incidents.length === 0
    ? '<p>None of them pages: no incident is opened, and nothing is changed.</p>'
    : `<p>What happens next: its incident tells the owners one after the other until somebody acknowledges, and decides from the data of this window whether to roll back, to retrain, or to leave it to them. It is resolved when that helped, or when later windows are sound.</p><ul>${incidents
        .map((id) => `<li><code>slipway incident show ${escapeHtml(id)}</code></li>`)
        .join('')}</ul>`;
};

const qualitySection = (report: DriftReport): string =>
  report.quality.length === 0
    ? ''
    : `<h2>Data quality</h2>${table(
        'Checked first: a fault here suppresses the drift verdict of its column',
        ['Check', 'Subject', 'Verdict', 'Observed', 'Limit', 'Why'],
        report.quality.map((check) => [
          check.name,
          check.subject,
          verdictMark(check.verdict),
          number(check.observed),
          number(check.limit),
          check.reason,
        ]),
      )}`;

const featureSection = (report: DriftReport): string =>
  `<h2>Prediction and features</h2>${driftTable([report.prediction, ...report.features])}`;

const performanceSection = ({ performance }: DriftReport): string =>
  `<h2>Performance</h2>${table(
    'Realised, from labels that had the time to mature',
    ['Metric', 'Verdict', 'Value', 'Interval', 'On held-out rows', 'Labelled', 'Why'],
    [
      [
        performance.metric,
        verdictMark(performance.verdict),
        number(performance.value),
        performance.interval === undefined ? '' : interval(performance.interval),
        number(performance.baseline),
        coverage(performance.labelled, performance.rows),
        performance.reason,
      ],
    ],
  )}`;

const footer = (report: DriftReport, digest: string): string =>
  `<p class="soft">Expected false alarms in this report: ${number(report.expectedFalseAlarms)}. The same as JSON is in the store as <code>${escapeHtml(digest)}</code>.</p>`;

const interval = ([low, high]: readonly [number, number]): string =>
  Number.isFinite(low) && Number.isFinite(high) ? `${number(low)} to ${number(high)}` : '';

const coverage = (labelled: number, rows: number): string =>
  rows === 0 ? '0' : `${labelled} of ${rows} (${((labelled / rows) * 100).toFixed(0)} %)`;

const day = (at: number): string => new Date(at).toISOString().replace('T', ' ').slice(0, 16);
