import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { billOfMaterials } from '../../../src/domain/artifact/cyclonedx.js';
import type { Package } from '../../../src/domain/artifact/lockedPackages.js';
import { packagesOf } from '../../../src/domain/artifact/packagesOf.js';

const npm = (name: string, version: string): Package => ({ ecosystem: 'npm', name, version });

describe('the packages of an artifact', () => {
  it('are those of its list, by ecosystem and name, without what ran them', () => {
    const packages = [npm('@scope/a', '1.0.0'), npm('b', '2.0.0'), npm('b', '1.9.0')];
    const python: Package = { ecosystem: 'pypi', name: 'torch', version: '2.9.0+cpu' };
    assert.deepEqual(packagesOf(billOfMaterials('m', 'c', { node: 'v20', python: '3.12' }, [...packages, python])), {
      'npm/@scope/a': '1.0.0',
      'npm/b': '1.9.0, 2.0.0',
      'pypi/torch': '2.9.0+cpu',
    });
  });

  it('are none where there is no list, or something else', () => {
    for (const other of [undefined, null, 'text', {}, { components: 1 }, { components: [null, { purl: 'pkg:x' }] }])
      assert.deepEqual(packagesOf(other), {});
    assert.deepEqual(packagesOf({ components: [{ purl: 'pkg:npm/%E0%A4@1', version: '1' }] }), { 'npm/%E0%A4': '1' });
  });
});
