import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSpec } from '../../../src/contract/spec/parseSpec.js';
import { BASE, problemsOf } from './mistake.js';

const STEPS = '          - {weight: 100, hold: 5s}\n';
const withMetrics = (...metrics: readonly string[]): string =>
  BASE.replace(STEPS, `${STEPS}        analysis: {metrics: [${metrics.join(', ')}]}\n`);

test('the metrics of a canary in the terms of the domain', () => {
  const parsed = parseSpec(
    withMetrics(
      "{name: errors, prometheus: {url: 'https://metrics.example:9090/', query: 'e{v=\"{{version}}\"}', secret: metrics-token}, maxIncrease: 0.1, relative: true, interval: 5m}",
      "{name: brier, sql: {query: 'SELECT avg(label) AS value FROM predictions WHERE version = {{version}}'}, max: 0.2, minSamples: 50}",
      "{name: revenue, http: {url: 'http://shop:80/{{model}}', pointer: /value}, maxDecrease: 2, margin: 1, timeout: 5s}",
      '{name: fair, command: {run: node fair.mjs, writes: fair.json}, min: 0}',
    ),
    'slipway.yaml',
  );
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const { rollout } = parsed.spec.environments[1]!;
  assert.deepEqual(rollout.strategy === 'canary' && rollout.analysis.metrics, [
    {
      ...{ name: 'errors', maxIncrease: 0.1, relative: true, intervalMs: 300_000, timeoutMs: 30_000 },
      query: {
        ...{ kind: 'prometheus', url: 'https://metrics.example:9090/', secret: 'metrics-token' },
        query: 'e{v="{{version}}"}',
      },
    },
    {
      ...{ name: 'brier', max: 0.2, minSamples: 50, timeoutMs: 30_000 },
      query: { kind: 'sql', query: 'SELECT avg(label) AS value FROM predictions WHERE version = {{version}}' },
    },
    {
      ...{ name: 'revenue', maxDecrease: 2, margin: 1, timeoutMs: 5_000 },
      query: { kind: 'http', url: 'http://shop:80/{{model}}', pointer: '/value' },
    },
    {
      ...{ name: 'fair', min: 0, timeoutMs: 30_000 },
      query: { kind: 'command', run: 'node fair.mjs', writes: 'fair.json' },
    },
  ]);
});

test('metrics that could never do what their author meant', () => {
  for (const [metric, problem] of [
    ["{name: a, sql: {query: 'SELECT 1'}}", /has no bound/],
    ['{name: a, max: 1}', /is asked for in no single way/],
    ["{name: a, max: 1, sql: {query: 'SELECT 1'}, command: {run: x, writes: y}}", /is asked for in no single way/],
    ["{name: a, max: 1, sql: {query: 'SELECT {{verison}}'}}", /expected \{\{…\}\} with one of version/],
    ['{name: a, max: 1, sql: {query: "WHERE v = \'{{version}}\'"}}', /without quotes/],
    ["{name: a, max: 1, relative: true, sql: {query: 'SELECT 1'}}", /nothing is compared/],
    ["{name: a, max: 1, min: 2, sql: {query: 'SELECT 1'}}", /min 2 is above max 1/],
    ["{name: a, max: 1, http: {url: 'http://{{model}}.example/'}}", /only behind its host/],
    ["{name: a, max: 1, http: {url: 'http://user:pass@shop/'}}", /without user, password/],
    ["{name: a, max: 1, http: {url: 'file:///etc/passwd'}}", /http: or https:/],
    ["{name: a, max: 1, http: {url: 'http://shop/', pointer: value}}", /a JSON Pointer/],
    ["{name: a, max: 1, prometheus: {url: 'http://p/?x=1', query: up}}", /the base address/],
    [
      '{name: a, max: 1, command: {run: x, writes: y}, timeout: 10m}, {name: a, max: 1, command: {run: x, writes: y}}',
      /twice/,
    ],
    [
      '{name: a, max: 1, command: {run: x, writes: y}, timeout: 10m}, {name: b, max: 1, command: {run: x, writes: y}}',
      /20m in all/,
    ],
  ] as const) {
    const found = problemsOf(withMetrics(metric));
    assert.ok(
      found.some((one) => problem.test(one)),
      `${metric}: ${found.join(' | ')}`,
    );
  }
});
