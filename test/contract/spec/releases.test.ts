/** How the releases of a model follow each other, from slipway.yaml to the plan of a release. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseSpec } from '../../../src/contract/spec/parseSpec.js';
import { formatProblem } from '../../../src/contract/yaml/problem.js';
import { planOf } from '../../../src/domain/release/plan.js';
import type { ReleasesSpec } from '../../../src/domain/spec/types.js';

const BASE = readFileSync(new URL('base.txt', import.meta.url), 'utf8');
const DAY = 86_400_000;

const parse = (releases: string) => parseSpec(`${BASE}releases: ${releases}\n`, 'slipway.yaml');

const planned = (releases: ReleasesSpec | undefined) => {
  const parsed = parseSpec(BASE, 'slipway.yaml');
  assert.ok(parsed.ok);
  const { whenBusy, turnWithinMs } = planOf(
    { ...parsed.spec, ...(releases === undefined ? {} : { releases }) },
    'sha256:5',
  );
  return [whenBusy, turnWithinMs];
};

test('a release in line gives its place up after a time', () => {
  const parsed = parse('{ whenBusy: queue, expireAfter: 7d }');
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.spec.releases, { whenBusy: 'queue', expireAfterMs: 7 * DAY });
  assert.deepEqual(planned(parsed.spec.releases), ['queue', 7 * DAY]);
  const usual = parse('{ whenBusy: queue }');
  assert.equal(usual.ok && usual.spec.releases?.expireAfterMs, 30 * DAY);
});

test('the word whether it may go on at all is expected within a day, and the usual release expects none', () => {
  assert.deepEqual(planned({ whenBusy: 'reject' }), ['reject', DAY]);
  assert.deepEqual(planned({ whenBusy: 'coalesce' }), [undefined, undefined]);
  assert.deepEqual(planned(undefined), [undefined, undefined]);
  assert.deepEqual(planned({ whenBusy: 'queue' }), ['queue', undefined], 'as specs were kept before it was asked');
});

test('who gets in no line gives no place up', () => {
  for (const releases of ['{ whenBusy: reject, expireAfter: 7d }', '{ expireAfter: 7d }']) {
    const parsed = parse(releases);
    assert.equal(parsed.ok, false);
    assert.match(
      parsed.ok ? '' : parsed.problems.map(formatProblem).join('\n'),
      /releases\.expireAfter: says how long a release stays in line, and none gets in line \(expected whenBusy: queue, or no expireAfter\)/,
    );
  }
});
