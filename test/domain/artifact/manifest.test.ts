import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { layerPath } from '../../../src/domain/artifact/layerPath.js';
import { buildManifest, buildModelConfig, FILEPATH, MEDIA_TYPES } from '../../../src/domain/artifact/manifest.js';
import { readManifest } from '../../../src/domain/artifact/readManifest.js';

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as const;
const file = (path: string, digit: string) => ({
  path,
  mediaType: MEDIA_TYPES.doc,
  digest: digest(digit),
  size: 1,
});
const FILES = [file('b', '1'), file('a/d', '2'), file('a/c', '3')];
const about = { name: 'm', commit: 'c', createdAt: '2026-01-01T00:00:00.000Z', description: '' };
const config = { digest: digest('0'), size: 1 };

describe('manifest and model configuration', () => {
  it('are the same in whatever order the files come, and name the layers in one order', () => {
    const backwards = [...FILES].reverse();
    const manifest = buildManifest(config, FILES, {});
    assert.deepEqual(buildManifest(config, backwards, {}), manifest);
    assert.deepEqual(buildModelConfig(about, backwards), buildModelConfig(about, FILES));
    const { modelfs } = buildModelConfig(about, FILES) as { modelfs: { diffIds: readonly string[] } };
    assert.deepEqual(
      modelfs.diffIds,
      manifest.layers.map((layer) => layer.digest),
    );
    assert.deepEqual(
      manifest.layers.map(({ annotations }) => annotations?.[FILEPATH]),
      ['a/c', 'a/d', 'b'],
    );
  });
});

describe('a manifest that somebody else wrote', () => {
  const reason = (change: object): string => {
    const read = readManifest({ ...buildManifest(config, FILES, {}), ...change });
    return read.ok ? 'read' : read.reason;
  };
  const layers = (...paths: readonly string[]) => ({
    layers: buildManifest(config, [], {}).layers.concat(
      paths.map((path) => ({
        mediaType: MEDIA_TYPES.doc,
        digest: digest('1'),
        size: 1,
        annotations: { [FILEPATH]: path },
      })),
    ),
  });

  it('is read where each layer has a plain path of its own', () => {
    assert.equal(reason({}), 'read');
    assert.equal(reason(layers('a', 'b')), 'read');
    assert.match(reason(layers('a', 'b', 'a')), /two layers have the same path/);
    assert.match(reason(layers('a', '../b')), /layer 2 has the path "..\/b"/);
    assert.match(reason({ layers: [{ ...config, mediaType: MEDIA_TYPES.doc }] }), /layer 1 has the path undefined/);
  });

  it('is refused with descriptors that are none', () => {
    for (const odd of [{ size: -1 }, { size: 1.5 }, { size: '1' }, { digest: 'sha256:short' }, { mediaType: 1 }])
      assert.match(reason({ config: { ...config, mediaType: MEDIA_TYPES.config, ...odd } }), /no descriptors/);
    assert.match(reason({ artifactType: 'application/vnd.other' }), /no ModelPack artifact/);
    for (const nothing of [undefined, null, 1, 'text']) assert.equal(readManifest(nothing).ok, false);
  });
});

describe('the path of a layer', () => {
  it('has at most 500 characters', () => {
    assert.equal(layerPath('a'.repeat(500)), 'a'.repeat(500));
    assert.equal(layerPath('a'.repeat(501)), undefined);
  });

  it('leads nowhere else', () => {
    for (const path of ['../a', 'a/../b', '/a', 'a//b', './a', '.git/config', 'a/.', '', 'a\\b', 'a b', '-rf'])
      assert.equal(layerPath(path), undefined, path);
  });
});
