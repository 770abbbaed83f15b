import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readRoute } from '../../../src/domain/inference/route.js';

const ROUTES: readonly (readonly [string, ReturnType<typeof readRoute>])[] = [
  ['/v2', { kind: 'server' }],
  ['/v2/', { kind: 'server' }],
  ['/v2/health/live', { kind: 'live' }],
  ['/v2/health/ready', { kind: 'ready' }],
  ['/v2/models/late', { kind: 'model', action: 'metadata', model: 'late' }],
  ['/v2/models/late/ready', { kind: 'model', action: 'ready', model: 'late' }],
  ['/v2/models/late/infer', { kind: 'model', action: 'infer', model: 'late' }],
  ['/v2/models/late/versions/1/infer', { kind: 'model', action: 'infer', model: 'late', version: '1' }],
  ['/v2/models/late/versions/1', { kind: 'model', action: 'metadata', model: 'late', version: '1' }],
  ['/v2/models/late/versions/1/ready', { kind: 'model', action: 'ready', model: 'late', version: '1' }],
  ['/', undefined],
  ['/v1/models/late', undefined],
  ['/v2/models', undefined],
  ['/v2/models//infer', undefined],
  ['/v2/models/late/explain', undefined],
  ['/v2/models/late/versions/1/infer/x', undefined],
  [`/v2/models/${'m'.repeat(201)}/infer`, undefined],
];

describe('readRoute', () => {
  for (const [path, expected] of ROUTES)
    it(`reads ${path.slice(0, 60)}`, () => assert.deepEqual(readRoute(path), expected));
});
