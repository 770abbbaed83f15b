import type { ServingDrift } from '../drift/types.js';
import type { Curves, GateEvidence, GateResult, Metrics, RuleResult, Unavailable } from '../gate/types.js';
import type { MetricName } from '../spec/metrics.js';
import { blockChart, differenceChart, sayDifference, type Difference } from './differenceChart.js';
import { escapeHtml, number, table, verdictMark, type Cell } from './html.js';
import { servingSection } from './servingSection.js';
import { squareChart, type Series } from './squareChart.js';

/** What the gates of one environment said, as its stage's evidence has it. */
export interface GateStage {
  readonly verdict?: string;
  readonly results?: readonly GateResult[];
  readonly evidence?: GateEvidence;
  readonly drift?: ServingDrift | Unavailable;
}

/** Rules, metrics beside the champion's, curves and slices: everything that one environment's gates rest on. */
export const gateSection = (environment: string, stage: GateStage): string => {
  const results = stage.results ?? [];
  return `<h2>Gates ${escapeHtml(environment)}</h2>${ruleTable(results)}${stage.evidence === undefined ? '' : evidenceParts(stage.evidence)}${results.map(partTables).join('')}${servingSection(stage.drift)}`;
};

const ruleTable = (results: readonly GateResult[]): string =>
  table(
    'Rules',
    ['Gate', 'Rule', 'Verdict', 'Observed', 'Interval', 'Why'],
    results.flatMap((result) =>
      result.rules.map((rule) => [
        result.gate,
        rule.rule,
        verdictMark(rule.verdict),
        number(rule.observed),
        interval(rule.interval),
        rule.reason,
      ]),
    ),
  );

const evidenceParts = (evidence: GateEvidence): string =>
  `${metricTable(evidence)}${evidence.champion?.paired.brier === undefined ? '' : blockChart('Brier score', evidence.champion.paired.brier).html}${curveCharts(evidence)}${confusionTable(evidence)}`;

const metricTable = ({ rows, positives, metrics, intervals, constant, champion }: GateEvidence): string => {
  const body = (Object.entries(metrics) as [MetricName, number][]).map(([metric, value]): readonly Cell[] => {
    const own = [
      metric,
      number(value),
      interval(intervals?.[metric]),
      ...(constant === undefined ? [] : [number(constant.metrics[metric])]),
    ];
    const theirs = champion?.metrics[metric];
    if (theirs === undefined) return own;
    const difference: Difference = { metric, value: value - theirs, interval: champion?.differences?.[metric] };
    return [
      ...own,
      number(theirs),
      number(difference.value),
      interval(difference.interval),
      differenceChart(difference),
      sayDifference(difference),
    ];
  });
  const guess = constant === undefined ? [] : [`Always ${percent(constant.rate)}`];
  return table(
    `Metrics on ${rows} held-out rows (${positives} positive), recomputed from our own predictions; intervals of 95 %, by blocks of time${constant === undefined ? '' : `; “always ${percent(constant.rate)}” is a constant that says the training data's rate`}`,
    champion === undefined
      ? ['Metric', 'Candidate', 'Interval', ...guess]
      : ['Metric', 'Candidate', 'Interval', ...guess, 'Champion', 'Difference', 'Interval', 'Worse · better', 'Says'],
    body,
  );
};

const curveCharts = ({ metrics, curves, champion }: GateEvidence): string => {
  if (curves === undefined) return '';
  const both = (points: (of: Curves) => Omit<Series, 'name' | 'style'>): readonly Series[] => [
    ...(champion?.curves === undefined
      ? []
      : [{ name: 'champion', style: 'champion' as const, ...points(champion.curves) }]),
    { name: 'candidate', style: 'candidate', ...points(curves) },
  ];
  const roc = squareChart({
    title: 'ROC curve',
    x: 'false positive rate',
    y: 'true positive rate',
    series: both(({ roc: points }) => ({ points })),
    alternative: `Area under the curve ${areas(metrics, champion?.metrics)}.`,
  });
  const calibration = squareChart({
    title: 'Calibration',
    x: 'mean prediction',
    y: 'share that happened',
    series: both(({ calibration: bins }) => {
      const most = Math.max(1, ...bins.map(({ rows }) => rows));
      return {
        points: bins.map(({ predicted, observed }) => [predicted, observed] as const),
        sizes: bins.map(({ rows }) => rows / most),
      };
    }),
    alternative: sayCalibration(curves),
  });
  return `<div class="charts">${roc.html}${calibration.html}</div>`;
};

const areas = (own: Metrics, theirs: Metrics | undefined): string =>
  `${number(own.roc_auc) || 'unknown'}${theirs?.roc_auc === undefined ? '' : `, the champion's ${number(theirs.roc_auc)}`}`;

/** The bin that is furthest from the diagonal, of those that hold a hundredth of the rows. */
const sayCalibration = ({ calibration }: Curves): string => {
  const rows = calibration.reduce((sum, bin) => sum + bin.rows, 0);
  const [worst] = calibration
    .filter((bin) => bin.rows >= rows / 100)
    .sort((a, b) => Math.abs(b.predicted - b.observed) - Math.abs(a.predicted - a.observed));
  return worst === undefined
    ? 'There are no rows.'
    : `Furthest off where it says ${percent(worst.predicted)}: ${percent(worst.observed)} of ${worst.rows} rows happened. Larger points hold more rows.`;
};

const confusionTable = ({ curves, champion, rows }: GateEvidence): string => {
  if (curves === undefined) return '';
  const line = (name: string, { confusion }: Curves): readonly Cell[] => [
    name,
    ...[confusion.truePositives, confusion.falsePositives, confusion.trueNegatives, confusion.falseNegatives].map(
      (count) => `${count} (${percent(rows > 0 ? count / rows : 0)})`,
    ),
  ];
  return table(
    'Answers at a threshold of 0.5',
    ['Model', 'Rightly positive', 'Wrongly positive', 'Rightly negative', 'Wrongly negative'],
    [line('candidate', curves), ...(champion?.curves === undefined ? [] : [line('champion', champion.curves)])],
  );
};

const WORST_FIRST = ['error', 'fail', 'inconclusive', 'insufficient_data', 'pass', 'skipped'];

/** Slices, checks, cases: folded away where all is well. */
const partTables = ({ gate, rules }: GateResult): string => rules.map((rule) => partTable(gate, rule)).join('');

const partTable = (gate: string, { rule, verdict, parts, wordOf }: RuleResult): string => {
  if (parts === undefined || parts.length === 0) return '';
  const sorted = [...parts].sort((a, b) => WORST_FIRST.indexOf(a.verdict) - WORST_FIRST.indexOf(b.verdict));
  const word = wordOf === undefined ? '' : " (the repository's own word)";
  const body = table(
    `${parts.length} parts, what does not pass first`,
    ['Part', 'Verdict', 'Rows', 'Observed', 'Interval', 'Why'],
    sorted.map((part) => [
      part.name,
      verdictMark(part.verdict),
      part.rows,
      number(part.observed),
      interval(part.interval),
      part.reason,
    ]),
  );
  return `<details${verdict === 'pass' ? '' : ' open'}><summary>${escapeHtml(`${gate}: ${rule}${word}`)} ${verdictMark(verdict).html}</summary>${body}</details>`;
};

const interval = (bounds: readonly [number, number] | undefined): string =>
  bounds === undefined ? '' : `${number(bounds[0])} to ${number(bounds[1])}`;

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
