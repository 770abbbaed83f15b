import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { ferryFiles, ferrySpec, FERRIES, openProduct, type Product } from '../fixtures/product.js';

const AUTOMATIC = 'production, approval: automatic';
const URGENT =
  'production, approval: { roles: [reviewer] }, hotfix: { approval: { roles: [reviewer], expireAfter: 4h, remindAfter: 1h } }';
const files = (note: string): Readonly<Record<string, string>> => ({
  ...(ferryFiles({ 'slipway.yaml': ferrySpec({ [AUTOMATIC]: URGENT }) }) as Readonly<Record<string, string>>),
  'lib/note.mjs': `// ${note}\n`,
});

describe('given a model that enters production with the word of a reviewer, and has a way in for hotfixes', () => {
  let product: Product;
  before(async () => {
    product = await openProduct({ workers: 1 });
  });
  after(() => product.close());

  const approved = async (note: string): Promise<ReleaseView> => {
    const name = await product.releaseOf(product.repository.commit(files(note)));
    await product.untilRelease(name, ({ waiting }) => waiting !== undefined);
    assert.equal((await product.say(['approve', name.split('/')[1] ?? ''], 'reviewer')).exit, 0);
    return product.untilEnded(name);
  };
  /** Let in by who lets hotfixes in, and not looked at yet. */
  const hotfix = async (note: string): Promise<string> => {
    product.repository.commit(files(note));
    const started = await product.say(
      ['release', 'start', '--model', FERRIES, '--hotfix', '--reason', 'prices are wrong'],
      'oncall',
    );
    assert.equal(started.exit, 0, started.stderr);
    const name = started.stdout.trim().replace(/^release\//, '');
    const asked = await product.untilRelease(name, ({ waiting, outcome }) => (waiting ?? outcome) !== undefined);
    assert.equal(asked.waiting?.subject.gate, 'approve.production', asked.reason);
    const release = name.split('/')[1] ?? '';
    const starter = await product.say(['approve', release], 'oncall');
    assert.equal(starter.exit, 3, 'who started it let it in');
    const letIn = await product.say(['approve', release], 'reviewer');
    assert.equal(letIn.exit, 0, letIn.stderr);
    await product.untilRelease(name, ({ waiting }) => waiting?.subject.gate === 'review.production');
    return name;
  };

  it('when a hotfix is let in, then its author cannot review it, a reviewer can, and it is counted', async () => {
    assert.equal((await approved('usual')).outcome, 'promoted');
    const name = await hotfix('first');
    const release = name.split('/')[1] ?? '';
    const shown = await product.say(['release', 'show', release]);
    assert.match(shown.stdout, /waits for its review in production by 1 of reviewer/);
    assert.match(shown.stdout, /^hotfix by oncall: prices are wrong$/m);
    const own = await product.say(['approve', release], 'author');
    assert.match(own.stderr, /^self_approval: /);
    assert.equal((await product.say(['approve', release], 'reviewer')).exit, 0);
    assert.equal((await product.untilEnded(name)).outcome, 'promoted');
    assert.match(
      (await product.say(['insights'])).stdout,
      /^bypasses: 1 hotfixes, 0 freeze overrides, 0 times break-glass$/m,
    );
    const audited = await product.say(['audit', 'verify']);
    assert.equal(audited.exit, 0, `${audited.stdout}${audited.stderr}`);
  });

  it('when a reviewer rejects it, then what it replaced serves again', async () => {
    const name = await hotfix('second');
    const { review } = await product.untilRelease(name, () => true);
    const rejected = await product.say(['reject', name.split('/')[1] ?? '', '--reason', 'not urgent'], 'reviewer');
    assert.equal(rejected.exit, 0, rejected.stderr);
    const ended = await product.untilEnded(name);
    assert.deepEqual(
      [ended.outcome, ended.reason],
      ['rolled_back', `reviewer rejected: not urgent; ${review?.replaced?.commit.slice(0, 12) ?? ''} serves again`],
    );
  });

  it('when somebody without the role starts one, then that is refused', async () => {
    const refused = await product.say(
      ['release', 'start', '--model', FERRIES, '--hotfix', '--reason', 'mine'],
      'author',
    );
    assert.equal(refused.exit, 3);
    assert.match(refused.stderr, /^hotfix_forbidden: author has none of the roles oncall, operator/);
  });
});
