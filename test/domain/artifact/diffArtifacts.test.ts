import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Lineage } from '../../../src/domain/artifact/contents.js';
import { diffArtifacts, type ComparedVersion } from '../../../src/domain/artifact/diffArtifacts.js';
import { buildManifest, MEDIA_TYPES } from '../../../src/domain/artifact/manifest.js';

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as const;
const version = (lineage: Partial<Lineage>, brier = 0.2, model = 'a'): ComparedVersion => ({
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
});
