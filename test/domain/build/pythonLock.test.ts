import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { readPythonLock } from '../../../src/domain/build/pythonLock.js';

const HASH = `--hash=sha256:${'0a'.repeat(32)}`;

describe('a lock file of Python', () => {
  it('is read as it is written by uv and pip-compile', () => {
    const text = [
      '# This file was made by a program',
      'a-package==1.2.3 \\',
      `    ${HASH} \\`,
      `    ${HASH}`,
      '    # via other',
      `other[extra,more]==2!1.0.post1+local ; sys_platform == 'win32' and python_version >= "3.8" ${HASH}  # why`,
      `third == 3 ${HASH}`,
      '',
    ].join('\r\n');
    assert.equal(
      readPythonLock(text),
      `a-package==1.2.3 ${HASH} ${HASH}\n` +
        `other[extra,more]==2!1.0.post1+local ; sys_platform == 'win32' and python_version >= "3.8" ${HASH}\n` +
        `third==3 ${HASH}\n`,
    );
    const example = readFileSync(resolve('examples/flight-delay-python/requirements.lock'), 'utf8');
    const pins = readPythonLock(example);
    assert.equal(pins.match(/^[a-z].*==/gm)?.length, example.match(/^[a-z].*==/gm)?.length);
    assert.equal(pins.match(/--hash/g)?.length, example.match(/--hash/g)?.length);
    assert.equal(readPythonLock('# nothing\n'), '');
  });

  const refused: Readonly<Record<string, string>> = {
    'an address': `evil @ https://example.com/evil-1.0.tar.gz ${HASH}`,
    'an address alone': `https://example.com/evil-1.0.tar.gz ${HASH}`,
    'a repository': `evil @ git+https://example.com/evil ${HASH}`,
    'a path': `./evil-1.0.tar.gz ${HASH}`,
    'a folder': `evil/ ${HASH}`,
    'an option': '--no-binary evil',
    'a short option': '-e .',
    'another file': '-r other.txt',
    'another index': '--index-url https://example.com/simple',
    'an option of one package': `evil==1.0 ${HASH} --config-settings=a=b`,
    'an option in a marker': `evil==1.0 ; python_version > '3' -e . ${HASH}`,
    'an option behind a continued line': `evil==1.0 \\\n--no-binary=evil ${HASH}`,
    'two markers': `evil==1.0 ; python_version > '3' ; sys_platform == 'linux' ${HASH}`,
    'a variable': `\${EVIL}==1.0 ${HASH}`,
    'a variable in a marker': `evil==1.0 ; python_version > \${EVIL} ${HASH}`,
    'another separator of lines': `evil==1.0 ${HASH}\u2028--no-binary=evil`,
    'a form feed': `evil==1.0\f--no-binary=evil ${HASH}`,
    'any version': `evil==1.* ${HASH}`,
    'a range': `evil>=1.0 ${HASH}`,
    'no version': `evil ${HASH}`,
    'no hash': 'evil==1.0',
    'a weak hash': `evil==1.0 --hash=md5:${'0'.repeat(32)}`,
  };
  for (const [name, text] of Object.entries(refused)) {
    it(`is refused with ${name}`, () => {
      assert.throws(() => readPythonLock(`good==1 ${HASH}\n${text}\n`), { code: 'lock_refused', details: { line: 2 } });
    });
  }
});
