import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { openCliScene } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());

const EMPTY = { environments: [], sources: [], approvals: [], incidents: [] };
const status = async (more: object): Promise<string> => {
  scene.answers(() => ({ json: { ...EMPTY, ...more } }));
  const { exit, stdout, stderr } = await scene.run(['status']);
  assert.equal(exit, 0, stderr);
  return stdout;
};

describe('status', () => {
  test('says what the last look at each repository found', async () => {
    const problem = { code: 'repository_unreachable', message: 'there is no repository at /m', since: 0 };
    const shown = await status({
      sources: [
        { model: 'flights', branch: 'main', commit: 'a'.repeat(40), problem },
        { model: 'ferries', branch: 'master', skipped: 'b'.repeat(40) },
      ],
    });
    assert.match(
      shown,
      /repository of flights: main cannot be read since 1970-01-01T00:00:00Z: repository_unreachable/,
    );
    assert.match(shown, /repository of ferries: master has no slipway\.yaml at bbbbbbbbbbbb/);
  });
});
