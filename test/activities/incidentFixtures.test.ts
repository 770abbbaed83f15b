/** The three incidents of the fixtures, measured and decided by the real activities over real segments and models. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createAssessRemediation, type RemediationAssessment } from '../../activities/assessRemediation.js';
import { createEvaluateGates } from '../../activities/evaluateGates.js';
import { createExportTrainingData } from '../../activities/exportTrainingData.js';
import { createMeasureDrift, type DriftMeasurement } from '../../activities/measureDrift.js';
import { createMoveWatermark } from '../../activities/moveWatermark.js';
import { encodeJson, putJson } from '../../activities/documents.js';
import { remediationMemoryKey } from '../../src/domain/incident/keys.js';
import type { RemediationMemory } from '../../src/domain/incident/remediationMemory.js';
import { readSpec } from '../../activities/artifactContents.js';
import { findingId } from '../../src/domain/drift/findingId.js';
import type { Version } from '../../src/domain/artifact/types.js';
import type { DriftOutcome, Finding } from '../../src/domain/drift/types.js';
import { INCIDENTS, ROWS_PER_DAY, rowsOf, type IncidentPlay } from '../fixtures/incidents/incidents.js';
import { DAY, OPENING } from '../fixtures/incidents/world.js';
import { ENVIRONMENT, MODEL, openHarbour, type Harbour } from '../fixtures/incidents/harbour.js';
import type { StageEvidence } from '../../activities/smokeTest.js';
import { askedBy } from '../fixtures/askedBy.js';

const WEEK = 7;
const run = <I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> =>
  new MockActivityEnvironment().run(activity, input);

type Measured = Extract<DriftMeasurement, { kind: 'measured' }>;

const check = async ({ ports }: Harbour): Promise<Measured> => {
  const measured = await run(createMeasureDrift(ports), { model: MODEL, environment: ENVIRONMENT, most: 20 });
  assert.ok(measured.kind === 'measured', measured.reason);
  await createMoveWatermark(ports)({ model: MODEL, environment: ENVIRONMENT, due: measured.due });
  return measured;
};

const pages = ({ outcomes }: Measured): readonly string[] =>
  outcomes.flatMap((outcome) =>
    outcome.findings
      .filter((finding) => finding.pages)
      .map((finding) => `${finding.kind}.${finding.subject}@${(outcome.window.start - OPENING) / DAY}`),
  );

const assess = async (
  { ports }: Harbour,
  measured: Measured,
  kind: Finding['kind'],
  retrainsDone = 0,
): Promise<RemediationAssessment> => {
  const found = measured.outcomes
    .flatMap((outcome: DriftOutcome) => outcome.findings.map((finding) => ({ outcome, finding })))
    .find(({ finding }) => finding.pages && finding.kind === kind);
  assert.ok(found !== undefined, `no ${kind} among ${pages(measured).join(', ')}`);
  const { outcome, finding } = found;
  return run(createAssessRemediation(ports), {
    model: MODEL,
    environment: ENVIRONMENT,
    incidentId: `incident/${MODEL}/${ENVIRONMENT}/${finding.kind}.${finding.subject}`,
    finding: {
      findingId: findingId(outcome, finding),
      finding,
      report: outcome.report,
      artifactDigest: outcome.artifactDigest,
      window: outcome.window,
    },
    monitoring: measured.monitoring,
    retrainsDone,
  });
};

const gate = async ({ ports }: Harbour, artifactDigest: `sha256:${string}`): Promise<string> => {
  const specDigest = await putJson(ports.store, await readSpec(ports.store, artifactDigest));
  const { verdict }: StageEvidence = await askedBy('release/x').run(createEvaluateGates(ports), {
    releaseId: 'release/x',
    model: MODEL,
    environment: 'staging',
    artifactDigest,
    specDigest,
    gates: ['quality'],
    championOf: ENVIRONMENT,
  });
  return verdict;
};

const remember = ({ ports }: Harbour, at: number): Promise<void> => {
  const memory: RemediationMemory = {
    remediations: [
      {
        id: 'x',
        incidentId: 'x',
        action: 'retrain',
        at,
        artifactDigest: 'sha256:x',
        won: true,
        lost: false,
        outcome: 'promoted',
      },
    ],
  };
  return ports.store.putDocument(remediationMemoryKey(MODEL, ENVIRONMENT), encodeJson(memory));
};

/** Plays the acts; every version must pass its gates before it serves. */
const play = async (harbour: Harbour, { acts }: IncidentPlay): Promise<readonly Version[]> => {
  const versions: Version[] = [];
  for (const act of acts) {
    if (act.act === 'sail') {
      await harbour.sail(rowsOf(act));
      continue;
    }
    const version = await harbour.build(act.commit);
    assert.equal(await gate(harbour, version.artifactDigest), 'pass', `the gate of ${act.commit}`);
    await harbour.deploy(version);
    versions.push(version);
  }
  return versions;
};

const subjects = (measured: Measured): readonly string[] => [
  ...new Set(pages(measured).map((page) => page.split('@')[0] ?? '')),
];

describe('three incidents', () => {
  let harbour: Harbour;
  beforeEach(async () => {
    harbour = await openHarbour();
  });
  afterEach(() => harbour.end());

  it('rolls back: a skew between training and production that only labels show, from the deployment on', async () => {
    const [sound] = await play(harbour, INCIDENTS.rollBack);
    const measured = await check(harbour);
    assert.deepEqual(
      measured.outcomes.map(({ verdict }) => verdict),
      ['pass', 'fail', 'fail'],
    );
    assert.deepEqual(pages(measured), ['performance.brier@7', 'performance.brier@14']);
    const { decision, previous } = await assess(harbour, measured, 'performance');
    assert.equal(decision.action, INCIDENTS.rollBack.action, decision.reason);
    assert.equal(previous?.artifactDigest, sound?.artifactDigest);

    const cooling = {
      ...measured,
      monitoring: { ...measured.monitoring, remediation: { ...measured.monitoring.remediation, cooldownMs: DAY } },
    };
    await remember(harbour, Date.now());
    const later = await assess(harbour, cooling, 'performance');
    assert.equal(later.decision.action, 'none');
    assert.ok((later.againAt ?? 0) > Date.now(), 'only the cooldown speaks against it');
  });

  it('retrains: the world turned long after the deployment, and the gates take what was learned from the log', async () => {
    const [sound] = await play(harbour, INCIDENTS.retrain);
    assert.ok(sound !== undefined);
    const measured = await check(harbour);
    assert.deepEqual(
      pages(measured).filter((page) => page.startsWith('performance')),
      ['performance.brier@14', 'performance.brier@21'],
    );
    const { decision, dataUntil } = await assess(harbour, measured, 'performance');
    assert.equal(decision.action, INCIDENTS.retrain.action, decision.reason);
    assert.equal(dataUntil, OPENING + 4 * WEEK * DAY);

    const input = { model: MODEL, environment: ENVIRONMENT, artifactDigest: sound.artifactDigest, until: dataUntil };
    const exported = await run(createExportTrainingData(harbour.ports), input);
    assert.equal(exported.rows, 4 * WEEK * ROWS_PER_DAY, 'every row of the mature windows has its label');
    assert.equal(
      (await run(createExportTrainingData(harbour.ports), input)).digest,
      exported.digest,
      'twice is the same',
    );
    const path = join(harbour.folder, 'exported.parquet');
    await harbour.ports.store.getBlobToFile(exported.digest, path);
    const retrained = await harbour.build('sound', { path, digest: exported.digest });
    assert.equal(await gate(harbour, retrained.artifactDigest), 'pass');
  });

  it('does neither: the loss comes with a fault of the data', async () => {
    await play(harbour, INCIDENTS.neither);
    const measured = await check(harbour);
    for (const opens of INCIDENTS.neither.opens)
      assert.ok(subjects(measured).includes(opens), pages(measured).join(', '));
    for (const kind of ['quality', 'performance'] as const) {
      const { decision } = await assess(harbour, measured, kind);
      assert.equal(decision.action, INCIDENTS.neither.action);
      assert.match(decision.reason, /quality/);
    }
  });
});
