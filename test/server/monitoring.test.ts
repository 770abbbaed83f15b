import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reportKeys } from '../../src/domain/drift/keys.js';
import type { DriftReport, ProblemKind } from '../../src/domain/drift/types.js';
import { openScene } from './scene.js';

const URL = '/api/v1/models/flights/environments/production/drift';
const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const report = (day: number, environment = 'production'): DriftReport => {
  const measured = {
    verdict: 'pass',
    distance: 0.1,
    interval: [0, 0.2],
    pValue: 0.5,
    psi: 0,
    tolerance: 0.1,
    reason: '<b>fine</b>',
    reference: [1, 2],
    current: [2, 1],
    labels: ['a', 'b'],
  } as const;
  return {
    model: 'flights',
    environment,
    artifactDigest: `sha256:${'1'.repeat(64)}`,
    releaseId: 'release/flights/1',
    window: { start: Date.UTC(2001, 2, day), end: Date.UTC(2001, 2, day + 1) },
    rows: 10,
    verdict: 'pass',
    quality: [],
    features: [{ ...measured, feature: 'hour' }],
    prediction: { ...measured, feature: 'prediction' },
    performance: { verdict: 'pass', metric: 'brier', labelled: 0, rows: 10, reason: 'ok' },
    expectedFalseAlarms: 0.01,
    findings: [],
  } as DriftReport;
};

describe('POST …/drift/check', () => {
  it('of what is not monitored says where monitoring is declared', async () => {
    const scene = openScene();
    const answer = await scene.ask('oncall', 'POST', `${URL}/check`, {});
    const { code, action } = answer.json<{ code: string; action: string }>();
    assert.deepEqual([answer.statusCode, code], [404, 'not_monitored']);
    assert.match(action, /Declare `monitoring` in slipway\.yaml/);
  });
});

const reported = async () => {
  const scene = openScene();
  const digests: string[] = [];
  for (const day of [5, 6, 7]) {
    const { digest } = await scene.store.putBlob(encode(report(day)));
    digests.push(digest);
    const keys = reportKeys('flights', 'production', Date.UTC(2001, 2, day));
    await scene.store.putDocument(keys.index, encode({ digest, window: report(day).window, rows: 10 }));
    await scene.store.putDocument(keys.json, encode(report(day)));
    await scene.store.putDocument(keys.html, encode('page'));
  }
  return { ...scene, digests };
};

describe('drift', () => {
  it('reports are listed from the newest window on, page by page', async () => {
    const { ask, digests } = await reported();
    const page = async (query: string) =>
      (await ask('guest', 'GET', `${URL}/reports${query}`)).json<{ reports: { digest: string }[]; cursor?: string }>();
    const first = await page('?limit=2');
    const second = await page(`?limit=2&cursor=${encodeURIComponent(first.cursor ?? '')}`);
    assert.deepEqual(
      [...first.reports, ...second.reports].map(({ digest }) => digest),
      digests.toReversed(),
    );
    assert.equal(second.cursor, undefined);
    assert.doesNotMatch(first.cursor ?? '', /drift|\//, 'a cursor shows nothing of the store');
    const other = Buffer.from('decisions/x').toString('base64url');
    for (const cursor of [other, 'rubbish'])
      assert.equal((await ask('guest', 'GET', `${URL}/reports?limit=2&cursor=${cursor}`)).statusCode, 400);
  });

  it('report is had as the latest or by its digest, as JSON or as a page', async () => {
    const { ask, digests } = await reported();
    const latest = (await ask('guest', 'GET', `${URL}/reports/latest`)).json<{
      digest: string;
      window: { start: number };
    }>();
    assert.deepEqual([latest.digest, latest.window.start], [digests[2], Date.UTC(2001, 2, 7)]);
    const page = await ask('guest', 'GET', `${URL}/reports/${digests[0]}`, undefined, { accept: 'text/html' });
    assert.match(String(page.headers['content-type']), /^text\/html/);
    assert.match(page.body, /&lt;b&gt;fine/);
    assert.match(String(page.headers['content-security-policy']), /sandbox/);
  });

  it('report route is no way to other blobs', async () => {
    const { ask, store } = await reported();
    const secret = await store.putBlob(encode({ model: 'flights', secret: 1 }));
    const other = await store.putBlob(encode(report(5, 'test')));
    const bytes = await store.putBlob(new Uint8Array([0xff, 0x00]));
    for (const { digest } of [secret, other, bytes, { digest: `sha256:${'0'.repeat(64)}` }]) {
      assert.equal((await ask('guest', 'GET', `${URL}/reports/${digest}`)).statusCode, 404);
    }
  });

  it('says that no window was checked yet', async () => {
    const answer = await openScene().ask('guest', 'GET', `${URL}/reports/latest`);
    assert.deepEqual([answer.statusCode, answer.json<{ code: string }>().code], [404, 'no_window']);
  });

  it('is checked now when its schedule is there', async () => {
    const { ask, workflows } = openScene();
    const check = () => ask('oncall', 'POST', `${URL}/check`);
    assert.equal((await check()).statusCode, 404);
    await workflows.ensureSchedule({
      scheduleId: 'drift/flights/production',
      everyMs: 1000,
      workflowType: 'driftWatch',
      workflowId: 'drift/flights/production',
      input: {},
      taskQueue: 'control',
      note: '',
    });
    assert.deepEqual((await check()).json(), { scheduleId: 'drift/flights/production' });
    assert.deepEqual(workflows.triggered, ['drift/flights/production']);
  });
});

describe('incidents', () => {
  const opened = async () => {
    const scene = openScene();
    for (const subject of ['hour', 'origin']) {
      await scene.workflows.startOnce({
        workflowType: 'incident',
        workflowId: `incident/flights/production/drift.${subject}`,
        input: { model: 'flights', environment: 'production', kind: 'drift', subject, owner: 'oncall' },
        summary: '',
        searchAttributes: { SlipwayModel: 'flights' },
      });
    }
    return scene;
  };
  const PLACE = '/api/v1/incidents/flights/production';

  it('are listed, shown and acknowledged', async () => {
    const { ask } = await opened();
    const list = async (query = '') =>
      (await ask('guest', 'GET', `/api/v1/incidents${query}`)).json<{
        incidents: { subject: string; status: string }[];
      }>().incidents;
    assert.deepEqual((await list()).map(({ subject }) => subject).sort(), ['hour', 'origin']);
    const acknowledged = (await ask('oncall', 'POST', `${PLACE}/drift.hour/ack`, { note: 'looking' })).json<
      Record<string, unknown>
    >();
    assert.deepEqual([acknowledged['status'], acknowledged['acknowledgedBy']], ['acknowledged', 'oncall']);
    assert.equal((await ask('guest', 'GET', `${PLACE}/drift.hour`)).json<{ status: string }>().status, 'acknowledged');
    assert.equal((await ask('guest', 'GET', `${PLACE}/drift.nothing`)).statusCode, 404);
  });

  it('of every kind have an address', async () => {
    const { ask } = openScene();
    const kinds: Readonly<Record<ProblemKind, true>> = {
      ...{ quality: true, drift: true, prediction: true, performance: true, outlier: true },
      ...{ breakglass: true, deployment_drift: true },
    };
    for (const kind of Object.keys(kinds))
      assert.equal(
        (await ask('guest', 'GET', `${PLACE}/${kind}.nothing`)).json<{ code: string }>().code,
        'not_found',
        kind,
      );
  });

  it('that are resolved cannot be acknowledged', async () => {
    const { ask, workflows } = await opened();
    await workflows.signal('incident/flights/production/drift.hour', 'resolve', {});
    assert.equal(
      (await ask('oncall', 'POST', `${PLACE}/drift.hour/ack`, {})).json<{ code: string }>().code,
      'incident_closed',
    );
    const open = (await ask('guest', 'GET', '/api/v1/incidents?open=true')).json<{
      incidents: { subject: string }[];
    }>();
    assert.deepEqual(
      open.incidents.map(({ subject }) => subject),
      ['origin'],
    );
  });

  it('that the engine has forgotten are read from the store', async () => {
    const { ask, store } = openScene();
    const view = {
      incidentId: 'incident/flights/production/drift.old',
      model: 'flights',
      environment: 'production',
      kind: 'drift',
      subject: 'old',
      status: 'resolved',
      openedAt: 1,
      owner: 'oncall',
    };
    await store.putDocument('incidents/flights/production/1970-01-01T00:00:00.001Z.drift.old.json', encode(view));
    assert.equal((await ask('guest', 'GET', `${PLACE}/drift.old`)).json<{ status: string }>().status, 'resolved');
    assert.equal((await ask('guest', 'GET', '/api/v1/incidents')).json<{ incidents: unknown[] }>().incidents.length, 1);
  });
});

describe('insights', () => {
  it('measure what the store keeps', async () => {
    const { ask, store } = openScene();
    for (const [commit, outcome] of [
      ['1', 'promoted'],
      ['2', 'blocked'],
    ] as const) {
      const view = {
        releaseId: `release/flights/${commit.repeat(40)}`,
        model: 'flights',
        commit: commit.repeat(40),
        trigger: { kind: 'commit', by: 'author', at: 0 },
        startedAt: 1000,
        endedAt: 61_000,
        outcome,
        decisions: [],
        params: {},
        order: 1,
        repository: 'flights',
        stages: [{ name: 'approve', environment: 'production', status: 'passed', startedAt: 1000, endedAt: 31_000 }],
      };
      await store.putDocument(`releases/flights/${commit.repeat(40)}/release.json`, encode(view));
    }
    const body = (await ask('guest', 'GET', '/api/v1/insights?model=flights')).json<{
      outcomes: object;
      leadTime: { median: number };
      latest: { waited: { stage: string; share: number }[] }[];
    }>();
    assert.deepEqual(body.outcomes, { promoted: 1, blocked: 1 });
    assert.equal(body.leadTime.median, 61_000);
    assert.deepEqual(body.latest[0]?.waited[0]?.share, 0.5);
  });
});
