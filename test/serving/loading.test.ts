import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { ErrorCode } from '../../src/domain/errors/table.js';
import { makeArtifact, SIGNATURE, testModel, type TestArtifact } from '../fixtures/artifact.js';
import { externalWeight } from '../fixtures/hostileModels.js';
import { lookup } from '../fixtures/onnx/graphs.js';
import { startStandalone } from './standalone.js';

const good = makeArtifact(testModel(0.1));
const [number, , text, tail] = SIGNATURE.features;

const damaged = (path: string): TestArtifact => {
  const bytes = Uint8Array.from(good.files[path]!);
  bytes[bytes.length >> 1]! ^= 1;
  return { ...good, files: { ...good.files, [path]: bytes } };
};

const REFUSED: readonly (readonly [string, TestArtifact, ErrorCode, RegExp])[] = [
  [
    'a model that is not the one that the manifest names',
    damaged('model.onnx'),
    'digest_mismatch',
    /model\.onnx has the digest/,
  ],
  [
    'a signature that is not the one that the manifest names',
    damaged('slipway/signature.json'),
    'digest_mismatch',
    /signature\.json/,
  ],
  [
    'a model with weights in other files',
    makeArtifact(Buffer.concat([testModel(0.1), externalWeight('slipway/signature.json')])),
    'model_invalid',
    /keeps weights in other files/,
  ],
  ['a model that is no ONNX', makeArtifact(new Uint8Array(Buffer.from('pickle'))), 'model_invalid', /cannot be loaded/],
  [
    'a model with other inputs than declared',
    makeArtifact(testModel(0.1), { signature: { ...SIGNATURE, features: [number!, text!, tail!] } }),
    'signature_mismatch',
    /distance/,
  ],
  [
    'a model that fails on its own smoke rows',
    makeArtifact(lookup(), {
      signature: { ...SIGNATURE, features: [{ name: 'index', type: 'integer', log: 'value' }] },
      smoke: { columns: { index: [77] }, expected: [0.5] },
    }),
    'model_invalid',
    /fails on its own smoke rows/,
  ],
];

describe('loading a version', () => {
  for (const [name, artifact, code, reason] of REFUSED) {
    it(`refuses ${name}, and is never ready`, async () => {
      const alone = await startStandalone(artifact);
      try {
        await assert.rejects(alone.server.ready, (error) => {
          assert.ok(error instanceof SlipwayError, String(error));
          assert.equal(error.code, code, error.message);
          assert.match(error.message, reason);
          return true;
        });
        const ready = await fetch(`${alone.url}/v2/health/ready`);
        assert.deepEqual([ready.status, ((await ready.json()) as { ready: unknown }).ready], [503, false]);
        const infer = await fetch(`${alone.url}/v2/models/late/infer`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        });
        assert.deepEqual([infer.status, infer.headers.get('content-type')], [503, 'application/json']);
      } finally {
        await alone.stop();
      }
    });
  }

  it('gives one run of the model as many threads as it was told', { skip: process.platform !== 'linux' }, async () => {
    const threads = (): number => readdirSync('/proc/self/task').length;
    const more = async (wanted: number): Promise<number> => {
      const before = threads();
      const alone = await startStandalone(good, { threads: wanted });
      try {
        await alone.server.ready;
        return threads() - before;
      } finally {
        await alone.stop();
      }
    };
    // Whatever the process starts once, it has started then.
    await more(1);
    assert.equal((await more(4)) - (await more(1)), 3);
  });
});
