import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { billOfMaterials } from '../../../src/domain/artifact/cyclonedx.js';
import { npmPackages, pythonPackages } from '../../../src/domain/artifact/lockedPackages.js';

const INTEGRITY = `sha512-${Buffer.from('ab'.repeat(32)).toString('base64')}`;
const LOCK = JSON.stringify({
  lockfileVersion: 3,
  packages: {
    '': { name: 'root', version: '1.0.0' },
    'node_modules/@scope/b': { version: '2.0.0', license: 'MIT', integrity: INTEGRITY },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/@scope/b/node_modules/a': { version: '0.9.0' },
    'node_modules/linked': { link: true, version: '1.0.0' },
  },
});

describe('the list of what a build ran with', () => {
  it('has every package of an npm lock file once, with purl, licence and hash, in one order', () => {
    const { components } = billOfMaterials('m', 'c', { node: 'v20' }, npmPackages(LOCK)) as {
      components: readonly {
        purl?: string;
        hashes?: readonly { alg: string; content: string }[];
        licenses?: unknown;
      }[];
    };
    assert.deepEqual(
      components.map(({ purl }) => purl),
      [undefined, 'pkg:npm/%40scope/b@2.0.0', 'pkg:npm/a@0.9.0', 'pkg:npm/a@1.0.0'],
    );
    assert.deepEqual(components[1]?.hashes, [
      { alg: 'SHA-512', content: Buffer.from('ab'.repeat(32)).toString('hex') },
    ]);
    assert.deepEqual(components[1]?.licenses, [{ expression: 'MIT' }]);
  });

  it('has the pinned lines of a requirements file, under the normal names of PyPI', () => {
    const found = pythonPackages(
      '# made by pip\nScikit_Learn==1.7.2 \\\n    --hash=sha256:00\nnumpy[x] == 2.1.0\nonnx>=1.0\n',
    );
    assert.deepEqual(
      found.map(({ name, version }) => `${name} ${version}`),
      ['scikit-learn 1.7.2', 'numpy 2.1.0'],
    );
  });

  it('leaves out what is no package in an npm lock file, whatever stands there', () => {
    const odd = { a: null, b: 5, c: 'x', d: [], e: { version: 1 }, f: { version: '1.0.0', integrity: 7, license: {} } };
    const packages = Object.fromEntries(Object.entries(odd).map(([name, entry]) => [`node_modules/${name}`, entry]));
    assert.deepEqual(npmPackages(JSON.stringify({ packages })), [{ ecosystem: 'npm', name: 'f', version: '1.0.0' }]);
    for (const text of ['null', '5', '[]', '{"packages":null}', '{"packages":5}'])
      assert.deepEqual(npmPackages(text), []);
  });

  it('does not depend on the order of the lock file, and is there without one', () => {
    const packages = npmPackages(LOCK);
    const forth = JSON.stringify(billOfMaterials('m', 'c', {}, packages));
    assert.equal(JSON.stringify(billOfMaterials('m', 'c', {}, [...packages].reverse())), forth);
    assert.deepEqual(npmPackages('no JSON'), []);
  });
});
