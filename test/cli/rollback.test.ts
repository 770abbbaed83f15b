import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { COMMIT, openCliScene } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());

describe('rollback', () => {
  const digest = (beginning: string): string => `sha256:${beginning.padEnd(64, '0')}`;
  const version = (beginning: string) => ({ artifactDigest: digest(beginning), releaseId: 'r', commit: COMMIT });
  const STATE = {
    champion: version('c7c90896a6a0'),
    previous: version('c7c9ffff'),
    history: [
      { outcome: 'deployed', version: version('abcd12') },
      { outcome: 'rolled_back', version: version('bad0bad0') },
    ],
  };
  const rollBack = async (to: string) => {
    scene.answers(({ method }) =>
      method === 'GET' ? { json: STATE } : { json: { requestId: 'r', to: version('abcd12') } },
    );
    const { exit, stderr } = await scene.run(['rollback', 'flights', 'production', '--to', to, '--no-wait']);
    return { exit, stderr, to: (scene.asked.at(-1)?.body as { to?: string } | undefined)?.to };
  };

  test('takes the beginning of a digest, as status prints it', async () => {
    for (const typed of ['abcd12', 'sha256:abcd', digest('abcd12'), '0'.repeat(64)])
      assert.equal((await rollBack(typed)).to, typed.length < 64 ? digest('abcd12') : `sha256:${typed.slice(-64)}`);
  });

  test('refuses what begins none, or more than one, or is no digest', async () => {
    for (const [typed, exit, told] of [
      ['bad0bad0', 8, /artifact_unknown: nothing that was deployed there begins with bad0bad0/],
      ['c7c9', 2, /usage: c7c9 begins more than one digest/],
      ['latest', 2, /usage: latest is no digest, nor the beginning of one/],
    ] as const) {
      const ran = await rollBack(typed);
      assert.deepEqual([ran.exit, ran.to, told.test(ran.stderr)], [exit, undefined, true], ran.stderr);
    }
  });
});
