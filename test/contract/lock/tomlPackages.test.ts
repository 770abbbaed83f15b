import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tomlPackages } from '../../../src/contract/lock/tomlPackages.js';

const UV = `version = 1
requires-python = ">=3.11"

[[package]]
name = "flights"
version = "0.1.0"
source = { editable = "." }
dependencies = [{ name = "Scikit_Learn" }]

[[package]]
name = "Scikit_Learn"
version = "1.7.2"
source = { registry = "https://example.test/simple" }
wheels = [{ url = "https://example.test/a.whl", hash = "sha256:00", size = 1 }]
`;
const POETRY = `[[package]]
name = "numpy"
version = "2.1.0"
optional = false
files = [{ file = "numpy.whl", hash = "sha256:00" }]

[[package]]
name = "shared"
version = "0.0.1"
[package.source]
type = "directory"
url = "../shared"

[metadata]
lock-version = "2.1"
`;
const PYLOCK = `lock-version = "1.0"
created-by = "pip"

[[packages]]
name = "onnx"
version = "1.19.0"

[[packages]]
name = "here"
version = "1.0"
[packages.directory]
path = "."
`;

const named = (text: string): readonly string[] =>
  tomlPackages(text).map(({ ecosystem, name, version }) => `${ecosystem} ${name} ${version}`);

describe('packages of a lock file in TOML', () => {
  it('are those of uv, of Poetry and of PEP 751, without the repository itself', () => {
    assert.deepEqual(named(UV), ['pypi scikit-learn 1.7.2']);
    assert.deepEqual(named(POETRY), ['pypi numpy 2.1.0']);
    assert.deepEqual(named(PYLOCK), ['pypi onnx 1.19.0']);
  });

  it('are none where the text is something else', () => {
    for (const text of ['', 'no toml =', 'package = 3', '[[package]]\nname = 7\nversion = "1"', '{"a": 1}'])
      assert.deepEqual(named(text), [], text);
  });
});
