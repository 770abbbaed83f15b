import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DriftReport, FeatureDrift } from '../../../src/domain/drift/types.js';
import { renderDriftReport } from '../../../src/domain/report/driftReport.js';
import { histogramChart } from '../../../src/domain/report/histogramChart.js';

const HOSTILE = `<img src=x onerror="alert('1')">&`;

const column = (feature: string): FeatureDrift => ({
  feature,
  verdict: 'fail',
  distance: 0.4,
  interval: [0.3, 0.5],
  pValue: 1e-9,
  psi: 0.7,
  tolerance: 0.1,
  reason: HOSTILE,
  reference: [10, 80, 10],
  current: [70, 20, 10],
  labels: [HOSTILE, 'b', 'missing'],
});

const report = (change: Partial<DriftReport> = {}): DriftReport => ({
  model: 'm',
  environment: 'production',
  artifactDigest: `sha256:${'a'.repeat(64)}`,
  releaseId: HOSTILE,
  window: { start: Date.parse('2001-03-05'), end: Date.parse('2001-03-12') },
  rows: 700,
  verdict: 'fail',
  quality: [{ name: 'range', subject: HOSTILE, verdict: 'fail', observed: 0.9, limit: 0.01, reason: HOSTILE }],
  features: [column(HOSTILE)],
  prediction: column('prediction'),
  performance: {
    verdict: 'insufficient_data',
    metric: 'brier',
    labelled: 511,
    rows: 700,
    reason: 'labels are mature later',
  },
  expectedFalseAlarms: 0.005,
  findings: [{ kind: 'drift', subject: HOSTILE, reason: HOSTILE, pages: false }],
  ...change,
});

describe('the drift report', () => {
  it('opens offline, without a script, and shows nothing unescaped', () => {
    const page = renderDriftReport(report(), 'sha256:feed');
    assert.match(page, /^<!doctype html>\n<html lang="en">/);
    assert.doesNotMatch(page, /<script|<link|<img|src=x onerror="/);
    assert.doesNotMatch(page, /https?:/);
    assert.match(page, /&lt;img src=x onerror=&quot;alert\(&#39;1&#39;\)&quot;&gt;&amp;/);
  });

  it('has a caption for every table, a name for every picture, and says coverage in words', () => {
    const page = renderDriftReport(report(), 'sha256:feed');
    assert.equal((page.match(/<table[ >]/g) ?? []).length, (page.match(/<caption>/g) ?? []).length);
    assert.equal((page.match(/<svg /g) ?? []).length, 2);
    assert.equal((page.match(/<svg [^>]*role="img" aria-label="[^"]+"/g) ?? []).length, 2);
    assert.match(page, /511 of 700 \(73 %\)/);
    assert.match(page, /2001-03-05 00:00 to 2001-03-12 00:00/);
  });

  it('names the incident of what pages and says what happens next; what does not page changes nothing', () => {
    const paging = { kind: 'performance' as const, subject: 'brier', reason: 'worse', pages: true };
    const told = renderDriftReport(report({ findings: [paging] }), 'sha256:feed');
    assert.match(told, /slipway incident show incident\/m\/production\/performance\.brier<.*/);
    assert.match(told, /What happens next: .* roll back, to retrain/);
    assert.match(renderDriftReport(report(), 'sha256:feed'), /None of them pages: no incident/);
  });

  it('is complete for a window in which nothing was found, and for one without a row', () => {
    const { performance } = report();
    const empty = { ...column('prediction'), reference: [], current: [], labels: [] };
    const page = renderDriftReport(
      report({
        rows: 0,
        quality: [],
        features: [],
        findings: [],
        prediction: empty,
        performance: { ...performance, labelled: 0, rows: 0 },
      }),
      'sha256:feed',
    );
    assert.match(page, /Nothing was found/);
    assert.doesNotMatch(page, /NaN|undefined|Infinity/);
  });
});

describe('a column that was not judged', () => {
  it('shows its reference and why, and no numbers', () => {
    const unjudged = {
      ...column('wind'),
      verdict: 'inconclusive' as const,
      current: [],
      distance: 0.123,
      pValue: 0.987,
      reason: 'not judged',
    };
    const page = renderDriftReport(report({ features: [unjudged], findings: [] }), 'sha256:feed');
    assert.doesNotMatch(page, /0\.1230|0\.9870/);
    assert.match(page, /<td>–<\/td>/);
    assert.match(page, /wind: the reference alone, nothing was judged/);
  });
});

describe('a pair of histograms', () => {
  it('says which bin moved most, and by how much', () => {
    const { html } = histogramChart({
      name: 'wind',
      reference: [50, 50, 0],
      current: [90, 10, 0],
      labels: ['low', 'high', 'missing'],
    });
    assert.match(html, /aria-label="wind: the largest move is low: 50.0 % in the reference, 90.0 % now"/);
    assert.equal((html.match(/<rect /g) ?? []).length, 3);
  });

  it('draws equal shapes of unequal sizes alike', () => {
    const { html } = histogramChart({ name: 'wind', reference: [1, 1], current: [500, 500], labels: ['low', 'high'] });
    assert.match(html, /reference and current look alike/);
  });
});
