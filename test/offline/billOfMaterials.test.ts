import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { billOfMaterials } from '../../src/domain/artifact/cyclonedx.js';
import { npmPackages, pythonPackages } from '../../src/domain/artifact/lockedPackages.js';
import { pythonTool } from '../fixtures/pythonTool.js';

const { missing, run } = pythonTool('cyclonedx', ['cyclonedx-python-lib[json-validation]==11.12.0']);

/** Says what is wrong by the schema of CycloneDX 1.6, with nothing unknown allowed; nothing where all is right. */
const VALIDATE = `
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
print('' if error is None else error.data.message if hasattr(error.data, 'message') else error)
`;
const problemOf = (document: unknown): string => run('python', ['-c', VALIDATE], JSON.stringify(document)).trim();

describe('the list of packages, by the validator of CycloneDX', { skip: missing ?? false }, () => {
  const npm = npmPackages(readFileSync('package-lock.json', 'utf8'));
  const odd = npmPackages(
    JSON.stringify({
      packages: {
        'node_modules/a': { version: '1.0.0', license: 'SEE LICENSE IN licence.txt' },
        'node_modules/b': { version: '1.0.0', license: { type: 'MIT' } },
        'node_modules/c': { version: '1.0.0', license: '(MIT OR Apache-2.0)', integrity: 'sha1-aaaa' },
      },
    }),
  );
  const python = pythonPackages('torch==2.9.0+cpu\nscikit-learn==1.7.2\n');

  it('is valid: of this repository, of Python, of odd licences, of nothing', () => {
    assert.ok(npm.length > 100);
    for (const packages of [npm, python, odd, []])
      assert.equal(problemOf(billOfMaterials('m', 'c', { node: 'v20.0.0', python: '3.11.7' }, packages)), '');
  });

  it('would not be with a component that has no name', () => {
    const list = billOfMaterials('m', 'c', {}, python);
    assert.notEqual(problemOf({ ...list, components: [{ type: 'library' }] }), '');
  });
});
