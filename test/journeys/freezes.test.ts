import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ShownRelease } from '../../src/cli/renderRelease.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { TargetState } from '../../src/domain/rollout/types.js';
import { ferryFiles, FERRIES, ferrySpec, openProduct, type Product } from '../fixtures/product.js';
import { startUsers } from '../fixtures/steadyLoad.js';
import { canarySpec, usualFerries } from '../fixtures/ferryTraffic.js';

const HOUR = 3_600_000;
/** In force now, and for longer than the test takes. */
const FROZEN = {
  name: 'stocktaking',
  reason: 'the harbour counts',
  owner: 'oncall',
  environments: ['staging'],
  override: ['operator'],
};
/** An operator beside the usual people, and the author with that role, too. */
const identities = [
  { name: 'author', roles: ['author', 'reviewer', 'operator'], gitEmails: ['author@example.test'] },
  { name: 'reviewer', roles: ['reviewer'] },
  { name: 'oncall', roles: ['oncall'] },
  { name: 'operator', roles: ['operator'] },
];
const ASKED = { 'production, approval: automatic': 'production, approval: { roles: [reviewer] }' };

describe('given environments that take nothing new for a time', () => {
  let product: Product;
  let champion: ReleaseView;
  before(async () => {
    const from = Date.now() - HOUR;
    const instant = (at: number): string => new Date(at).toISOString();
    product = await openProduct({
      workers: 1,
      operator: { identities, freezes: [{ ...FROZEN, from: instant(from), to: instant(from + 24 * HOUR) }] },
    });
  });
  after(() => product.close());

  let changes = 0;
  const releaseOf = (spec: string): Promise<string> => {
    changes += 1;
    const files = { 'slipway.yaml': spec, 'lib/note.mjs': `// change ${changes}\n` };
    return product.releaseOf(product.repository.commit(ferryFiles(files)));
  };
  const heldIn = (environment: string) => (view: ReleaseView) => view.held?.environment === environment;
  const untilHeld = async (release: string, environment: string): Promise<void> => {
    const view = await product.untilRelease(release, (one) => heldIn(environment)(one) || one.outcome !== undefined);
    assert.equal(view.outcome, undefined, view.reason);
  };
  const say = async (words: readonly string[], as?: string): Promise<string> => {
    const { exit, stdout, stderr } = await product.say(words, as);
    assert.equal(exit, 0, stderr);
    return stdout;
  };
  const idIn = (text: string): string => /(?:hold|freeze)-[0-9a-f]{12}/.exec(text)?.[0] ?? assert.fail(text);

  it('when the operator’s file freezes an environment, then a release waits there, and one person may let it pass', async () => {
    const release = await releaseOf(ferrySpec({}));
    await untilHeld(release, 'staging');
    assert.match(await say(['freeze', 'list']), /stocktaking.* every model in staging .*the harbour counts/);
    const shown = await say(['release', 'show', release]);
    assert.match(shown, /held back from staging by freeze .*stocktaking.* by oncall, until .*: the harbour counts/);
    assert.match(await say(['status']), /the harbour counts/);

    const words = ['override', release, '--reason', 'the ferries sail all the same'];
    const author = await product.say(words, 'author');
    assert.equal(author.exit, 3);
    assert.match(author.stderr, /^self_approval: author wrote or triggered /);
    const powerless = await product.say(words, 'reviewer');
    assert.equal(powerless.exit, 3);
    assert.match(powerless.stderr, /^override_forbidden: /);
    assert.match(await say(words, 'operator'), /was overridden by operator, .*: the ferries sail all the same/);

    champion = await product.untilEnded(release);
    assert.equal(champion.outcome, 'promoted', JSON.stringify(champion));
    assert.match(await say(['release', 'show', release]), /was overridden by operator/, 'for ever');
    const audited = await product.say(['audit', 'show', release]);
    assert.match(audited.stdout, /operator: override of freeze .*stocktaking.* in staging: the ferries sail/);
  });

  /** Past the freeze of the operator's file, which every release needs a word of its own for. */
  const passStaging = async (release: string): Promise<void> => {
    await untilHeld(release, 'staging');
    await say(['override', release, '--reason', 'they sail today as well'], 'operator');
  };

  it('when somebody holds a model, then the reviewer sees it before deciding, and it waits until that is lifted', async () => {
    const words = ['hold', 'model', FERRIES, '--env', 'production', '--reason', 'labels are wrong'];
    const refused = await product.say(words, 'reviewer');
    assert.equal(refused.exit, 3);
    assert.match(refused.stderr, /^forbidden: /);
    const id = idIn(await say(words, 'oncall'));
    assert.match(await say(['hold', 'list']), new RegExp(`${id} .*labels are wrong`));

    const release = await releaseOf(ferrySpec(ASKED));
    await passStaging(release);
    await product.untilRelease(release, ({ waiting }) => waiting?.environment === 'production');
    const before = await say(['release', 'show', release]);
    assert.match(
      before,
      new RegExp(`once approved it is held back from production by hold ${id} by oncall, until somebody lifts it`),
    );
    await say(['approve', release], 'reviewer');
    await untilHeld(release, 'production');
    assert.match(await say(['release', 'show', release]), new RegExp(`held back from production by hold ${id}`));

    const override = await product.say(['override', release, '--reason', 'now'], 'operator');
    assert.equal(override.exit, 3);
    assert.match(override.stderr, /^not_held: no freeze holds /);
    const unknown = await product.say(['hold', 'lift', 'hold-000000000000', '--reason', 'x'], 'oncall');
    assert.equal(unknown.exit, 8);
    assert.match(unknown.stderr, /^hold_unknown: /);
    assert.match(await say(['hold', 'lift', id, '--reason', 'labels are right'], 'oncall'), /holds nothing any more/);
    const ended = await product.untilEnded(release);
    assert.equal(ended.outcome, 'promoted', JSON.stringify(ended));
    assert.equal(ended.held, undefined);
    assert.doesNotMatch(await say(['hold', 'list']), new RegExp(id));
    assert.match(await say(['hold', 'list', '--all']), new RegExp(`${id} .*lifted .* by oncall`));
    champion = ended;
  });

  it('when a freeze opens in the middle of a canary, then the traffic stays as it is, and goes on at the thaw', async () => {
    const traffic = startUsers(`${product.servingUrl('production')}/v2/models/${FERRIES}/infer`, usualFerries());
    const release = await releaseOf(canarySpec('5s'));
    await passStaging(release);
    const weights = async (): Promise<readonly (readonly [string, number])[]> => {
      const answer = await product.request('GET', `/api/v1/models/${FERRIES}/environments/production`);
      const { serving } = (await answer.json()) as { readonly serving?: TargetState };
      return (serving?.versions ?? []).map(({ servedDigest, weight }) => [servedDigest ?? 'none', weight] as const);
    };
    await product.untilRelease(release, (view) => (view as ShownRelease).canary?.step === 1);
    // By the API: a command takes longer to begin than a short step of a canary may.
    const storm = {
      kind: 'freeze',
      environment: 'production',
      until: Date.now() + 3 * HOUR,
      reason: 'a storm is coming',
    };
    const placed = await product.request('POST', '/api/v1/holds', 'oncall', storm);
    const id = idIn(await placed.text());
    await untilHeld(release, 'production');
    assert.match(await say(['release', 'show', release]), /held back from production by freeze .*: a storm is coming/);
    const { artifactDigest } = await product.show(release);
    const half = [
      [champion.artifactDigest, 50],
      [artifactDigest, 50],
    ].sort();
    assert.deepEqual([...(await weights())].sort(), half);
    await say(['freeze', 'lift', id, '--reason', 'it has passed'], 'oncall');
    const ended = await product.untilEnded(release);
    const { failures } = await traffic.stop();
    assert.equal(ended.outcome, 'promoted', JSON.stringify(ended));
    assert.deepEqual(failures, []);
    assert.deepEqual(await weights(), [[artifactDigest, 100]]);
  });
});
