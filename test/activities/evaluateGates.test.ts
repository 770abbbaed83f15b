/** Every kind of rule by the real activity: real artifacts, tables and inference; steps and a serving node are played. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createEvaluateGates } from '../../activities/evaluateGates.js';
import { readFrozenReference, readSpec } from '../../activities/artifactContents.js';
import { getJson, putJson, encodeJson } from '../../activities/documents.js';
import type { StageEvidence } from '../../activities/smokeTest.js';
import { judgeOnThread } from '../../activities/judgeOnThread.js';
import type { Digest, Version } from '../../src/domain/artifact/types.js';
import type { ServingDrift } from '../../src/domain/drift/types.js';
import { isUnavailable, type GateEvidence, type GateResult, type Unavailable } from '../../src/domain/gate/types.js';
import { judgeGates, type RowSample } from '../../src/domain/gate/judgeGates.js';
import type { GateRule } from '../../src/domain/spec/gates.js';
import type { Cell } from '../../src/domain/table/cell.js';
import type { TableReader } from '../../src/ports/tableReader.js';
import { createScriptedStepRunner } from '../fakes/scriptedStepRunner.js';
import { ENVIRONMENT, MODEL, openHarbour, type Harbour } from '../fixtures/incidents/harbour.js';
import { repositoryFiles } from '../fixtures/incidents/repository.js';
import { DAY, ferries, OPENING } from '../fixtures/incidents/world.js';
import { askedBy } from '../fixtures/askedBy.js';

interface Stored {
  readonly results: readonly GateResult[];
  readonly evidence: GateEvidence;
  readonly drift?: ServingDrift | Unavailable;
}

let harbour: Harbour;
let version: Version;
let node: Server;
let served = 0;

before(async () => {
  harbour = await openHarbour();
  version = await harbour.build('sound');
  await harbour.deploy(version);
  node = createServer((request, response) => {
    served += 1;
    request.resume().on('end', () => response.end('{}'));
  });
  await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve));
});
after(async () => {
  node.close();
  await harbour.end();
});

const SECRET = 'p@ss/wörd+1';
const HEX = Buffer.from(SECRET).toString('hex');
const written = createScriptedStepRunner({
  'node fair.mjs': {
    end: { kind: 'exited', code: 0 },
    effect: async ({ directory, env }) => {
      const predictions = JSON.parse(await readFile(env['SLIPWAY_PREDICTIONS'] ?? '', 'utf8')) as readonly number[];
      await readFile(env['SLIPWAY_MODEL'] ?? '');
      await mkdir(join(directory, 'reports'), { recursive: true });
      await writeFile(join(directory, 'reports/fair.json'), JSON.stringify({ gap: 0.02, rows: predictions.length }));
    },
  },
  'node telling.mjs': {
    end: { kind: 'exited', code: 0 },
    effect: async ({ directory }) => {
      const told = { gap: 0.02, rows: 12_345_678, note: `of ${SECRET}`, [SECRET]: [{ deep: SECRET }], 'in hex': HEX };
      await mkdir(join(directory, 'reports'), { recursive: true });
      await writeFile(join(directory, 'reports/fair.json'), JSON.stringify(told));
    },
  },
  'node deep.mjs': {
    end: { kind: 'exited', code: 0 },
    effect: async ({ directory }) => {
      await mkdir(join(directory, 'reports'), { recursive: true });
      await writeFile(
        join(directory, 'reports/fair.json'),
        `{"gap":0.02,"rows":200,"more":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      );
    },
  },
  'node broken.mjs': { end: { kind: 'exited', code: 3 } },
  'node silent.mjs': { end: { kind: 'exited', code: 0 } },
});

/** The harbour's ports, with steps that are played, a checkout of the whole repository, and a node that answers. */
const ports = () => ({
  ...harbour.ports,
  steps: written,
  secrets: { read: async (_model: string, name: string) => (name === 'number' ? '12345678' : SECRET) },
  source: {
    ...harbour.ports.source,
    checkout: async (_repository: string, _commit: string, directory: string) => {
      for (const [path, content] of Object.entries(repositoryFiles('sound'))) {
        await mkdir(dirname(join(directory, path)), { recursive: true });
        const withSecrets = content.replace('    kind: unit\n', '    kind: unit\n    secrets: [token, number]\n');
        await writeFile(join(directory, path), withSecrets);
      }
    },
  },
  target: () => ({
    ...harbour.ports.target('x'),
    observe: async () => ({
      model: MODEL,
      environment: 'staging',
      fence: { epoch: 1, seq: 1 },
      inferenceUrl: `http://127.0.0.1:${(node.address() as AddressInfo).port}`,
      versions: [{ artifactDigest: version.artifactDigest, ready: true, weight: 100 }],
    }),
  }),
});

const evaluate = async (
  rules: readonly GateRule[],
  releaseId = `release/${MODEL}/x`,
  resume?: { readonly number: number },
  tables = harbour.ports.tables,
  others: readonly string[] = [],
) => {
  const spec = await readSpec(harbour.ports.store, version.artifactDigest);
  const specDigest = await putJson(harbour.ports.store, {
    ...spec,
    gates: [{ name: 'quality', minRows: 100, rules }],
  });
  const evidence: StageEvidence = await askedBy(releaseId).run(createEvaluateGates({ ...ports(), tables } as never), {
    releaseId,
    model: MODEL,
    environment: 'staging',
    artifactDigest: version.artifactDigest,
    specDigest,
    gates: ['quality', ...others],
    championOf: ENVIRONMENT,
    ...(resume === undefined ? {} : { resume }),
  });
  const stored = await getJson<Stored>(harbour.ports.store, evidence.evidence);
  return { ...evidence, stored, rules: stored.results[0]?.rules ?? [] };
};
/** The real reader's tables, every second row without this cell. */
const holed = (column: string, blank: Cell): TableReader => {
  const { tables } = harbour.ports;
  return {
    read: async (...asked) => {
      const read = await tables.read(...asked);
      const values = read[column]?.map((value, row) => (row % 2 === 0 ? value : blank));
      return values === undefined ? read : { ...read, [column]: values };
    },
  };
};
const command = (run: string): GateRule => ({
  kind: 'command',
  run,
  writes: 'reports/fair.json',
  timeoutMs: 60_000,
  metrics: { gap: { max: 0.1 }, rows: { min: 100 } },
});
const paired = { metric: 'brier', test: 'non_inferiority', margin: 0.01, confidence: 0.95 } as const;
const EVERY: readonly GateRule[] = [
  { kind: 'threshold', metric: 'calibration_error', max: 0.2, confidence: 0.95 },
  { kind: 'champion', ...paired },
  { kind: 'budget', budget: 'model_bytes', max: 1_000_000 },
  { kind: 'budget', budget: 'latency_p95', max: 10_000 },
  { kind: 'data', table: 'evaluation', minRows: 100, maxNulls: 0.2, maxInvalid: 0, maxDuplicates: 0 },
  { kind: 'data', table: 'reference', minRows: 100 },
  { kind: 'leakage', by: 'key', columns: [], max: 0 },
  {
    kind: 'behaviour',
    feature: 'wind',
    change: { by: 2 },
    prediction: 'rises',
    tolerance: 0,
    maxViolations: 0,
    rows: 50,
  },
  { kind: 'cases', cases: [{ name: 'any', given: { wind: 0, load: 0 }, min: 0, max: 1 }] },
  command('node fair.mjs'),
];

const measuredIn = async (releaseId: string): Promise<readonly Digest[]> =>
  (await harbour.ports.ledger.read(releaseId))
    .filter(({ kind }) => kind === 'kept.measurements')
    .map(({ body }) => body['measurements'] as Digest);
const loseMeasurements = async (releaseId: string): Promise<void> => {
  const digest = (await measuredIn(releaseId)).at(-1) ?? '';
  await harbour.ports.store.deleteDocument(`blobs/sha256/${digest.slice('sha256:'.length)}`);
};

describe('the activity of gates', () => {
  it('judges every kind of rule on real parts, and twice says the same bytes without measuring twice', async () => {
    const first = await evaluate(EVERY);
    assert.deepEqual(
      first.rules.filter(({ verdict }) => verdict !== 'pass').map(({ rule, reason }) => `${rule}: ${reason}`),
      [],
    );
    const [requests, commands] = [served, written.ran.length];
    assert.ok(requests >= 400 && commands > 0);
    const { constant, champion } = first.stored.evidence;
    assert.ok(constant !== undefined && constant.rate > 0 && constant.rate < 1, JSON.stringify(constant));
    assert.ok(
      (first.stored.evidence.metrics.brier ?? 1) < (constant.metrics.brier ?? 0),
      'the fixture knows something',
    );
    assert.ok(champion?.packaged?.brier !== undefined);
    const second = await evaluate(EVERY);
    assert.equal(second.evidence, first.evidence);
    assert.deepEqual([served, written.ran.length], [requests, commands]);
  });

  it('judges nothing that somebody put into the store as its measurements', async () => {
    const releaseId = `release/${MODEL}/planted`;
    const forged = encodeJson({ commands: [{ metrics: { gap: 0 } }], latencies: [1] });
    const hex = version.artifactDigest.slice('sha256:'.length);
    for (const environment of ['test', 'staging', 'production'])
      await harbour.ports.store.putDocument(
        `releases/${MODEL}/planted/measurements/${environment}.${hex}.json`,
        forged,
      );
    const before = written.ran.length;
    await evaluate([command('node fair.mjs')], releaseId);
    assert.equal(written.ran.length, before + 1);
    const [digest] = await measuredIn(releaseId);
    const kept = await getJson<{ commands: readonly unknown[] }>(harbour.ports.store, digest ?? 'sha256:');
    assert.equal(kept.commands.length, 1);
    // Judged again, it is what was measured; where the store lost that, it is measured once more.
    await evaluate([command('node fair.mjs')], releaseId);
    assert.equal(written.ran.length, before + 1);
    await loseMeasurements(releaseId);
    await evaluate([command('node fair.mjs')], releaseId);
    assert.deepEqual([written.ran.length, (await measuredIn(releaseId)).length], [before + 2, 2]);
  });

  it('is refused by the leakage that the fixture has: its evaluation lies within its training', async () => {
    const { verdict, reason } = await evaluate([{ kind: 'leakage', by: 'time', columns: [], max: 0 }]);
    assert.equal(verdict, 'fail');
    assert.match(reason, /are not after the last row of training/);
  });

  it('finds an anchor by digest and by commit, and is an error of one that there is not', async () => {
    const { artifactDigest, commit } = version;
    await harbour.ports.store.putDocument(`releases/${MODEL}/${commit}/release.json`, encodeJson({ artifactDigest }));
    const unknown = ['0'.repeat(40), `sha256:${'0'.repeat(64)}`];
    const rules = [artifactDigest, commit, ...unknown].map((at): GateRule => ({ kind: 'anchor', at, ...paired }));
    const { rules: judged } = await evaluate(rules);
    assert.deepEqual(
      judged.map(({ verdict }) => verdict),
      ['pass', 'pass', 'error', 'error'],
    );
    assert.match(judged[2]?.reason ?? '', /no release of ferry-delay ended/);
    assert.match(judged[3]?.reason ?? '', /there is no artifact/);
  });

  it('is an error of a command that fails or writes nothing, and names it', async () => {
    const { rules } = await evaluate(
      ['broken', 'silent', 'deep'].map((name) => command(`node ${name}.mjs`)),
      `release/${MODEL}/y`,
    );
    assert.deepEqual(
      rules.map(({ verdict }) => verdict),
      ['error', 'error', 'error'],
    );
    assert.match(rules[0]?.reason ?? '', /code 3/);
    assert.match(rules[2]?.reason ?? '', /nests deeper than 64 levels/);
    assert.match(rules[1]?.reason ?? '', /did not write reports\/fair.json/);
  });

  it('is an error of a gate that slipway.yaml does not have, beside one that passes', async () => {
    const rules: readonly GateRule[] = [{ kind: 'threshold', metric: 'brier', max: 1 }];
    const { verdict, reason, stored } = await evaluate(rules, `release/${MODEL}/absent`, undefined, undefined, [
      'absent',
    ]);
    assert.deepEqual([verdict, reason], ['error', 'absent: slipway.yaml has no gate absent']);
    assert.deepEqual(
      stored.results.map((result) => `${result.gate}: ${result.verdict}`),
      ['quality: pass', 'absent: error'],
    );
  });

  it('compares with no constant where a label of the training data is none', async () => {
    const { tables } = harbour.ports;
    const rules: readonly GateRule[] = [{ kind: 'threshold', metric: 'brier_skill', min: -1000 }];
    for (const odd of [2, -1, 0.5, '1', null]) {
      const strange: TableReader = {
        read: async (path, columns, options) => {
          const read = await tables.read(path, columns, options);
          const label = read['late']?.map((value, row) => (row === 0 ? odd : value));
          return columns.length > 1 || label === undefined ? read : { ...read, late: label };
        },
      };
      const { verdict, stored } = await evaluate(rules, `release/${MODEL}/odd`, undefined, strange);
      assert.deepEqual([verdict, stored.evidence.constant], ['insufficient_data', undefined], `${odd}`);
    }
  });

  it('keeps the logs of each telling of a release apart', async () => {
    for (const number of [0, 1])
      await evaluate([command('node fair.mjs')], `release/${MODEL}/told`, { number }).then(() =>
        // What was measured is kept: another telling measures again only where nothing was.
        loseMeasurements(`release/${MODEL}/told`),
      );
    const logs = await harbour.ports.store.listDocuments(`releases/${MODEL}/told/logs/`);
    assert.deepEqual([...new Set(logs.map((key) => key.split('/')[4]))], ['gate-staging.1', 'gate-staging.11']);
  });

  it('keeps no secret that a command writes', async () => {
    const { rules } = await evaluate([command('node telling.mjs')], `release/${MODEL}/z`);
    assert.equal(rules[0]?.verdict, 'error');
    assert.match(rules[0]?.reason ?? '', /rows is no number/);
    for (const bytes of harbour.ports.store.objects.values()) {
      const text = Buffer.from(bytes).toString('utf8');
      for (const secret of [SECRET, HEX, '12345678']) assert.ok(!text.includes(secret), text.slice(0, 500));
    }
  });

  for (const [what, column, words] of [
    ['label', 'late', /^quality: in \d+ of \d+ rows the label is missing, or neither 0 nor 1/],
    ['event time', 'event_time', /^quality: in \d+ of \d+ rows the event time is missing, or no number/],
  ] as const)
    for (const blank of [null, ' '])
      it(`is an error of a table of which every second ${what} is ${JSON.stringify(blank)}, whatever the rules`, async () => {
        const tables = holed(column, blank);
        const only = (rule: GateRule) => evaluate([rule], `release/${MODEL}/holed`, undefined, tables);
        const metric = await only({ kind: 'threshold', metric: 'brier', max: 1 });
        assert.equal(metric.verdict, 'error', metric.reason);
        assert.match(metric.reason, words);
        assert.deepEqual(metric.stored.evidence.metrics, {});
        assert.equal((await only({ kind: 'champion', ...paired })).verdict, 'error');
        const nulls = await only({ kind: 'data', table: 'evaluation', maxNulls: 0 });
        assert.equal(nulls.verdict, 'error');
        if (blank === ' ') return;
        assert.match(nulls.rules[0]?.reason ?? '', new RegExp(`50 % of ${column} is missing, at most 0 % may be`));
      });

  it('finds no metrics in the artifact whose labels were missing when it was packaged', async () => {
    const { tables } = harbour.ports;
    Object.assign(harbour.ports, { tables: holed('late', null) });
    const { artifactDigest } = await harbour.build('skewed').finally(() => Object.assign(harbour.ports, { tables }));
    assert.deepEqual((await readFrozenReference(harbour.ports.store, artifactDigest)).metrics, {});
  });

  it('is an error of a column that no table has', async () => {
    const slice = { column: 'pier', minRows: 1, undecided: 'block' } as const;
    const { rules } = await evaluate([
      { kind: 'threshold', metric: 'brier', max: 0.3, slice },
      { kind: 'leakage', by: 'key', columns: ['ticket'], max: 0 },
    ]);
    assert.deepEqual(
      rules.map(({ verdict, reason }) => `${verdict}: ${reason}`),
      ['error: the evaluation table has no column pier', 'error: the evaluation table has no column ticket'],
    );
  });
});

describe('training beside what is served', () => {
  const driftOf = async (releaseId: string) => (await evaluate([EVERY[0] as GateRule], releaseId)).stored.drift;
  const judged = async (releaseId: string): Promise<ServingDrift> => {
    const drift = await driftOf(releaseId);
    assert.ok(drift !== undefined && !isUnavailable(drift), JSON.stringify(drift));
    return drift;
  };
  const verdicts = ({ features }: ServingDrift) => features.map(({ feature, verdict }) => `${feature}: ${verdict}`);
  const stormy = (from: number, days: number) =>
    ferries(from, days, 80, 'usual').map((row) => ({ ...row, wind: row.wind + 1.5 }));

  it('says plainly that nothing was logged yet, and holds nothing back for it', async () => {
    const { verdict, stored } = await evaluate([EVERY[0] as GateRule], `release/${MODEL}/dry`);
    assert.equal(verdict, 'pass');
    assert.deepEqual(stored.drift, { unavailable: 'production has logged no prediction yet' });
  });

  it('finds no drift in the traffic that training is like, and shows both histograms of every feature', async () => {
    await harbour.sail(ferries(OPENING, 9, 80, 'usual'));
    const drift = await judged(`release/${MODEL}/calm`);
    assert.deepEqual(verdicts(drift), ['wind: pass', 'load: pass']);
    assert.deepEqual([drift.environment, drift.rows, drift.windowRows], [ENVIRONMENT, 560, 560]);
    assert.equal(drift.window.end - drift.window.start, 7 * DAY);
    for (const { reference, current, labels } of drift.features)
      assert.ok(reference.length === current.length && labels.length === current.length && current.length > 10);
  });

  it('finds the feature that moved, whatever the gates say, and keeps what it found then for the same release', async () => {
    await harbour.sail(stormy(OPENING + 9 * DAY, 7));
    const { verdict, stored } = await evaluate([EVERY[0] as GateRule], `release/${MODEL}/storm`);
    assert.equal(verdict, 'pass');
    assert.ok(stored.drift !== undefined && !isUnavailable(stored.drift));
    assert.deepEqual(verdicts(stored.drift), ['wind: fail', 'load: pass']);
    assert.ok((stored.drift.features[0]?.interval[0] ?? 0) > 0.15, stored.drift.features[0]?.reason);
    assert.deepEqual(verdicts(await judged(`release/${MODEL}/calm`)), ['wind: pass', 'load: pass']);
  });

  it('tells a log that cannot be read, and judges the gates all the same', async () => {
    const date = new Date(OPENING + 16 * DAY).toISOString().slice(0, 10);
    const key = `inference/${MODEL}/${ENVIRONMENT}/${date}/00/torn.parquet`;
    await harbour.ports.store.putDocument(key, encodeJson('torn'));
    const { verdict, stored } = await evaluate([EVERY[0] as GateRule], `release/${MODEL}/torn`);
    await harbour.ports.store.deleteDocument(key);
    assert.equal(verdict, 'pass');
    assert.match(JSON.stringify(stored.drift), /unavailable.*the prediction log cannot be read/);
  });
});

describe('the thread of gates', () => {
  const sample: RowSample = {
    times: Float64Array.from({ length: 300 }, (_, row) => Math.floor(row / 20) * 86_400_000),
    labels: Float64Array.from({ length: 300 }, (_, row) => (row % 3 === 0 ? 1 : 0)),
    candidate: Float64Array.from({ length: 300 }, (_, row) => (row % 7) / 7),
    anchors: {},
  };
  const rules: readonly GateRule[] = [{ kind: 'threshold', metric: 'brier', max: 0.9, confidence: 0.9 }];
  const question = { gates: [{ name: 'g', minRows: 1, rules }], sample, facts: [{}], seed: 's' };

  it('says what the same question says without one', async () => {
    const signal = new AbortController().signal;
    assert.deepEqual(await judgeOnThread(question, signal, 0), judgeGates(question));
  });

  it('ends with a cancel', async () => {
    const controller = new AbortController();
    const judged = judgeOnThread(question, controller.signal, 0);
    controller.abort(new Error('cancelled'));
    await assert.rejects(judged, /cancelled/);
  });

  it('compares with what the ledger has as deployed, whatever an arbiter that was started by hand says', async () => {
    const deployed = await harbour.build('skewed');
    assert.notEqual(deployed.artifactDigest, version.artifactDigest);
    await harbour.ports.ledger.append(`environment/${MODEL}/${ENVIRONMENT}`, 'deployed/9', 'deployment.deployed', 0, {
      version: deployed,
    });
    const { stored } = await evaluate([{ kind: 'champion', ...paired }], `release/${MODEL}/z`);
    assert.equal((stored as { champion?: string }).champion, deployed.artifactDigest);
  });
});
