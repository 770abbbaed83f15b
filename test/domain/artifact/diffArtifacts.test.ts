import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Lineage } from '../../../src/domain/artifact/contents.js';
import { diffArtifacts, type ComparedVersion } from '../../../src/domain/artifact/diffArtifacts.js';
import { buildManifest, MEDIA_TYPES } from '../../../src/domain/artifact/manifest.js';

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as const;
const version = (
  lineage: Partial<Lineage>,
  brier = 0.2,
  model = 'a',
  packages: Readonly<Record<string, string>> = {},
): ComparedVersion => ({
  packages,
  manifest: buildManifest(
    { digest: digest('0'), size: 1 },
    [{ path: 'model.onnx', mediaType: MEDIA_TYPES.weight, digest: digest(model), size: 1 }],
    {},
  ),
  lineage: {
    model: 'm',
    repository: 'm',
    commit: 'c1',
    specDigest: digest('5'),
    params: { trees: 60 },
    data: { evaluation: digest('e'), reference: digest('f') },
    environment: { node: 'v20' },
    build: digest('b'),
    ...lineage,
  },
  metrics: { brier },
});

describe('the difference of two versions', () => {
  it('is nothing between a version and itself', () => {
    assert.deepEqual(diffArtifacts(version({}), version({})), []);
  });

  it('names commit, data, params, environment, metrics and layers, and leaves out what is the same', () => {
    const other = version(
      {
        commit: 'c2',
        params: { trees: 90, depth: 4 },
        data: { evaluation: digest('d'), reference: digest('f') },
        environment: {},
        licence: 'MIT',
      },
      0.19,
      'c',
    );
    assert.deepEqual(diffArtifacts(version({}), other), [
      { part: 'commit', name: 'commit', from: 'c1', to: 'c2' },
      { part: 'data', name: 'evaluation', from: digest('e'), to: digest('d') },
      { part: 'params', name: 'depth', to: 4 },
      { part: 'params', name: 'trees', from: 60, to: 90 },
      { part: 'environment', name: 'node', from: 'v20' },
      { part: 'licence', name: 'licence', to: 'MIT' },
      { part: 'metrics', name: 'brier', from: 0.2, to: 0.19 },
      { part: 'layers', name: 'model.onnx', from: digest('a'), to: digest('c') },
    ]);
  });

  it('names declared data by its place, with digest and address, and packages with their versions', () => {
    const rides = { path: 'data/rides.csv', uri: 's3://rides/2025.csv', digest: digest('1') };
    const weather = { path: 'data/weather.csv', uri: 'file:/weather.csv', digest: digest('3') };
    const before = version({ declared: [rides, weather] }, 0.2, 'a', { 'pypi/numpy': '1.26.4', 'pypi/onnx': '1.16' });
    const after = version(
      {
        declared: [{ ...rides, uri: 's3://rides/2026.csv', digest: digest('2') }],
        environment: { node: 'v20', python: '3.12' },
      },
      0.2,
      'a',
      { 'pypi/numpy': '2.0.1', 'pypi/onnx': '1.16' },
    );
    assert.deepEqual(diffArtifacts(before, after), [
      { part: 'data', name: 'data/rides.csv', from: digest('1'), to: digest('2') },
      { part: 'data', name: 'data/weather.csv', from: digest('3') },
      { part: 'address', name: 'data/rides.csv', from: 's3://rides/2025.csv', to: 's3://rides/2026.csv' },
      { part: 'address', name: 'data/weather.csv', from: 'file:/weather.csv' },
      { part: 'environment', name: 'python', to: '3.12' },
      { part: 'packages', name: 'pypi/numpy', from: '1.26.4', to: '2.0.1' },
    ]);
  });

  it('names all data that two steps find at the same place', () => {
    const at = (digit: string) => ({ path: 'data/x', uri: `file:/${digit}`, digest: digest(digit) });
    const [changed, address] = diffArtifacts(
      version({ declared: [at('1'), at('2')] }),
      version({ declared: [at('1')] }),
    );
    assert.deepEqual([changed?.from, changed?.to], [`${digest('1')}, ${digest('2')}`, digest('1')]);
    assert.deepEqual([address?.from, address?.to], ['file:/1, file:/2', 'file:/1']);
  });
});
