import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isOwnHost } from '../../src/domain/ownHost.js';

const OWN = ['Serving.example.com', 'api'];
const TAKEN = [
  'localhost',
  'LOCALHOST:7703',
  '127.0.0.1:7703',
  '10.1.2.3',
  '[::1]:7600',
  'serving.example.com',
  'api:80',
];
const REFUSED = [
  'evil.example',
  'serving.example.com.evil.example',
  '127.0.0.1.evil.example',
  '1.2.3.999',
  '',
  'a b:c',
];

describe('the Host of a request', () => {
  for (const host of [undefined, 'serving.example.com.:1', ...TAKEN])
    it(`is ours: ${host}`, () => assert.equal(isOwnHost(host, OWN), true));
  for (const host of REFUSED) it(`is not ours: ${host}`, () => assert.equal(isOwnHost(host, OWN), false));
});
