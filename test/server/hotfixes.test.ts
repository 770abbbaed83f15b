import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { HOTFIX_DECLARED } from '../../src/domain/urgency/hotfix.js';
import { ferrySpec } from '../fixtures/product.js';
import { openScene, type Person } from './scene.js';

const HOTFIXES = '/api/v1/hotfixes';
const PRODUCTION = 'production, approval: automatic';
const TAKES = 'production, approval: { roles: [reviewer] }, hotfix: { approval: { roles: [oncall] } }';

/** An API whose repository has this slipway.yaml. */
const withSpec = (text: string) => {
  const scene = openScene();
  scene.ports.source.checkout = async (_: string, __: string, directory: string) => {
    await writeFile(join(directory, 'slipway.yaml'), text);
  };
  return scene;
};
const start = async (
  scene: ReturnType<typeof openScene>,
  who: Person,
  body: object = { reason: 'prices are wrong' },
) => {
  const answer = await scene.ask(who, 'POST', HOTFIXES, { model: 'flights', ...body });
  return {
    status: answer.statusCode,
    ...(JSON.parse(answer.body) as { code?: string; releaseId?: string; started?: boolean }),
  };
};

describe('a hotfix', () => {
  it('is declared in the ledger by who may, and started once, as a release of its own', async () => {
    const scene = withSpec(ferrySpec({ [PRODUCTION]: TAKES }));
    const first = await start(scene, 'oncall');
    assert.equal(first.status, 202, first.code);
    assert.match(first.releaseId ?? '', /^release\/flights\/b{40}\.[0-9a-f]{12}$/);
    assert.deepEqual(
      (await scene.ports.ledger.read(first.releaseId ?? '')).map(({ kind, body }) => [
        kind,
        body['by'],
        body['reason'],
      ]),
      [[HOTFIX_DECLARED, 'oncall', 'prices are wrong']],
    );
    assert.equal(scene.releases.get(first.releaseId ?? '')?.trigger.kind, 'hotfix');
    assert.equal((await start(scene, 'oncall')).started, false);
  });

  it('is refused, each with its reason, and declared by nobody', async () => {
    const takes = withSpec(ferrySpec({ [PRODUCTION]: TAKES }));
    assert.equal((await start(takes, 'author')).code, 'hotfix_forbidden');
    assert.equal((await start(takes, 'oncall', {})).code, 'request_invalid');
    const plain = withSpec(ferrySpec({}));
    assert.equal((await start(plain, 'oncall')).code, 'hotfix_unavailable');
    for (const scene of [takes, plain]) assert.equal(scene.releases.size, 0);
  });
});
