import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { COMMIT, openCliScene, summaryOf, type Asked, type Answer } from './scene.js';

const run = promisify(execFile);
const scene = await openCliScene();
const folder = mkdtempSync(join(tmpdir(), 'slipway-completion-'));
symlinkSync(fileURLToPath(new URL('../../../bin/slipway.mjs', import.meta.url)), join(folder, 'slipway'));
after(async () => {
  await scene.close();
  rmSync(folder, { recursive: true });
});

const api = ({ path }: Asked): Answer => {
  if (path.startsWith('/api/v1/models')) return { json: { models: [{ name: 'flights' }, { name: 'ferries' }] } };
  if (path.startsWith('/api/v1/releases')) return { json: { releases: [summaryOf(COMMIT)] } };
  return { json: { environments: [{ environment: 'staging' }, { environment: 'production' }] } };
};
const SHORT = `flights/${COMMIT.slice(0, 12)}`;
const offered = async (...words: readonly string[]): Promise<readonly string[]> => {
  const { exit, stdout, stderr } = await scene.run(['__complete', ...words]);
  assert.deepEqual([exit, stderr], [0, '']);
  return stdout.split('\n').filter((word) => word !== '');
};

describe('completion', () => {
  it('knows commands, those below them, and options, of this place and of everywhere', async () => {
    assert.deepEqual(await offered('rel'), ['release']);
    assert.deepEqual(await offered('release', 'r'), ['report', 'revert', 'resume']);
    assert.deepEqual(await offered('release', 'show', '--w'), ['--wait']);
    assert.ok((await offered('approve', '--')).includes('--as'));
    assert.ok(!(await offered('approve', '--yes', '--')).includes('--yes'), 'none twice');
    assert.ok(!(await offered('')).some((word) => word.startsWith('_')), 'what is hidden stays so');
  });

  it('knows models, releases, environments and identities', async () => {
    scene.answers(api);
    assert.deepEqual(await offered('rollback', 'f'), ['flights', 'ferries']);
    assert.deepEqual(await offered('rollback', 'flights', ''), ['staging', 'production']);
    assert.deepEqual(await offered('release', 'show', 'f'), [SHORT]);
    assert.deepEqual(await offered('approve', ''), ['latest', SHORT, 'flights', 'ferries']);
    assert.deepEqual(await offered('approve', '--env', 'p'), ['production']);
    assert.deepEqual(await offered('--as', 'r'), ['reviewer']);
    assert.equal(scene.asked.at(0)?.authorization, 'Bearer token-of-author');
    await offered('--as', 'reviewer', 'rollback', '');
    assert.equal(scene.asked.at(-1)?.authorization, 'Bearer token-of-reviewer');
  });

  it('is silent where the API refuses or is not there', async () => {
    scene.answers(() => ({ problem: 'forbidden' }));
    assert.deepEqual(await offered('rollback', ''), []);
    assert.deepEqual(await offered('--url', 'http://127.0.0.1:1', 'rollback', ''), []);
  });

  it('has a script for each shell, and for no other', async () => {
    assert.equal((await scene.run(['completion', 'tcsh'])).exit, 2);
    assert.match((await scene.run(['completion', 'bash'])).stdout, /complete -o default -F _slipway slipway/);
  });
});

/** Each as the shell itself would ask; `TYPED` ends where the cursor is. */
const SHELLS: Readonly<Record<string, (script: string, typed: readonly string[]) => readonly string[]>> = {
  bash: (script, typed) => [
    '--norc',
    '-c',
    `source ${script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _slipway; printf '%s\\n' "\${COMPREPLY[@]}"`,
    'bash',
    ...typed,
  ],
  zsh: (script, typed) => [
    '-f',
    '-c',
    `compdef() { : }; compadd() { print -l -- "\${@[2,-1]}" }; _files() { print files }
     source ${script}; words=("$@"); CURRENT=$#; _slipway`,
    'zsh',
    ...typed,
  ],
  fish: (script, typed) => ['--no-config', '-c', `source ${script}; complete -C "$argv"`, typed.join(' ')],
};

describe('in the shell itself', () => {
  for (const [shell, words] of Object.entries(SHELLS)) {
    const there = (process.env['PATH'] ?? '').split(delimiter);
    it(`${shell} offers commands, options and names`, async (test) => {
      const found = await run(shell, ['-c', 'exit 0']).then(
        () => true,
        () => false,
      );
      if (!found) return test.skip(`${shell} is not installed here`);
      scene.answers(api);
      const script = join(folder, `script.${shell}`);
      writeFileSync(script, (await scene.run(['completion', shell])).stdout);
      const offers = async (...typed: readonly string[]): Promise<readonly string[]> => {
        const { stdout } = await run(shell, words(script, ['slipway', ...typed]), {
          cwd: folder,
          env: {
            PATH: [folder, dirname(process.execPath), ...there].join(delimiter),
            HOME: folder,
            SLIPWAY_HOME: scene.home,
            SLIPWAY_URL: scene.url,
          },
        });
        return stdout.split('\n').filter((word) => word !== '');
      };
      assert.deepEqual(await offers('rel'), ['release']);
      assert.deepEqual(await offers('release', 'r'), ['report', 'revert', 'resume']);
      assert.deepEqual([...(await offers('rollback', 'f'))].sort(), ['ferries', 'flights']);
      assert.deepEqual(await offers('release', 'show', '--fol'), ['--follow']);
      assert.ok((await offers('release', '')).includes('show'), 'with nothing typed yet');
    });
  }
});

describe('help', () => {
  it('of a command that there is none of says what was probably meant', async () => {
    const written: string[] = [];
    const original = process.stderr.write;
    process.stderr.write = ((text: string) => written.push(text)) as never;
    try {
      for (const [words, meant] of [
        [['help', 'relase'], 'release'],
        [['help', 'release', 'shwo'], 'show'],
        [['relase'], 'release'],
      ] as const) {
        written.length = 0;
        assert.equal((await scene.run(words)).exit, 2);
        assert.match(written.join(''), new RegExp(`unknown command .*\\n\\(Did you mean ${meant}\\?\\)`));
      }
    } finally {
      process.stderr.write = original;
    }
    assert.match(await scene.help(['release', 'show']), /stages, verdicts, decisions/);
  });
});
