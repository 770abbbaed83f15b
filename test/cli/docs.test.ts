import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openCliScene } from './scene.js';

const ROOT = new URL('../../../', import.meta.url);
const PAGES = [
  'README.md',
  ...readdirSync(new URL('docs', ROOT))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const textOf = (page: string): string => readFileSync(new URL(page, ROOT), 'utf8');

/** Some commands work on the folder they are called in: here an empty one. */
const folder = mkdtempSync(join(tmpdir(), 'slipway-docs-'));
process.chdir(folder);
const scene = await openCliScene();
after(async () => {
  await scene.close();
  process.chdir('/');
  rmSync(folder, { recursive: true, force: true });
});

/** In blocks of code, and in code within a line. */
const commandsIn = (text: string): readonly string[] =>
  [
    ...text.matchAll(/^ {4}.*?\b(?:npx slipway|slipway|bin\/slipway\.mjs) (.+)$/gm),
    ...text.matchAll(/`(?:npx )?slipway ((?![<.])[^`]+)`/g),
  ].map(([, words = '']) => words);

const wordsOf = (command: string): readonly string[] =>
  [...command.matchAll(/"([^"]*)"|(\S+)/g)]
    .map(([, quoted, word]) => quoted ?? word ?? '')
    .filter((word) => !/^\[.*\]$/.test(word));

const UNKNOWN_WORDS = /unknown (command|option)|argument missing|too many arguments/;
const WRONG_WORDS = /unknown (command|option)|missing required|argument missing|too many arguments/;

const told = async (words: readonly string[]): Promise<string> => (await scene.run([...words, '--json'])).stdout;

describe('the commands in the documentation', () => {
  for (const page of PAGES) {
    const text = textOf(page);
    for (const command of new Set(commandsIn(text))) {
      it(`${page}: slipway ${command}`, async () => {
        scene.answers(() => ({ problem: 'forbidden' }));
        // Within a sentence a command may be named without its arguments.
        assert.doesNotMatch(
          await told(wordsOf(command)),
          text.includes(`\`slipway ${command}\``) ? UNKNOWN_WORDS : WRONG_WORDS,
        );
      });
    }
  }

  it('are checked: one that does not exist is told', async () => {
    for (const words of [['explode'], ['release', 'show', '--now'], ['rollback', 'flights'], ['whoami', 'else']])
      assert.match(await told(words), WRONG_WORDS, words.join(' '));
  });
});

describe('docs/cli.md', () => {
  const text = textOf('docs/cli.md');

  it('has every command', async () => {
    const commands = async (words: readonly string[]): Promise<readonly string[]> => {
      const [, list = ''] = /\nCommands:\n([\s\S]*?)(?:\n\n|$)/.exec(await scene.help(words)) ?? [];
      const names = [...list.matchAll(/^ {2}([a-z][a-z-]*)\b/gm)]
        .map(([, name = '']) => name)
        .filter((name) => name !== 'help');
      if (names.length === 0) return [words.join(' ')];
      const below: string[] = [];
      for (const name of names) below.push(...(await commands([...words, name])));
      return below;
    };
    const all = await commands([]);
    assert.ok(all.length > 20);
    for (const command of all) assert.ok(text.includes(`\`slipway ${command}`), command);
  });

  it('has every exit code', async () => {
    const [, list = ''] = /Exit codes:\n([\s\S]*)/.exec(await scene.help([])) ?? [];
    const codes = [...list.matchAll(/(?:^| {2,})(\d+) /gm)].map(([, code]) => code);
    assert.ok(codes.length >= 13);
    for (const code of codes) assert.match(text, new RegExp(`^\\| ${code} +\\|`, 'm'));
  });
});
