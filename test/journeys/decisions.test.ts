import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { ferryFiles, FERRIES, ferrySpec, openProduct, type Product } from '../fixtures/product.js';

const AUTOMATIC = 'production, approval: automatic';
const ASKED = 'production, approval: { roles: [reviewer] }';
const asking = (more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  ferryFiles({ 'slipway.yaml': ferrySpec({ [AUTOMATIC]: ASKED, ...more }) }) as Readonly<Record<string, string>>;

describe('given a model that enters production only with the word of a reviewer', () => {
  let product: Product;
  let connection: Connection | undefined;
  let engine: Client;
  before(async () => {
    product = await openProduct({ workers: 1 });
    connection = await Connection.connect({
      address: product.state().processes.find(({ name }) => name === 'temporal')?.address ?? '',
    });
    engine = new Client({ connection });
  });
  after(async () => {
    await connection?.close();
    await product.close();
  });

  const waiting = async (change: string): Promise<ReleaseView> => {
    const commit = product.repository.commit({ ...asking(), 'lib/note.mjs': `// ${change}\n` });
    const view = await product.untilRelease(
      await product.releaseOf(commit),
      ({ waiting: asked, outcome }) => asked !== undefined || outcome !== undefined,
    );
    assert.equal(view.outcome, undefined, view.reason);
    return view;
  };
  const signal = (view: ReleaseView, argument: unknown): Promise<void> =>
    engine.workflow.getHandle(view.releaseId).signal('decide', argument);
  const untilRecorded = (view: ReleaseView, count: number): Promise<ReleaseView> =>
    product.untilRelease(`${view.model}/${view.commit}`, ({ decisions }) => decisions.length >= count);
  const tokenOf = async (view: ReleaseView, as = 'reviewer'): Promise<string> => {
    const printed = await product.say(['approve', view.commit, '--print-token'], as);
    assert.equal(printed.exit, 0, printed.stderr);
    assert.match(printed.stderr, new RegExp(`send the signal decide to ${view.releaseId} with this argument, until `));
    return (JSON.parse(printed.stdout) as { statement: string }).statement;
  };

  it('when the author approves, then that is refused, and the reviewer still can', async () => {
    const view = await waiting('first');
    const refused = await product.say(['approve', FERRIES], 'author');
    assert.equal(refused.exit, 3);
    assert.match(
      refused.stderr,
      /^self_approval: .*author wrote or triggered this release\nAsk somebody else who may, /,
    );
    const powerless = await product.say(['approve', FERRIES], 'oncall');
    assert.equal(powerless.exit, 3);
    assert.match(powerless.stderr, /^forbidden: .*oncall has none of the roles reviewer/);
    const waits = await product.say(['approvals'], 'reviewer');
    assert.match(waits.stdout, new RegExp(`^yes +ferry-delay/${view.commit.slice(0, 12)} +production `, 'm'));
    const approved = await product.say(['approve', FERRIES], 'reviewer');
    assert.equal(approved.exit, 0, approved.stderr);
    assert.match(approved.stdout, /the decision counts; the release is approved/);
    const shown = await product.say(['release', 'show', view.commit, '--wait']);
    assert.equal(shown.exit, 0);
    assert.match(shown.stdout, /approve +author +no: self_approval/);
    assert.match(shown.stdout, /approve +reviewer +yes/);
    const late = await product.say(['approve', view.commit], 'reviewer');
    assert.equal(late.exit, 3);
    assert.match(late.stderr, /^not_waiting: /);
  });

  it('when signals are forged or malformed, then each is recorded and none counts; a pasted token does', async () => {
    const view = await waiting('second');
    const token = await tokenOf(view);
    const [header = '', claims = '', signature = ''] = token.split('.');
    const other = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(claims, 'base64url').toString()), sub: 'oncall' }),
    ).toString('base64url');
    const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
    const forged: readonly unknown[] = [
      undefined,
      null,
      42,
      'yes',
      [],
      {},
      { statement: 7 },
      { statement: 'approve it' },
      { statement: 'x'.repeat(100_000) },
      { statement: `${unsigned}.${claims}.` },
      { statement: `${header}.${other}.${signature}` },
      { statement: `${header}.${claims}.${'A'.repeat(signature.length)}` },
    ];
    for (const one of forged) await signal(view, one);
    const judged = await untilRecorded(view, forged.length);
    assert.deepEqual(
      judged.decisions.map(({ counted, refusal }) => [counted, refusal]),
      forged.map(() => [false, 'statement_unsigned']),
    );
    assert.notEqual(judged.waiting, undefined);
    const shown = await product.say(['release', 'show', view.commit]);
    assert.match(shown.stdout, /: waiting\n/);
    assert.equal(shown.stdout.split('no: statement_unsigned').length - 1, forged.length);

    await signal(view, { statement: token });
    const ended = await product.untilEnded(`${view.model}/${view.commit}`);
    assert.equal(ended.outcome, 'promoted');
    assert.deepEqual(
      ended.decisions.filter(({ counted }) => counted).map(({ subject }) => subject),
      ['reviewer'],
    );
  });

  it('when the evidence has changed since, then a statement about the old one does not count, a new one does', async () => {
    const view = await waiting('third');
    const stale = await tokenOf(view);
    const back = await product.say(['rollback', FERRIES, 'production'], 'oncall');
    assert.equal(back.exit, 0, back.stderr);
    await signal(view, { statement: stale });
    const judged = await untilRecorded(view, 1);
    assert.deepEqual(
      judged.decisions.map(({ counted, refusal }) => [counted, refusal]),
      [[false, 'statement_mismatch']],
    );
    const shown = await product.say(['release', 'show', view.commit]);
    assert.match(
      shown.stdout,
      /no: statement_mismatch, (?:epoch is \d+, decided was on \d+|production went from epoch \d+ to \d+)/,
    );
    assert.equal((await product.slipway(['approve', view.commit], 'reviewer')).exit, 0);
    assert.equal((await product.untilEnded(`${view.model}/${view.commit}`)).outcome, 'promoted');
  });

  it('when the reviewer rejects, then a reason is needed, and the release ends with it', async () => {
    const view = await waiting('fourth');
    const mute = await product.say(['reject', view.commit], 'reviewer');
    assert.equal(mute.exit, 2);
    assert.match(mute.stderr, /^reason_required: a rejection must say why\nGive --reason\.\n$/);
    const rejected = await product.say(['reject', view.commit, '--reason', 'slices are worse'], 'reviewer');
    assert.equal(rejected.exit, 0, rejected.stderr);
    const shown = await product.say(['release', 'show', view.commit, '--wait']);
    assert.equal(shown.exit, 3);
    assert.match(shown.stdout, /rejected, reviewer rejected: slices are worse/);
  });

  it('when a gate fails, or has too little data, then the release is blocked, with the exit code of its verdict', async () => {
    const blocked = async (change: Readonly<Record<string, string>>) => {
      const commit = product.repository.commit(asking(change));
      await product.untilEnded(await product.releaseOf(commit));
      return product.say(['release', 'show', commit, '--wait']);
    };
    const failed = await blocked({ 'max: 0.25': 'max: 0.01' });
    assert.equal(failed.exit, 4, failed.stdout);
    assert.match(failed.stdout, /blocked, quality: brier is 0\.1\d+, .*0\.01/);
    const scarce = await blocked({ 'minRows: 500': 'minRows: 100000' });
    assert.equal(scarce.exit, 6, scarce.stdout);
    assert.match(scarce.stdout, /blocked, .*\d+ rows.*100000/);
    assert.match(scarce.stdout, /gate +staging +insufficient_data/);
  });
});
