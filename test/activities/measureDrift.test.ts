import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { readFrozenReference, readSignature, readSpec } from '../../activities/artifactContents.js';
import { getJson, readDocument } from '../../activities/documents.js';
import { readReportIndexes, storeDriftReport } from '../../activities/driftReportFiles.js';
import { createLookForRecovery } from '../../activities/lookForRecovery.js';
import { createMeasureDrift, type DriftMeasurement } from '../../activities/measureDrift.js';
import { measureWindow } from '../../activities/measureWindow.js';
import { createMoveWatermark } from '../../activities/moveWatermark.js';
import { readWatermark } from '../../activities/watermark.js';
import type { DueWindow, Watermark } from '../../src/domain/drift/dueWindows.js';
import { reportKeys } from '../../src/domain/drift/keys.js';
import type { DriftReport } from '../../src/domain/drift/types.js';
import { createSleepyStore } from '../fakes/sleepyStore.js';
import { ENVIRONMENT, MODEL, openHarbour, type Harbour } from '../fixtures/incidents/harbour.js';
import { DAY, ferries, OPENING } from '../fixtures/incidents/world.js';

const WEEK = 7 * DAY;
let harbour: Harbour;
before(async () => {
  harbour = await openHarbour();
});
after(() => harbour.end());

const input = { model: MODEL, environment: ENVIRONMENT, most: 4 };
const measure = (environment = new MockActivityEnvironment(), ports = harbour.ports): Promise<DriftMeasurement> =>
  environment.run(createMeasureDrift(ports), input);
const move = (due: readonly DueWindow[]): Promise<Watermark | undefined> =>
  createMoveWatermark(harbour.ports)({ model: MODEL, environment: ENVIRONMENT, due });
const watermark = (): Promise<Watermark | undefined> => readWatermark(harbour.ports.store, MODEL, ENVIRONMENT);
const due = (week: number, phase: DueWindow['phase']): DueWindow => ({
  window: { start: OPENING + week * WEEK, end: OPENING + (week + 1) * WEEK },
  phase,
});

const reports = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...harbour.ports.store.objects]
      .filter(([key]) => key.includes('/reports/'))
      .map(([key, body]) => [key, Buffer.from(body).toString('utf8')]),
  );

describe('measureDrift', () => {
  it('measures nothing where nothing is deployed, and says so', async () => {
    const measured = await measure();
    assert.ok(measured.kind === 'skipped');
    assert.equal(measured.why, 'nothing_deployed');
    const last = await readDocument<{ status: string }>(harbour.ports.store, `drift/${MODEL}/${ENVIRONMENT}/last.json`);
    assert.equal(last?.status, 'skipped: nothing_deployed');
  });

  it('says that no window is complete while there is no traffic', async () => {
    await harbour.deploy(await harbour.build('sound'));
    const measured = await measure();
    assert.equal(measured.kind === 'skipped' && measured.why, 'no_window');
  });

  it('measures every window that is due, with labels where they are mature, and stores reports to read offline', async () => {
    await harbour.sail(ferries(OPENING, 21, 80, 'usual'));
    // The newest row is some minutes before the end of the third week: that week is not complete.
    const measured = await measure();
    assert.ok(measured.kind === 'measured');
    assert.deepEqual(measured.due, [due(0, 'complete'), due(1, 'complete')]);
    assert.deepEqual(
      measured.outcomes.map(({ rows, verdict }) => [rows, verdict]),
      [
        [560, 'pass'],
        [560, 'pass'],
      ],
    );
    const report = await getJson<DriftReport>(harbour.ports.store, measured.outcomes[0]?.report ?? 'sha256:');
    assert.equal(report.performance.labelled, 560);
    const page = reports()[reportKeys(MODEL, ENVIRONMENT, OPENING).html] ?? '';
    assert.match(page, /<svg[^>]+role="img"/);
    assert.doesNotMatch(page, /<script|https?:\/\//, 'nothing is loaded from anywhere');
  });

  it('begins where the log began, not where one caller says that it was', async () => {
    const began = Math.floor(Date.now() / WEEK) * WEEK - 3 * WEEK;
    const { ports } = harbour;
    const wall = { ...ports.settings.models[MODEL]!, clocks: { [ENVIRONMENT]: { kind: 'wall' } as const } };
    const measured = await measure(new MockActivityEnvironment(), {
      ...ports,
      settings: { ...ports.settings, models: { [MODEL]: wall } },
      log: { ...ports.log, oldestEventTime: async () => -8.64e15, firstArrival: async () => began },
    });
    assert.ok(measured.kind === 'measured');
    assert.equal(measured.due[0]?.window.start, began - WEEK);
  });

  it('run twice before the watermark moved, answers and stores the same', async () => {
    const before = reports();
    const first = await measure();
    const second = await measure();
    assert.deepEqual(second, first);
    assert.deepEqual(reports(), before);
  });

  it('measures a window only once after the watermark moved, and again when its labels are mature', async () => {
    await move([due(0, 'complete'), due(1, 'complete')]);
    assert.equal((await measure()).kind, 'skipped');
    await harbour.sail(ferries(OPENING + 3 * WEEK, 1, 80, 'usual').slice(0, 40));
    const early = await measure();
    assert.deepEqual(early.kind === 'measured' && early.due, [due(2, 'early')]);
    assert.ok(early.kind === 'measured');
    await move(early.due);
    const unlabelled = await getJson<DriftReport>(harbour.ports.store, early.outcomes[0]?.report ?? 'sha256:');
    assert.equal(unlabelled.performance.verdict, 'insufficient_data', 'labels had no time to mature');
    assert.equal((await measure()).kind, 'skipped');

    await harbour.sail(ferries(OPENING + 3 * WEEK + DAY, 1, 80, 'usual'));
    const complete = await measure();
    assert.ok(complete.kind === 'measured');
    assert.deepEqual(complete.due, [due(2, 'complete')]);
    assert.notEqual(complete.outcomes[0]?.report, early.outcomes[0]?.report);
    // A worker that was asleep since the early measurement wakes up: the complete report stays.
    await storeDriftReport(harbour.ports.store, unlabelled, 'early', 560);
    const index = (await readReportIndexes(harbour.ports.store, MODEL, ENVIRONMENT, OPENING + 2 * WEEK))[0];
    assert.equal(index?.digest, complete.outcomes[0]?.report);
    await move(complete.due);
  });

  it('never moves the watermark back', async () => {
    const reached = await watermark();
    assert.deepEqual(reached, { early: OPENING + 3 * WEEK, complete: OPENING + 3 * WEEK });
    await move([due(0, 'early'), due(1, 'complete')]);
    assert.deepEqual(await watermark(), reached);
    await move([]);
    assert.deepEqual(await watermark(), reached);
  });

  it('does not let a worker put the watermark back that read it before another moved it', async () => {
    const { store } = harbour.ports;
    const sleepy = createSleepyStore(store, 'putDocument');
    const about = { model: 'other', environment: ENVIRONMENT };
    const moveOther = createMoveWatermark(harbour.ports);
    await moveOther({ ...about, due: [due(0, 'complete')] });
    const late = createMoveWatermark({ ...harbour.ports, store: sleepy.store })({ ...about, due: [due(1, 'early')] });
    await sleepy.asleep;
    for (const week of [1, 2, 3]) await moveOther({ ...about, due: [due(week, 'complete')] });
    sleepy.wake();
    await late;
    const end = OPENING + 4 * WEEK;
    assert.deepEqual(await readWatermark(store, 'other', ENVIRONMENT), { early: end, complete: end });
    await moveOther({ ...about, due: [due(4, 'complete')] });
    const kept = [...store.objects.keys()].filter((key) => key.startsWith('pointers/drift/other/'));
    assert.equal(kept.length, 2, 'and no marks pile up');
  });

  it('goes on from the watermark that an earlier version left', async () => {
    const left = { early: OPENING + 2 * WEEK, complete: OPENING + WEEK };
    await harbour.ports.store.putDocument(
      `pointers/drift/earlier/${ENVIRONMENT}.json`,
      new TextEncoder().encode(JSON.stringify(left)),
    );
    assert.deepEqual(await readWatermark(harbour.ports.store, 'earlier', ENVIRONMENT), left);
  });

  it('skips while two versions share the traffic, and measures those windows afterwards', async () => {
    await harbour.sail(ferries(OPENING + 3 * WEEK + 2 * DAY, 8, 80, 'usual'));
    const version = harbour.state().champion;
    assert.ok(version !== undefined);
    const request = {
      requestId: 'r',
      kind: 'release',
      version,
      rollout: { strategy: 'immediate' },
      order: 2,
      by: 'author',
      reason: '',
    } as const;
    const idle = harbour.state();
    harbour.change({ ...idle, active: { epoch: 2, request, startedAt: 0 } });
    const skipped = await measure();
    assert.equal(skipped.kind === 'skipped' && skipped.why, 'canary');
    assert.deepEqual(await watermark(), { early: OPENING + 3 * WEEK, complete: OPENING + 3 * WEEK });
    harbour.change(idle);
    const measured = await measure();
    assert.deepEqual(measured.kind === 'measured' && measured.due, [due(3, 'complete')]);
  });

  it('ends as cancelled, and leaves no half a check behind', async () => {
    const environment = new MockActivityEnvironment();
    const before = reports();
    const log = {
      ...harbour.ports.log,
      read: async (...asked: Parameters<typeof harbour.ports.log.read>) => {
        environment.cancel();
        return harbour.ports.log.read(...asked);
      },
    };
    await assert.rejects(measure(environment, { ...harbour.ports, log }), /CANCELLED|cancel/i);
    assert.deepEqual(reports(), before);
  });

  it('judges a window of an earlier version without paging anybody for it', async () => {
    const earlier = harbour.state().champion?.artifactDigest;
    await harbour.sail(ferries(OPENING + 31 * DAY, 6, 80, 'garbled'));
    await harbour.deploy(await harbour.build('skewed'));
    const measured = await measure();
    assert.ok(measured.kind === 'measured');
    assert.equal(measured.outcomes[0]?.artifactDigest, earlier);
    const findings = measured.outcomes.flatMap((outcome) => outcome.findings);
    assert.ok(findings.some((finding) => finding.kind === 'quality' && finding.subject === 'load'));
    assert.ok(findings.every((finding) => !finding.pages));
  });

  it('gives the same report from a thread as from the event loop', async () => {
    const champion = harbour.state().champion;
    assert.ok(champion !== undefined);
    const spec = await readSpec(harbour.ports.store, champion.artifactDigest);
    assert.ok(spec.monitoring !== undefined);
    const { features } = await readSignature(harbour.ports.store, champion.artifactDigest);
    const window = { start: OPENING, end: OPENING + WEEK };
    const question = {
      model: MODEL,
      environment: ENVIRONMENT,
      artifactDigest: champion.artifactDigest,
      releaseId: champion.releaseId,
      window,
      rows: await harbour.ports.log.read(MODEL, ENVIRONMENT, window, features),
      features,
      reference: await readFrozenReference(harbour.ports.store, champion.artifactDigest),
      spec: spec.monitoring,
      now: OPENING + 3 * WEEK,
    };
    const { signal } = new AbortController();
    assert.deepEqual(await measureWindow(question, signal, 1), await measureWindow(question, signal));
    const stopped = new AbortController();
    const measuring = measureWindow(question, stopped.signal, 1);
    stopped.abort(new Error('stopped'));
    await assert.rejects(measuring, /stopped/);
  });
});

describe('the volume of a window', () => {
  const WEEKS = 3;
  const usual = ferries(OPENING, WEEKS * 7, 100, 'usual');
  const next = ferries(OPENING + WEEKS * WEEK, 7, 100, 'usual');
  const rest = ferries(OPENING + (WEEKS + 1) * WEEK, 2, 100, 'usual');
  let port: Harbour;
  beforeEach(async () => {
    port = await openHarbour();
    await port.deploy(await port.build('sound'));
    await port.sail(usual);
  });
  afterEach(() => port.end());

  const findingsOfLast = async (): Promise<readonly string[]> => {
    await port.sail(rest);
    const measured: DriftMeasurement = await new MockActivityEnvironment().run(createMeasureDrift(port.ports), {
      ...input,
      most: 10,
    });
    assert.ok(measured.kind === 'measured');
    return (measured.outcomes.at(-1)?.findings ?? []).map(({ kind, subject }) => `${kind}.${subject}`);
  };

  it('is a fault when most of the usual traffic is missing', async () => {
    await port.sail(next.filter((_, index) => index % 5 < 2));
    assert.deepEqual(await findingsOfLast(), ['quality.volume']);
  });

  it('is none where another version had its share of the traffic', async () => {
    const champion = port.state();
    await port.deploy(await port.build('skewed'));
    await port.sail(next.filter((_, index) => index % 5 >= 2));
    port.change(champion);
    await port.sail(next.filter((_, index) => index % 5 < 2));
    assert.deepEqual(await findingsOfLast(), []);
  });
});

describe('lookForRecovery', () => {
  const look = (kind: string, subject: string, after: number) =>
    createLookForRecovery(harbour.ports)({ model: MODEL, environment: ENVIRONMENT, kind, subject, after });

  it('believes only a later window that was measured, and is sound in this respect', async () => {
    assert.deepEqual(await look('quality', 'wind', OPENING), {
      recovered: true,
      reason: 'the window from 2001-01-29T00:00 is sound again',
    });
    assert.deepEqual(await look('quality', 'load', OPENING), {
      recovered: false,
      reason: 'the window from 2001-01-29T00:00 has the same problem',
    });
    // Labels of the last window are not mature: the one before it is the newest that says anything of performance.
    assert.match((await look('performance', 'brier', OPENING)).reason, /2001-01-22T00:00 is sound/);
    assert.equal((await look('performance', 'brier', OPENING + 20 * WEEK)).recovered, false);
  });
});
