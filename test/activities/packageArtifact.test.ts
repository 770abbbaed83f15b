/** What packaging puts into an artifact, of a model that says a tenth of its only feature. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readLineage, readSmokeRows } from '../../activities/artifactContents.js';
import type { BuildOutcome } from '../../activities/buildModel.js';
import { encodeJson, putJson } from '../../activities/documents.js';
import {
  createPackageArtifact,
  type PackageArtifactInput,
  type PackagedArtifact,
} from '../../activities/packageArtifact.js';
import type { Ports } from '../../activities/ports.js';
import { recordStage } from '../../activities/recordStage.js';
import { createDecisionKeyring } from '../../src/adapters/decision-keys/decisionVerifier.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { MOST_LEVELS } from '../../src/domain/jsonDepth.js';
import type { StepInput } from '../../src/domain/spec/types.js';
import { createCheckpoints } from '../../src/signer/checkpoints.js';
import { loadKeys } from '../../src/signer/keys.js';
import { createSigner } from '../../src/signer/sign.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { testPorts } from '../fakes/ports.js';
import { askedBy } from '../fixtures/askedBy.js';

const folder = await mkdtemp(join(tmpdir(), 'slipway-package-'));
after(() => rm(folder, { recursive: true }));
const keys = await loadKeys(join(folder, 'keys'));
const commit = 'c'.repeat(40);
const ROWS = 600;
const wind = Array.from({ length: ROWS }, (_, row) => row / 100);
const tables: Ports['tables'] = {
  read: async (_, columns) => {
    const all = { wind, late: wind.map((value) => (value > 3 ? 1 : 0)), at: wind.map((_value, row) => row) };
    return Object.fromEntries(Object.entries(all).filter(([name]) => columns.includes(name)));
  },
} as Ports['tables'];
const inference: Ports['inference'] = {
  describe: async () => ({
    inputs: [{ name: 'wind', datatype: 'FP32', shape: [-1, 1] }],
    outputs: [{ name: 'late', datatype: 'FP32', shape: [-1, 1] }],
  }),
  predict: async (_path, _features, _output, columns) => (columns['wind'] ?? []).map((value) => Number(value) / 10),
};

const openScene = () => {
  const store = createMemoryBlobStore();
  const ledgerBucket = createMemoryBlobStore();
  const checkpoints = createCheckpoints(ledgerBucket, keys.ledger, join(folder, 'memory.json'));
  const decisions = createDecisionKeyring(async () => []);
  const base = testPorts({ tables, inference, source: { describe: async () => ({ at: 0 }) } as never });
  const ports = {
    ...base,
    store,
    signer: createSigner(store, ledgerBucket, checkpoints, keys, decisions, folder),
    settings: {
      ...base.settings,
      workDirectory: join(folder, 'work'),
      models: { ferry: { repository: 'ferry', branch: 'main', clocks: {} } },
    },
  };
  const blob = async (path: string, value: unknown) => ({ path, ...(await store.putBlob(encodeJson(value))) });
  /** @param change what somebody else hands over */
  const pack = async (
    inputs: readonly StepInput[][] = [],
    report?: unknown,
    change: (made: {
      readonly store: Ports['store'];
      readonly spec: object;
      readonly built: BuildOutcome;
    }) => Promise<Partial<PackageArtifactInput>> | Record<string, never> = () => ({}),
  ) => {
    const spec = {
      model: 'ferry',
      description: 'late?',
      artifact: {},
      build: { steps: inputs.map((of, at) => ({ name: `s${at}`, inputs: of })) },
      signature: { features: [{ name: 'wind', type: 'number' }], prediction: 'late', label: 'late', eventTime: 'at' },
    };
    const outputs = {
      model: await blob('model.onnx', 'model'),
      evaluation: await blob('evaluation.csv', 'rows'),
      reference: await blob('reference.csv', 'rows'),
      ...(report === undefined ? {} : { report: await blob('report.json', report) }),
    };
    const packages = await store.putBlob(encodeJson({ components: [] }));
    const environment = { node: 'v20', python: '3.12' };
    const evidence = await putJson(store, { environment, params: {}, outputs, packages });
    const built = { ...outputs, packages, evidence };
    const specDigest = await putJson(store, spec);
    const passed = { releaseId: `release/ferry/${commit}`, verdict: 'pass', reason: '' } as const;
    const checked = await putJson(store, { kind: 'integrate', commit, specDigest });
    await recordStage(ports, { ...passed, stage: 'integrate', evidence: checked });
    await recordStage(ports, { ...passed, stage: 'build', evidence });
    const input: PackageArtifactInput = {
      ...{ releaseId: passed.releaseId, model: 'ferry', repository: 'ferry', commit, params: {} },
      ...{ specDigest, built, ...(await change({ store, spec, built })) },
    };
    const packaging = askedBy(input.releaseId).run(createPackageArtifact(ports), input);
    const { artifactDigest } = (await packaging) as PackagedArtifact;
    return { store, artifactDigest };
  };
  return pack;
};

describe('packageArtifact', () => {
  it('freezes rows with what the model says of each, in their order', async () => {
    const { store, artifactDigest } = await openScene()();
    const { columns, expected } = await readSmokeRows(store, artifactDigest, ROWS);
    assert.equal(expected.length, 500);
    assert.deepEqual(
      expected,
      columns['wind']?.map((value) => Number(value) / 10),
    );
  });

  it('names the data that steps declare once each, by place, and the packages, and is the same again', async () => {
    const data = (path: string, digit: string) =>
      ({ path, uri: `file:/${path}`, digest: `sha256:${digit.repeat(64)}` }) as const;
    const [rides, weather, other] = [data('rides.csv', '1'), data('weather.csv', '2'), data('rides.csv', '3')];
    const first = await openScene()([[weather, 'lib/**', rides], [rides]]);
    const lineage = await readLineage(first.store, first.artifactDigest);
    assert.deepEqual(lineage.declared, [rides, weather]);
    assert.match(lineage.packages ?? '', /^sha256:/);
    assert.deepEqual(lineage.environment, { node: 'v20', python: '3.12' });
    const again = await openScene()([[weather, 'lib/**', rides], [rides]]);
    assert.equal(again.artifactDigest, first.artifactDigest);
    const changed = await openScene()([[weather, 'lib/**', other], [other]]);
    assert.notEqual(changed.artifactDigest, first.artifactDigest);
    const none = await openScene()([['lib/**']]);
    assert.equal((await readLineage(none.store, none.artifactDigest)).declared, undefined);
  });

  it('shows what the trainer reports, and not what nests too deep to be read', async () => {
    const pack = openScene();
    const reported = async (report: unknown) => {
      const { store, artifactDigest } = await pack([], report);
      return (await readLineage(store, artifactDigest)).reported;
    };
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    assert.deepEqual(await reported({ brier: 0.2 }), { brier: 0.2 });
    assert.deepEqual(await reported(nested(MOST_LEVELS)), nested(MOST_LEVELS));
    assert.deepEqual(await reported(nested(MOST_LEVELS + 1)), {
      unreadable: `nests deeper than ${MOST_LEVELS} levels`,
    });
  });

  const refused = (why: RegExp) => (error: unknown) =>
    error instanceof SlipwayError && error.code === 'record_mismatch' && why.test(error.message);

  it('takes no spec that the checks of this release did not read from its commit', async () => {
    const lax = { environments: [{ name: 'production', approval: { kind: 'automatic' } }] };
    const packed = openScene()([], undefined, async ({ store, spec }) => ({
      specDigest: await putJson(store, { ...spec, ...lax }),
    }));
    await assert.rejects(packed, refused(/no checks of release\/ferry\/c+ passed with the spec/));
  });

  it('takes no build that this release has no record of, and of its own what was written down', async () => {
    const evidenceOnly = async ({ store }: { readonly store: Ports['store'] }): Promise<Digest> =>
      putJson(store, { environment: {}, params: {}, outputs: {} });
    await assert.rejects(
      openScene()([], undefined, async (made) => ({ built: { evidence: await evidenceOnly(made) } as BuildOutcome })),
      refused(/no build of release/),
    );
    const honest = await openScene()();
    const swapped = await openScene()([], undefined, async ({ store, built }) => {
      const model = { path: 'model.onnx', ...(await store.putBlob(encodeJson('another'))) };
      return { built: { ...built, model } };
    });
    assert.equal(swapped.artifactDigest, honest.artifactDigest);
  });

  it('packages nothing for the release of another commit, nor from another repository than the operator’s', async () => {
    const releaseId = `release/ferry/${'d'.repeat(40)}`;
    await assert.rejects(
      openScene()([], undefined, async () => ({ releaseId })),
      refused(/is no release of ferry at c+/),
    );
    await assert.rejects(
      openScene()([], undefined, async () => ({ repository: 'elsewhere' })),
      refused(/repository of ferry/),
    );
  });
});
