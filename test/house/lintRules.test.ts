import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { ROOT } from './setup/scene.js';

const eslint = new ESLint({ cwd: fileURLToPath(ROOT) });

/** Rules that a text breaks when it stands in a file of the project. */
const broken = async (path: string, code: string): Promise<string[]> => {
  const [result] = await eslint.lintText(code, { filePath: fileURLToPath(new URL(path, ROOT)) });
  return (result?.messages ?? []).map(({ ruleId, message }) => ruleId ?? message);
};

const DOMAIN = 'src/domain/canonical.ts';
const SERVER = 'src/supervisor/freePorts.ts';

describe('the laws of the code are caught', () => {
  const planted: readonly (readonly [law: string, path: string, code: string, rule: string])[] = [
    ['no clock in the domain', DOMAIN, 'export const a = Date.now();', 'no-restricted-properties'],
    ['no clock in the domain, as a date', DOMAIN, 'export const a = new Date();', 'no-restricted-syntax'],
    ['no randomness in the domain', DOMAIN, 'export const a = Math.random();', 'no-restricted-properties'],
    ['no global I/O in the domain', DOMAIN, `export const a = fetch('x');`, 'no-restricted-globals'],
    ['one reader of the environment', SERVER, `export const a = process.env['A'];`, 'no-restricted-properties'],
    ['no lost promise', SERVER, 'Promise.resolve(1);', '@typescript-eslint/no-floating-promises'],
    [
      'types are imported as types',
      SERVER,
      `import { Server } from 'node:net';\nexport type A = Server;`,
      '@typescript-eslint/consistent-type-imports',
    ],
    [
      'a switch over a union is complete',
      SERVER,
      `export const f = (a: 'x' | 'y'): number => { switch (a) { case 'x': return 1; } return 2; };`,
      '@typescript-eslint/switch-exhaustiveness-check',
    ],
    ['output goes through the log', SERVER, `console.log('x');`, 'no-console'],
  ];
  for (const [law, path, code, rule] of planted) {
    test(law, async () => assert.ok((await broken(path, code)).includes(rule)));
  }

  test('and what is allowed passes', async () => {
    assert.deepEqual(await broken(DOMAIN, 'export const a = (now: number): Date => new Date(now);'), []);
    assert.deepEqual(await broken('src/config/variables.ts', `export const a = process.env['A'];`), []);
  });
});
