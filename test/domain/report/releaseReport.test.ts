import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeGates } from '../../../src/domain/gate/judgeGates.js';
import type { Unavailable } from '../../../src/domain/gate/types.js';
import { measureDrift } from '../../../src/domain/drift/measureDrift.js';
import type { ServingDrift } from '../../../src/domain/drift/types.js';
import type { StepStory } from '../../../src/domain/build/story.js';
import type { ReleaseView } from '../../../src/domain/release/types.js';
import { renderReleaseReport } from '../../../src/domain/report/releaseReport.js';
import type { GateRule } from '../../../src/domain/spec/gates.js';
import { randomStream } from '../../../src/domain/statistics/randomStream.js';
import { production, question, trainedOn } from '../drift/production.js';

const DAY = 86_400_000;
const HOSTILE = '<script>alert(1)</script>"\'&';
const RULES: readonly GateRule[] = [
  { kind: 'threshold', metric: 'brier', max: 0.3 },
  { kind: 'threshold', metric: 'roc_auc', min: 0.95 },
  { kind: 'champion', metric: 'brier', test: 'non_inferiority', margin: 0.005, confidence: 0.95 },
  { kind: 'threshold', metric: 'brier', max: 0.24, slice: { column: 'port', minRows: 100, undecided: 'block' } },
];

/** A gate's evidence as the activity stores it, of a candidate that knows less than the champion where `noise` is above 0. */
const gateStage = (noise: number, withChampion: boolean) => {
  const next = randomStream('report');
  const rows = Array.from({ length: 4_000 }, (_, row) => {
    const chance = 0.05 + 0.8 * next() ** 2;
    const port = ['north', 'south', HOSTILE][row % 3] ?? null;
    const blur = noise * (next() - 0.5) * (port === 'north' ? 2 : 1);
    return {
      chance,
      port,
      label: next() < chance ? 1 : 0,
      said: Math.min(1, Math.max(0, chance + blur)),
      at: Math.floor(row / 143) * DAY,
    };
  });
  const { evidence, results } = judgeGates({
    gates: [{ name: 'quality', minRows: 1000, rules: RULES }],
    sample: {
      times: rows.map(({ at }) => at),
      labels: rows.map(({ label }) => label),
      candidate: rows.map(({ said }) => said),
      ...(withChampion ? { champion: rows.map(({ chance }) => chance) } : {}),
      anchors: {},
    },
    ...(withChampion ? { championDigest: 'sha256:champion' } : {}),
    trainedRate: 0.3,
    facts: [{ evaluation: { port: rows.map(({ port }) => port) } }],
    seed: 'report',
  });
  return { kind: 'gate', verdict: results[0]?.verdict, evidence, results };
};

const VIEW: ReleaseView = {
  releaseId: 'release/ferry-delay/abc',
  model: 'ferry-delay',
  repository: 'ferries',
  commit: 'abcdef0123456789abcdef0123456789abcdef01',
  order: 3,
  trigger: { kind: 'commit', by: 'author', at: 0 },
  params: {},
  startedAt: Date.parse('2026-01-02T03:04:05Z'),
  stages: [{ name: 'gate', environment: 'staging', status: 'passed', reason: HOSTILE }],
  artifactDigest: `sha256:${'a'.repeat(64)}`,
  evidenceDigest: `sha256:${'e'.repeat(64)}`,
  decisions: [],
  authorship: { authors: ['author'], unknown: [], trigger: 'author' },
};
const render = (noise: number, withChampion: boolean): string =>
  renderReleaseReport(VIEW, { stages: { 'gate.staging': gateStage(noise, withChampion) } });

describe('the report of a release', () => {
  const page = render(0.6, true);

  it('says first and in words what does not pass, and what differs from the champion', () => {
    const short = page.slice(page.indexOf('In short'), page.indexOf('Gates staging</h2>'));
    assert.match(short, /1 of 4 rules pass/);
    assert.match(short, /fail: roc_auc &gt;= 0.95: roc_auc is 0\.\d+, below 0.95/);
    assert.match(short, /worse in brier .*; other than it in positive_rate .*; no difference is shown in the rest/);
  });

  it('names the freezes that somebody let it pass, and why', () => {
    const override = { freeze: 'freeze-1', environment: 'production', by: 'operator', reason: HOSTILE, at: 0 };
    const page = renderReleaseReport({ ...VIEW, overrides: [override] }, {});
    assert.match(page, /Freezes overridden.*operator.*freeze-1.*production.*&lt;script&gt;/s);
    assert.ok(!page.includes(HOSTILE));
    assert.doesNotMatch(renderReleaseReport(VIEW, {}), /Freezes overridden/);
  });

  it('opens offline: no script, no address, nothing that is fetched', () => {
    assert.doesNotMatch(page, /<script|<link|<img|src=|href=|url\(|@import|https?:/i);
  });

  it('takes nothing that came from outside for markup', () => {
    assert.ok(!page.includes(HOSTILE) && page.includes('&lt;script&gt;'));
  });

  it('has a text beside every picture', () => {
    const pictures = [...page.matchAll(/<svg [^>]*>/g)].map(([tag]) => tag);
    assert.ok(pictures.length > 8, `${pictures.length} pictures`);
    for (const tag of pictures) assert.match(tag, /role="img" aria-label="[^"]{10,}"|aria-hidden="true"/);
  });

  it('shows curves, confusion, blocks and slices of candidate and champion', () => {
    for (const words of [
      'ROC curve',
      'Calibration',
      'Rightly positive',
      'by block of time',
      'slices of port',
      '3 parts',
    ])
      assert.ok(page.includes(words), words);
    assert.equal(page.match(/class="champion-line"/g)?.length, 4);
    assert.doesNotMatch(page, /NaN|undefined|Infinity/);
  });

  it('is without the champion where there is none', () => {
    const first = render(0, false);
    assert.match(first, /There is no champion yet/);
    assert.doesNotMatch(first, /class="champion-line|NaN|undefined/);
  });

  it('of evidence as it was before there were curves still has its rules and metrics', () => {
    const { evidence, results } = gateStage(0, true);
    const old = {
      kind: 'gate',
      results,
      evidence: { rows: evidence.rows, positives: evidence.positives, metrics: evidence.metrics },
    };
    const page = renderReleaseReport(VIEW, { stages: { 'gate.staging': old } });
    assert.match(page, /brier/);
    assert.doesNotMatch(page, /NaN|undefined/);
  });

  describe('training beside serving data', () => {
    const withDrift = (drift: ServingDrift | Unavailable | undefined): string =>
      renderReleaseReport(VIEW, { stages: { 'gate.staging': { ...gateStage(0, true), drift } } });
    const serving = (shift: number): ServingDrift => {
      const next = randomStream('serving');
      const { window, features } = measureDrift(question(trainedOn(next), production(next, { shift })));
      return { environment: 'production', window, rows: 2_100, windowRows: 6_300, features };
    };
    const shortOf = (text: string): string => text.slice(text.indexOf('In short'), text.indexOf('Gates staging</h2>'));

    it('is told in short and shown per feature, with distance, tolerance, verdict and a picture', () => {
      const told = withDrift(serving(1));
      assert.match(
        shortOf(told),
        /Training beside what production serves now: drift in 1 of 5 features, a \(distance 0\.\d+, tolerated 0\.1\)/,
      );
      const section = told.slice(told.indexOf('Training against serving data</h3>'));
      assert.match(section, /2100 of 6300 rows, evenly by time/);
      assert.equal(section.match(/class="then"/g)?.length, 5);
      const cells = section.replaceAll(/<[^>]*>/g, '|');
      assert.match(cells, /\|a\|+fail\|+0\.\d+ \(0\.\d+ to 0\.\d+\)\|+0\.1000\|/);
      assert.doesNotMatch(told, /NaN|undefined|Infinity|<script|https?:/);
      assert.match(shortOf(withDrift(serving(0))), /no drift is found in 5 features\./);
    });

    it('says what could not be compared, and is not there in evidence from before it was', () => {
      const dry = withDrift({ unavailable: `${HOSTILE} has logged no prediction yet` });
      assert.match(shortOf(dry), /nothing to compare with, .* has logged no prediction yet/);
      assert.ok(!dry.includes(HOSTILE));
      const { window, features } = serving(0);
      const unjudged = features.map((one) => ({ ...one, verdict: 'insufficient_data' as const, current: [] }));
      const few = { environment: HOSTILE, window, rows: 12, windowRows: 12, features: unjudged };
      assert.match(shortOf(withDrift(few)), /no feature could be compared/);
      assert.ok(!withDrift(few).includes(HOSTILE));
      assert.doesNotMatch(withDrift(undefined), /serving data|serves now/);
    });
  });

  it('does not call failed what was superseded, cancelled or expired', () => {
    const stages = [
      { name: 'approve' as const, environment: 'production', status: 'failed' as const, reason: 'cancelled' },
    ];
    for (const outcome of ['superseded', 'cancelled', 'expired'] as const) {
      const told = renderReleaseReport({ ...VIEW, outcome, reason: `by ${HOSTILE}`, stages }, { stages: {} });
      const [, short = ''] = /<h2>In short<\/h2>(.*?)<\/section>/s.exec(told) ?? [];
      assert.ok(short.includes(outcome) && !short.includes('failed'), short);
      assert.ok(!told.includes(HOSTILE));
    }
  });

  it('begins with the stage that failed, though every gate passed, and shows how its traffic moved', () => {
    const failed = {
      ...VIEW,
      outcome: 'rolled_back' as const,
      stages: [
        ...VIEW.stages,
        { name: 'deploy' as const, environment: 'production', status: 'failed' as const, reason: `10 %: ${HOSTILE}` },
      ],
    };
    const look = (step: number, weight: number, at: number, verdict: 'pass' | 'fail' | 'inconclusive') => ({
      at,
      minRequests: 50,
      championRequests: 940,
      analysis: {
        step,
        weight,
        verdict,
        reason: `${weight} % looked at`,
        requests: 60,
        measurements: [
          { name: 'error_rate', value: 0, limit: 0.01, verdict: 'pass' as const },
          { name: 'feature.hour', value: 0.61, limit: 0.2, verdict },
        ],
      },
    });
    const story = {
      environment: 'production',
      epoch: 3,
      outcome: 'rolled_back',
      reason: HOSTILE,
      startedAt: 1_000,
      endedAt: 20_000,
      looks: [look(0, 10, 4_000, 'inconclusive'), look(0, 10, 9_000, 'pass'), look(1, 50, 15_500, 'fail')],
      said: [{ kind: 'promote' as const, by: 'operator', reason: HOSTILE, at: 5_000, step: 0 }],
    };
    const told = renderReleaseReport(failed, { stages: { 'gate.staging': gateStage(0, true) } }, { rollouts: [story] });
    const short = told.slice(told.indexOf('In short'), told.indexOf('<h2>Rollout'));
    assert.ok(short.indexOf('deploy in production: 10 %') < short.indexOf('Gates staging'), short);
    const rollout = told.slice(told.indexOf('<h2>Rollout'), told.indexOf('<h2>Gates'));
    for (const cells of [
      ['production', '3', 'rolled_back', '19.0 s'],
      ['production', '3', '1970-01-01T00:00:05Z', 'step 1 promoted by operator'],
      ['10 %', 'pass', '60 (50 needed)', '940', '2', '8.0 s'],
      ['50 %', 'fail', '60 (50 needed)', '940', '1', '6.5 s'],
      ['feature.hour', 'fail', '0.6100', '0.2000'],
    ])
      assert.match(rollout.replaceAll(/<[^>]*>/g, '|'), new RegExp(cells.join('\\|+').replaceAll(/[()%.]/g, '\\$&')));
    assert.match(rollout, /<details open><summary>production at 50 %/);
    assert.match(rollout, /<details><summary>production at 10 %/);
    assert.ok(!told.includes(HOSTILE));
  });

  it('tells a shadow and a switch from the steps of a canary', () => {
    const look = (phase: 'shadow' | 'switch', weight: number, at: number) => ({
      ...{ at, minRequests: 50, championRequests: 940 },
      analysis: { step: 0, phase, weight, verdict: 'pass' as const, reason: '', requests: 60, measurements: [] },
    });
    const story = {
      ...{ environment: 'production', epoch: 3, outcome: 'deployed', reason: '', startedAt: 0, endedAt: 9_000 },
      looks: [look('shadow', 0, 1_000), look('switch', 100, 2_000), look('switch', 100, 4_000)],
      said: [],
    };
    const told = renderReleaseReport(VIEW, {}, { rollouts: [story] });
    assert.ok(!told.includes(HOSTILE));
    const text = told.replaceAll(/<[^>]*>/g, '|');
    assert.match(text, /Phases in production, epoch 3/);
    assert.match(text, /\|copies\|+pass\|+60 \(50 needed\)\|+940\|+1\|+1\.0 s/);
    assert.match(text, /\|100 %, switched\|+pass\|+60 \(50 needed\)\|+940\|+2\|+3\.0 s/);
  });

  describe('checks and steps', () => {
    const tests = { total: 40, skipped: 7, failing: [HOSTILE], durationMs: 1_250 };
    const unit = { name: 'unit', kind: 'unit', passed: true, reason: '', durationMs: 61_000, tests };
    const covered = {
      name: HOSTILE,
      kind: 'lint',
      passed: true,
      reason: '',
      coverage: { lineRate: 0.875, lines: 400 },
    };
    const attempt = (number: number, passed: boolean, durationMs: number) => ({
      ...{ number, passed, durationMs },
      end: passed ? 'exited with code 0' : `was killed by ${HOSTILE}`,
    });
    const story = (step: string, more: Partial<StepStory>): StepStory => ({
      ...{ step, outcome: 'ran', reason: 'it has not run here before', attempts: [], flaky: false, outputs: [] },
      ...more,
    });
    const EARLIER = 'release/ferry-delay/earlier';
    const STEPS: readonly StepStory[] = [
      story('prepare', {
        outcome: 'skipped',
        from: EARLIER,
        reason: `nothing it depends on has changed since ${EARLIER}`,
      }),
      story('train', { flaky: true, attempts: [attempt(1, false, 2_000), attempt(2, true, 3_000)] }),
      story(HOSTILE, { outcome: 'failed', reason: HOSTILE, attempts: [attempt(1, false, 500)] }),
      story('export', { attempts: [attempt(1, true, 1_500)] }),
      story('again', { flaky: true, attempts: [attempt(1, true, 1_500)] }),
    ];
    const told = (checks: readonly unknown[], steps = STEPS): string =>
      renderReleaseReport(VIEW, { stages: { integrate: { checks } } }, { steps });
    const cellsOf = (page: string, heading: string): string => {
      const section = page.slice(page.indexOf(`<h2>${heading}</h2>`));
      return section.slice(0, section.indexOf('</table>')).replaceAll(/<[^>]*>/g, '|');
    };
    const row = (...cells: readonly string[]) =>
      new RegExp(cells.map((cell) => cell.replaceAll(/[()%.]/g, '\\$&')).join('\\|+'));

    it('tell of each check how long it took, what was skipped, and how much is covered', () => {
      const cells = cellsOf(told([unit, covered]), 'Checks');
      assert.match(cells, row('unit', 'unit', 'pass', '1.0 min', '40 in 1.3 s', '7', '&lt;script&gt;'));
      assert.match(cells, row('lint', 'pass', '87.5 % of 400 lines'));
      assert.match(cells, row('Took', 'Tests', 'Skipped', 'Failing', 'Coverage'));
    });

    it('tell of each step whether it ran, where its outputs are from, and every attempt', () => {
      const cells = cellsOf(told([]), 'Steps');
      assert.match(
        cells,
        row('prepare', 'skipped', 'nothing it depends on has changed since release/ferry-delay/earlier'),
      );
      assert.match(cells, row('train', 'ran', ', ', 'flaky', '1: was killed by &lt;script&gt;'));
      assert.match(cells, row('2: exited with code 0 after 3.0 s', '5.0 s', 'it has not run'));
      assert.match(cells, row('export', 'ran', '1', '1.5 s'));
      assert.match(cells, row('failed', '1: was killed by'));
    });

    it('begin with the steps that passed only when they were tried again', () => {
      const page = told([]);
      const short = page.slice(page.indexOf('In short'), page.indexOf('<h2>Steps')).replaceAll(/<[^>]*>/g, '|');
      assert.match(short, /flaky\|+ step train failed and passed with the same inputs: 1 of 2 attempts failed/);
      assert.match(short, /step again failed and passed with the same inputs, earlier/);
      assert.doesNotMatch(short, /export/);
    });

    it('stay text whatever they are called, and are not there where nothing is known of them', () => {
      const page = told([unit, covered]);
      assert.ok(!page.includes(HOSTILE) && page.includes('&lt;script&gt;'));
      const old = {
        name: 'unit',
        kind: 'unit',
        passed: true,
        reason: '',
        tests: { total: 3, skipped: 0, failing: [] },
      };
      const before = told([old], []);
      assert.match(cellsOf(before, 'Checks'), row('unit', 'pass', '3', '0'));
      assert.doesNotMatch(before, /NaN|undefined|<h2>Steps|In short/);
    });
  });

  it('shows what a constant would get, and a champion that is not what it was', () => {
    const stage = gateStage(0, true);
    const { champion } = stage.evidence;
    const evidence = {
      ...stage.evidence,
      constant: { rate: 0.3, metrics: { brier: 0.25, log_loss: 0.6, accuracy: 0.7 } },
      ...(champion === undefined ? {} : { champion: { ...champion, packaged: { brier: 0.01 } } }),
    };
    const told = renderReleaseReport(VIEW, { stages: { 'gate.staging': { ...stage, evidence } } });
    assert.match(told, /<th scope="col">Always 30 %<\/th>/);
    assert.match(told, /<td>0\.2500<\/td>/);
    assert.match(told, /Beside a constant .* \(brier 0\.2500\): skill \d/);
    assert.match(told, /The champion is much worse here than when it was packaged: brier/);
  });

  it('says the same bytes twice', () => assert.equal(render(0.6, true), page));
});
