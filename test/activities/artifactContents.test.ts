import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readManifest } from '../../activities/artifactContents.js';
import { putJson } from '../../activities/documents.js';
import { buildManifest, MEDIA_TYPES } from '../../src/domain/artifact/manifest.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';

const digest = `sha256:${'1'.repeat(64)}` as const;
const withLayers = (...paths: readonly string[]) =>
  buildManifest(
    { digest, size: 1 },
    paths.map((path) => ({ path, mediaType: MEDIA_TYPES.doc, digest, size: 1 })),
    {},
  );

describe('what activities read of an artifact', () => {
  it('is a manifest as every other reader takes it, and nothing else', async () => {
    const store = createMemoryBlobStore();
    const read = async (value: unknown) => readManifest(store, await putJson(store, value));
    const refusal = (code: string) => (error: unknown) => error instanceof SlipwayError && error.code === code;
    assert.equal((await read(withLayers('model.onnx'))).layers.length, 1);
    for (const odd of [withLayers('../model.onnx'), withLayers('a', 'a'), { layers: [] }, null])
      await assert.rejects(read(odd), refusal('artifact_refused'));
    await assert.rejects(readManifest(store, digest), refusal('artifact_unknown'));
  });
});
