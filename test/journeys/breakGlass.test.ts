import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TargetState } from '../../src/domain/rollout/types.js';
import { until } from '../supervisor/scene.js';
import { ferryFiles, FERRIES, ferrySpec, openProduct, type Product } from '../fixtures/product.js';

/** Two reviewers let a release into production; two of oncall and operator break the glass. */
const ASKED = 'production, approval: { roles: [reviewer], quorum: 2 }';
const files = (note: string): Readonly<Record<string, string>> => ({
  ...(ferryFiles({ 'slipway.yaml': ferrySpec({ 'production, approval: automatic': ASKED }) }) as Readonly<
    Record<string, string>
  >),
  'lib/note.mjs': `// ${note}\n`,
});
const identities = [
  { name: 'author', roles: ['author', 'reviewer', 'oncall'], gitEmails: ['author@example.test'] },
  { name: 'reviewer', roles: ['reviewer'] },
  { name: 'second', roles: ['reviewer'] },
  { name: 'deputy', roles: [] },
  { name: 'oncall', roles: ['oncall'], person: 'watch' },
  { name: 'oncall-phone', roles: ['oncall'], person: 'watch' },
  { name: 'operator', roles: ['operator'] },
];

describe('given a model that two reviewers let into production, and an operator who names roles for break-glass', () => {
  let product: Product;
  before(async () => {
    product = await openProduct({
      workers: 1,
      operator: { identities, breakGlass: { roles: ['oncall', 'operator'] } },
    });
  });
  after(() => product.close());

  const waiting = async (note: string): Promise<string> => {
    const name = await product.releaseOf(product.repository.commit(files(note)));
    const view = await product.untilRelease(name, ({ waiting: asked, outcome }) => (asked ?? outcome) !== undefined);
    assert.equal(view.outcome, undefined, view.reason);
    return name.split('/')[1] ?? '';
  };
  const say = async (words: readonly string[], as?: string): Promise<string> => {
    const { exit, stdout, stderr } = await product.say(words, as);
    assert.equal(exit, 0, `${words.join(' ')}: ${stderr}`);
    return stdout;
  };
  const refused = async (words: readonly string[], as: string, exit: number): Promise<string> => {
    const answer = await product.say(words, as);
    assert.equal(answer.exit, exit, `${words.join(' ')}: ${answer.stdout}${answer.stderr}`);
    return answer.stderr;
  };
  const breaking = (release: string, reason = 'nobody can book'): readonly string[] => [
    ...['override', release, '--break-glass'],
    ...['--reason', reason],
  ];
  const untilEnded = (release: string) => product.untilEnded(`${FERRIES}/${release}`);
  const served = async (): Promise<readonly (string | undefined)[]> => {
    const answer = await product.request('GET', `/api/v1/models/${FERRIES}/environments/production`);
    const { serving } = (await answer.json()) as { readonly serving?: TargetState | null };
    return (serving?.versions ?? []).map(({ servedDigest }) => servedDigest);
  };
  const incidentOf = (release: string): string => `incident/${FERRIES}/production/breakglass.${release}`;

  it('when a reviewer hands their place on, then the deputy’s word counts, and both together are one', async () => {
    const release = await waiting('first');
    const unfit = await refused(['delegate', release, '--to', 'second'], 'reviewer', 3);
    assert.match(
      unfit,
      /^delegate_unfit: .*second decides here anyway.*\nName a known person with --to who has no voice/,
    );
    assert.match(await refused(['approve', release], 'deputy', 3), /^forbidden: /);

    await say(['delegate', release, '--to', 'deputy', '--reason', 'on leave'], 'reviewer');
    assert.match(
      await say(['release', 'show', release]),
      /so far 0 of 2 approvals; deputy decides in the place of reviewer/,
    );
    assert.match(await say(['approvals'], 'deputy'), new RegExp(`^yes +${FERRIES}/${release.slice(0, 12)} `, 'm'));
    assert.match(await refused(['delegate', release, '--to', 'operator'], 'deputy', 3), /^place_not_own: /);
    await say(['approve', release], 'deputy');
    const one = await say(['release', 'show', release]);
    assert.match(one, /so far 1 of 2 approvals/);
    assert.match(one, /^approve for reviewer +deputy +yes/m);

    const own = await say(['approve', release], 'reviewer');
    assert.match(
      own,
      /the decision counts; the release is waiting: so far 1 of 2 approvals/,
      'the place is taken back',
    );
    assert.match(await say(['release', 'show', release]), /so far 1 of 2 approvals/);
    await say(['approve', release], 'second');
    const ended = await untilEnded(release);
    assert.equal(ended.outcome, 'promoted', ended.reason);
    assert.deepEqual(await served(), [ended.artifactDigest]);
  });

  it('when a deputy’s word is the last that is needed, then the target takes it, too', async () => {
    const release = await waiting('second');
    await say(['delegate', release, '--to', 'deputy'], 'reviewer');
    const follower = product.begin(['release', 'show', release, '--follow']);
    await say(['release', 'comment', release, 'why another seed?', '--question'], 'second');
    const isGone = (): boolean => follower.child.exitCode !== null;
    await until(() => / second asks: why another seed\?$/m.test(follower.stdout()), isGone);
    await say(['approve', release], 'second');
    await say(['approve', release], 'deputy');
    const ended = await untilEnded(release);
    assert.equal(ended.outcome, 'promoted', ended.reason);
    assert.deepEqual(await served(), [ended.artifactDigest]);
    assert.equal(await follower.exit, 0);
    const report = await product.request('GET', `/api/v1/releases/${FERRIES}/${release}/report`);
    assert.match(await report.text(), /<td>second<\/td><td>question<\/td><td>why another seed\?<\/td>/);
  });

  it('when two people break the glass, then approval and hold are passed, with an incident, for ever on record', async () => {
    const hold = /hold-[0-9a-f]{12}/.exec(
      await say(['hold', 'model', FERRIES, '--env', 'production', '--reason', 'labels are wrong'], 'operator'),
    )?.[0];
    const release = await waiting('third');
    const mute = await refused(['override', release, '--break-glass'], 'oncall', 2);
    assert.match(mute, /required option '--reason <text>' not specified/);
    assert.match(await refused(breaking(release, ''), 'oncall', 2), /reason/);
    assert.match(await refused(breaking(release), 'author', 3), /^self_approval: author wrote or triggered /);
    assert.match(
      await refused(breaking(release), 'reviewer', 3),
      /^break_glass_forbidden: .*two people of oncall, operator may\nAsk two people /,
    );

    const more = 'by oncall: one more person of oncall, operator is needed';
    assert.match(await say(breaking(release), 'oncall'), new RegExp(`is signed ${more}`));
    assert.match(await say(breaking(release), 'oncall'), new RegExp(`was signed already ${more}`));
    const twice = await refused(breaking(release), 'oncall-phone', 3);
    assert.match(twice, /^break_glass_one_person: oncall has signed, .*\nAsk a second person /);
    assert.match(
      await say(['release', 'show', release]),
      /^break-glass for production: oncall signed .*; one more person may sign: operator, until .* UTC, unless /m,
    );
    assert.match(await say(['status']), /: break-glass for production: oncall signed .* may sign: operator, until /);
    const half = await product.show(`${FERRIES}/${release}`);
    assert.deepEqual([half.waiting?.environment, half.breakGlass], ['production', undefined]);
    assert.match(await say(['status']), /open incidents: none/);

    assert.match(await say(breaking(release, 'seen, agreed'), 'operator'), /signed by oncall and operator: /);
    const ended = await untilEnded(release);
    assert.equal(ended.outcome, 'promoted', ended.reason);
    assert.deepEqual(await served(), [ended.artifactDigest], 'a hold is passed as well');
    assert.deepEqual(ended.decisions, []);

    const told = /break-glass for production by oncall and operator, .*: nobody can book; seen, agreed/;
    const shown = await say(['release', 'show', release]);
    assert.match(shown, told);
    assert.match(shown, /approve +production +passed .*break-glass by oncall and operator: /);
    const report = await (await product.request('GET', `/api/v1/releases/${FERRIES}/${release}/report`)).text();
    assert.match(report, told);
    const story = await say(['audit', 'show', release]);
    assert.match(story, /oncall: .*nobody can book/);
    assert.match(story, /operator: .*seen, agreed/);
    assert.match(await say(['insights']), /^bypasses: 0 hotfixes, 0 freeze overrides, 1 times break-glass$/m);

    assert.match(
      await say(['status']),
      /^ferry-delay: bypasses: 0 hotfixes, 0 freeze overrides, 1 times break-glass$/m,
    );

    const incident = incidentOf(release);
    assert.match(await say(['status']), new RegExp(`open incidents: ${incident}`));
    assert.match(await refused(['incident', 'resolve', incident, '--reason', 'over'], 'oncall', 3), /^incident_unack/);
    await say(['incident', 'ack', incident], 'oncall');
    await say(['incident', 'resolve', incident, '--reason', 'looked through, it stays'], 'oncall');
    assert.match(await say(['incident', 'show', incident]), /resolved by oncall: looked through, it stays/);
    assert.match(await say(['status']), /open incidents: none/);
    await say(['hold', 'lift', hold ?? '', '--reason', 'labels are right'], 'operator');
    const audited = await product.say(['audit', 'verify']);
    assert.equal(audited.exit, 0, `${audited.stdout}${audited.stderr}`);
  });

  it('when what was signed has changed, or the release is over, then a word does not count, and both sign anew', async () => {
    const release = await waiting('fourth');
    const { waiting: before } = await product.show(`${FERRIES}/${release}`);
    await say(breaking(release), 'oncall');
    await say(['rollback', FERRIES, 'production'], 'operator');
    await product.untilRelease(
      `${FERRIES}/${release}`,
      ({ waiting: now }) => now !== undefined && now.subject.epoch !== before?.subject.epoch,
    );
    assert.match(
      await say(breaking(release, 'agreed'), 'operator'),
      /signed by operator: one more person of oncall, operator is needed/,
    );
    assert.equal((await product.show(`${FERRIES}/${release}`)).breakGlass, undefined);
    await say(['reject', release, '--reason', 'not today'], 'reviewer');
    assert.equal((await untilEnded(release)).outcome, 'rejected');
    const over = await refused(breaking(release), 'oncall', 3);
    assert.match(over, /^not_held: .* waits neither for people nor for time\nSee `slipway release show`/);
  });
});
