import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { sailDays } from '../faults/voyages.js';
import { DAY, ferries, OPENING } from '../fixtures/incidents/world.js';
import { FERRIES, ferryFiles, ferrySpec, openProduct, type Product } from '../fixtures/product.js';

const PER_DAY = 50;
const DAYS = 9;
/** What it really loses in usual weather is about 0.15. */
const bakes = (how: string): string =>
  ferrySpec({
    'name: production, approval: automatic': `name: production, approval: automatic, bake: { maxLoss: 0.25, minLabels: 200, ${how} }`,
  });

describe('given versions that have all traffic before anybody knows what they are worth', () => {
  let product: Product;
  let champion: ReleaseView;
  let commits = 0;
  /** Event time: days of traffic pass as fast as requests do. */
  let today = OPENING;
  before(async () => {
    product = await openProduct({ workers: 1 });
    champion = await product.untilEnded(await product.releaseOf(product.repository.commit(ferryFiles())));
    assert.equal(champion.outcome, 'promoted', JSON.stringify(champion));
    await sail('usual', 1);
  });
  after(() => product.close());

  const sail = async (weather: 'usual' | 'turned', days = DAYS): Promise<void> => {
    await sailDays(product, ferries(today, days, PER_DAY, weather));
    today += days * DAY;
  };
  const provisional = async (how: string): Promise<string> => {
    const note = `// ${(commits += 1)}\n`;
    const files = ferryFiles({ 'slipway.yaml': bakes(how), 'lib/note.mjs': note });
    const release = await product.releaseOf(product.repository.commit(files));
    const view = await product.untilEnded(release);
    assert.deepEqual([view.outcome, view.endedAt], ['provisional', undefined], JSON.stringify(view));
    return release;
  };
  const untilOver = (release: string): Promise<ReleaseView> =>
    product.untilRelease(release, ({ endedAt }) => endedAt !== undefined);
  const bakeOf = ({ stages }: ReleaseView) => stages.find(({ name }) => name === 'bake');
  const served = async (): Promise<unknown> => {
    const answer = await product.request('GET', `/api/v1/models/${FERRIES}/environments/production`);
    return ((await answer.json()) as { serving: { versions: { servedDigest: string }[] } }).serving.versions.map(
      ({ servedDigest }) => servedDigest,
    );
  };
  it('when labels say that one is sound, then it is confirmed', async () => {
    const release = await provisional('within: 3m');
    await sail('usual');
    const view = await untilOver(release);
    assert.equal(view.outcome, 'promoted', JSON.stringify(view));
    assert.match(bakeOf(view)?.reason ?? '', /^brier is 0\.\d+ .*at most 0\.25; \d+ of \d+ rows have labels$/);
    champion = view;
  });

  it('when labels say that one is not, then what ran before serves again', async () => {
    const release = await provisional('within: 3m');
    await sail('turned');
    const view = await untilOver(release);
    assert.equal(view.outcome, 'rolled_back', JSON.stringify(view));
    assert.match(view.reason ?? '', /^brier is 0\.\d+ .*at most 0\.25; .* serves again$/);
    assert.deepEqual(await served(), [champion.artifactDigest]);
  });

  it('when labels say nothing in time, then a person confirms it, and nobody who wrote it', async () => {
    const release = await provisional('within: 2s, answerWithin: 1h');
    const asks = await product.untilRelease(release, ({ bakeAsked }) => bakeAsked !== undefined);
    assert.deepEqual([asks.outcome, asks.bakeAsked?.owners], ['provisional', ['oncall', 'reviewer']]);
    const shown = await product.say(['release', 'show', release]);
    assert.match(shown.stdout, /^asks oncall, reviewer since .* what becomes of it in production/m);
    assert.match(shown.stdout, /slipway release confirm ferry-delay\/[0-9a-f]{40}` keeps it \(operator\)/);
    const say = (as: string) => product.say(['release', 'confirm', release, '--reason', 'sales look as before'], as);
    const refused = await say('author');
    assert.deepEqual([refused.exit, /^forbidden: /m.test(refused.stderr)], [3, true], refused.stderr);
    const kept = await say('oncall');
    assert.equal(kept.exit, 0, kept.stderr);
    assert.match(kept.stdout, /is kept in production/);
    const view = await untilOver(release);
    assert.deepEqual([view.outcome, bakeOf(view)?.reason], ['promoted', 'confirmed by oncall: sales look as before']);
    const story = await product.say(['audit', 'show', `release/${release}`]);
    assert.match(story.stdout, /oncall: confirmed in production: sales look as before/, story.stdout);
    assert.equal((await say('oncall')).exit, 3, 'it has ended');
    champion = view;
  });

  it('when labels say nothing in time, then a person takes it back', async () => {
    const release = await provisional('within: 2s, answerWithin: 1h');
    await product.untilRelease(release, ({ bakeAsked }) => bakeAsked !== undefined);
    const back = await product.say(['release', 'revert', release, '--reason', 'complaints'], 'oncall');
    assert.equal(back.exit, 0, back.stderr);
    const view = await untilOver(release);
    assert.equal(view.outcome, 'rolled_back', JSON.stringify(view));
    assert.match(view.reason ?? '', /^taken back by oncall: complaints; .* serves again$/);
    assert.deepEqual(await served(), [champion.artifactDigest]);
  });
});
