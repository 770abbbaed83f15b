import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findingId } from '../../../src/domain/drift/findingId.js';
import { isIndexKey, reportKeys, reportPrefix } from '../../../src/domain/drift/keys.js';
import { renderMeasurement } from '../../../src/domain/drift/renderMeasurement.js';
import type { DriftOutcome } from '../../../src/domain/drift/types.js';
import { incidentKey } from '../../../src/domain/incident/keys.js';
import { renderIncident } from '../../../src/domain/incident/renderIncident.js';
import type { IncidentView } from '../../../src/domain/incident/types.js';

const HOSTILE = '](javascript:alert(1)) <b>|x|</b>\n# heading';

const view: IncidentView = {
  incidentId: 'incident/m/production/quality.x',
  model: 'm',
  environment: 'production',
  kind: 'quality',
  subject: HOSTILE,
  status: 'open',
  openedAt: Date.parse('2001-03-05T06:07:08Z'),
  owner: 'oncall',
  findings: [],
  alertsDelivered: 1,
  timeline: [{ at: Date.parse('2001-03-05T06:07:08Z'), text: HOSTILE }],
};

const outcome: DriftOutcome = {
  report: `sha256:${'e'.repeat(64)}`,
  artifactDigest: `sha256:${'b'.repeat(64)}`,
  window: { start: Date.parse('2001-03-05'), end: Date.parse('2001-03-12') },
  verdict: 'fail',
  rows: 700,
  findings: [
    { kind: 'performance', subject: 'brier', reason: 'brier is 0.3', pages: true },
    { kind: 'drift', subject: 'wind', reason: 'distance 0.4', pages: false },
  ],
};

describe('what people see of an incident', () => {
  it('renders nothing that a model repository wrote as Markdown or HTML', () => {
    const text = renderIncident(view);
    assert.doesNotMatch(text, /[^\\]<b>|[^\\]\]\(|\n#/);
    assert.equal(text.split('\n').filter((line) => line.startsWith('| 2001-03-05 06:07:08 |')).length, 1);
    assert.match(text, /acknowledged: nobody yet/);
    assert.match(text, /remediation: not decided/);
  });

  it('shows the newest lines of a long timeline', () => {
    const timeline = Array.from({ length: 80 }, (_, index) => ({ at: index, text: `line ${index}` }));
    const text = renderIncident({ ...view, timeline });
    assert.ok(text.includes('line 79') && !text.includes('line 59 '));
  });
});

describe('names of drift checks and incidents', () => {
  it('keep the problem of a version in a window one finding, whatever is measured again', () => {
    const [finding] = outcome.findings;
    assert.ok(finding !== undefined);
    assert.equal(findingId(outcome, finding), 'performance.brier@2001-03-05T00:00:00.000Z/bbbbbbbbbbbb');
    assert.equal(findingId({ ...outcome }, { ...finding, reason: 'measured again' }), findingId(outcome, finding));
  });

  it('tell the index of a window from its page and its report', () => {
    const keys = reportKeys('m', 'production', outcome.window.start);
    assert.deepEqual([keys.index, keys.html, keys.json].map(isIndexKey), [true, false, false]);
    assert.ok(Object.values(keys).every((key) => key.startsWith(reportPrefix('m', 'production'))));
  });

  it('put no foreign text into a key without encoding', () => {
    assert.equal(
      incidentKey({ ...view, subject: '../../x' }),
      'incidents/m/production/2001-03-05T06:07:08.000Z.quality...%2F..%2Fx.json',
    );
  });

  it('list only what pages somebody in the table of a check', () => {
    const text = renderMeasurement('1 window', [outcome]);
    assert.match(
      text,
      /\| 2001-03-05 00:00 to 2001-03-12 00:00 \| 700 \| fail \| performance of brier \| `eeeeeeeeeeee` \|/,
    );
    assert.equal(renderMeasurement('nothing is due', []), 'nothing is due');
  });
});
