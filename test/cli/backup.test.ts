import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Backups } from '../../src/cli/commands/backup.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { openCliScene } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());

const SEAL = {
  ...{ version: 1 as const, number: 4, at: 0, index: `sha256:${'1'.repeat(64)}` as const },
  ...{ objects: 12, files: 3, bytes: 2_048, privateKeys: false },
};

const run = async (words: readonly string[], given: Partial<Backups> = {}) => {
  const asked: unknown[] = [];
  const noted =
    <T>(name: string, answer: T) =>
    async (...parts: readonly unknown[]): Promise<T> => {
      asked.push([name, ...parts]);
      return answer;
    };
  const backups: Backups = {
    take: noted('take', { ...SEAL, copied: 1_024, copiedObjects: 2 }),
    verify: noted('verify', { seal: SEAL }),
    restore: noted('restore', { ...SEAL, missing: ['keys/signer/ledger.pem'] }),
    ...given,
  };
  return { asked, ...(await scene.run(words, { openBackups: async () => backups })) };
};

describe('backup', () => {
  it('says what is new, and that the private keys are not there', async () => {
    const { exit, stdout, asked } = await run(['backup', 'b']);
    assert.equal(exit, 0);
    assert.match(stdout, /backup 4 is complete: 12 objects and 3 files.*; 2 objects were new/);
    assert.match(stdout, /it holds no private keys: keep those of the home apart/);
    assert.deepEqual(asked, [['take', 'b', { privateKeys: false, homeOnly: false }]]);
  });

  it('warns of private keys where they were asked for', async () => {
    const { stdout, asked } = await run(['backup', 'b', '--private-keys', '--home-only'], {});
    assert.deepEqual(asked, [['take', 'b', { privateKeys: true, homeOnly: true }]]);
    assert.doesNotMatch(stdout, /newest checkpoint/);
    const told = await run(['backup', 'b', '--private-keys'], {
      take: async () => ({ ...SEAL, privateKeys: true, copied: 0, copiedObjects: 0 }),
    });
    assert.match(told.stdout, /it holds the private keys: keep the folder where nobody else can read it/);
  });

  it('copies nothing with --verify, and looks at the backup that was named', async () => {
    const { stdout, asked } = await run(['backup', 'b', '--verify', '--number', '2', '--keys', 'k.json']);
    assert.deepEqual(asked, [['verify', 'b', { number: 2, keys: 'k.json' }]]);
    assert.match(stdout, /backup 4 of .* is what was copied/);
  });

  for (const words of [
    ['backup', 'b', '--number', '2'],
    ['backup', 'b', '--verify', '--number', '0'],
    ['restore', 'b', '--number', 'latest'],
    ['restore'],
  ])
    it(`does nothing with wrong words: ${words.join(' ')}`, async () => {
      const { exit, asked } = await run(words);
      assert.deepEqual([exit, asked], [2, []]);
    });

  it('ends with the exit code of what was found', async () => {
    const take = () => Promise.reject(new SlipwayError('ledger_tampered', 'the ledger of the copy has 1 faults'));
    const { exit, stderr } = await run(['backup', 'b'], { take });
    assert.equal(exit, 1);
    assert.match(stderr, /ledger_tampered: the ledger of the copy has 1 faults/);
  });
});

describe('restore', () => {
  it('names the keys that have to be put back, and what comes next', async () => {
    const { exit, stdout, asked } = await run(['restore', 'b']);
    assert.equal(exit, 0);
    assert.deepEqual(asked, [['restore', 'b', {}]]);
    assert.match(stdout, /put back from where you keep them:\n {2}keys\/signer\/ledger\.pem\n.*slipway recover/);
  });
});
