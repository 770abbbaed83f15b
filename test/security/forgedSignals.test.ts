/** Whoever reaches Temporal can send a release anything: nothing of it promotes, all of it is known afterwards. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { createDecisionSigner } from '../../src/adapters/decision-keys/decisionSigner.js';
import { decisionKeyFiles, readPublicKeys } from '../../src/adapters/decision-keys/keyFiles.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { LedgerEntry } from '../../src/ports/ledger.js';
import { openBucket } from '../faults/bucket.js';
import { ferryFiles, ferrySpec, openProduct, type Product } from '../fixtures/product.js';
import { forge, type Forgery } from './forgeries.js';

const MESSAGES = 10_000;
const SEED = 24;
const SENDERS = 8;
/** Characters of a statement that a release takes. */
const MAX_STATEMENT = 16_384;

describe(`given a release that waits for a second reviewer, and ${MESSAGES} forged signals`, () => {
  let product: Product;
  let connection: Connection;
  before(async () => {
    product = await openProduct({
      workers: 1,
      operator: {
        defaultChannel: 'oncall',
        identities: [
          { name: 'author', roles: ['author', 'reviewer'], gitEmails: ['author@example.test'] },
          { name: 'reviewer', roles: ['reviewer'], gitEmails: ['reviewer@example.test'] },
          { name: 'second-reviewer', roles: ['reviewer'], gitEmails: ['second@example.test'] },
          { name: 'oncall', roles: ['oncall', 'operator'], gitEmails: ['oncall@example.test'] },
        ],
      },
    });
    const address = product.state().processes.find(({ name }) => name === 'temporal')?.address ?? '';
    connection = await Connection.connect({ address });
  });
  after(async () => {
    await connection.close();
    await product.close();
  });

  const waiting = async (note: string): Promise<ReleaseView> => {
    const spec = ferrySpec({
      'production, approval: automatic': 'production, approval: { roles: [reviewer], quorum: 2 }',
    });
    const commit = product.repository.commit(ferryFiles({ 'slipway.yaml': spec, 'lib/note.mjs': `// ${note}\n` }));
    const view = await product.untilRelease(
      await product.releaseOf(commit),
      (now) => (now.waiting ?? now.outcome) !== undefined,
    );
    assert.equal(view.outcome, undefined, view.reason);
    return view;
  };
  const nameOf = (view: ReleaseView): string => `${view.model}/${view.commit}`;
  const tokenOf = async (view: ReleaseView, as: string): Promise<string> => {
    const { exit, output, stderr } = await product.slipway(['approve', nameOf(view), '--print-token'], as);
    assert.equal(exit, 0, stderr);
    return (output as { statement: string }).statement;
  };
  const ledgerOf = async (stream: string): Promise<readonly LedgerEntry[]> => {
    const ledger = openBucket(product, 'slipway-ledger');
    const keys = await ledger.keys(`ledger/${stream}/`);
    return Promise.all(keys.map(async (key) => JSON.parse((await ledger.read(key)).toString()) as LedgerEntry));
  };
  const showAnswers = async (view: ReleaseView): Promise<void> => {
    const shown = await product.say(['release', 'show', view.commit]);
    assert.equal(shown.exit, 0, shown.stderr);
    assert.match(shown.stdout, /: waiting\n/);
  };

  it('S24, S26, S27, S28, S30: none promotes, all are recorded or counted, operators hear once, and who may decides', async (test) => {
    // Whoever sends may call themselves anything.
    const engine = new Client({ connection, identity: 'second-reviewer' });
    const older = await waiting('older');
    const elsewhere = await tokenOf(older, 'second-reviewer');
    for (const as of ['reviewer', 'second-reviewer'])
      assert.equal((await product.slipway(['approve', nameOf(older)], as)).exit, 0);
    assert.equal((await product.untilEnded(nameOf(older))).outcome, 'promoted');

    const view = await waiting('newer');
    const release = engine.workflow.getHandle(view.releaseId);
    const counted = await tokenOf(view, 'reviewer');
    await release.signal('decide', { statement: counted });
    await product.untilRelease(nameOf(view), ({ decisions }) => decisions.some((one) => one.counted));

    const files = decisionKeyFiles(join(product.home, 'keys'));
    const [publicKey] = await readPublicKeys(files);
    assert.ok(publicKey !== undefined);
    const workshop = {
      used: [counted, elsewhere],
      genuine: await tokenOf(view, 'second-reviewer'),
      publicKey,
      signer: await createDecisionSigner(files),
    };
    const forged = await forge(workshop, SEED, MESSAGES);
    const began = performance.now();
    let [next, refused] = [0, 0];
    const taken: Forgery[] = [];
    let looked = false;
    const send = async (): Promise<void> => {
      for (let one = forged[next++]; one !== undefined; one = forged[next++]) {
        const sent = await release.signal('decide', one.argument).then(
          () => true,
          () => false,
        );
        if (sent) taken.push(one);
        else refused += 1;
        if (next >= MESSAGES / 2 && !looked) {
          looked = true;
          await showAnswers(view);
        }
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, send));
    const sentAfter = performance.now() - began;
    const known = ({ decisions, unlistedDecisions = 0 }: ReleaseView): number => decisions.length + unlistedDecisions;
    const judged = await product.untilRelease(
      nameOf(view),
      (now) => now.outcome !== undefined || known(now) >= taken.length + 1,
    );
    assert.equal(judged.outcome, undefined, judged.reason);
    assert.equal(known(judged), taken.length + 1, 'what the engine took is recorded or counted, each once');
    assert.equal(taken.length + refused, MESSAGES, 'and what it refused its sender knows');
    assert.deepEqual(
      judged.decisions.filter((one) => one.counted).map(({ subject }) => subject),
      ['reviewer'],
    );
    await showAnswers(view);
    const judgedAfter = performance.now() - began;

    const entries = await ledgerOf(view.releaseId);
    const lost = taken.filter((one) => one.isRepeat !== true && !isIn(entries, one));
    assert.deepEqual(lost.slice(0, 3), [], `${lost.length} are in no entry of the ledger`);
    const deployed = async () =>
      (await ledgerOf(`environment/${view.model}/production`)).filter(
        ({ kind, body }) => kind === 'deployment.deployed' && JSON.stringify(body).includes(view.commit),
      ).length;
    assert.equal(await deployed(), 0, 'nothing of it went to production');
    const alerts = product.receiver.accepted().filter(({ type }) => type === 'decisions_refused');
    assert.equal(alerts.length, 1, 'operators are told once');

    const valid = await product.say(['approve', view.commit], 'second-reviewer');
    assert.equal(valid.exit, 0, valid.stderr);
    const ended = await product.untilEnded(nameOf(view));
    assert.equal(ended.outcome, 'promoted', ended.reason);
    assert.equal(await deployed(), 1);
    const kinds = new Set(forged.map(({ kind }) => kind));
    test.diagnostic(
      `S24: seed ${SEED}: ${MESSAGES} signals of ${kinds.size} kinds: ${taken.length} taken, ${refused} refused to their sender; ` +
        `0 promoted, ${judged.decisions.length - 1} listed and ${judged.unlistedDecisions ?? 0} counted, ${entries.length} ledger entries, ` +
        `${alerts.length} alert; sent in ${seconds(sentAfter)}, judged after ${seconds(judgedAfter)}; then a valid decision promoted it`,
    );
  });
});

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`;

/** By its digest where nobody here signed it or it was about something else, by its own ID where it was judged. */
const isIn = (entries: readonly LedgerEntry[], { argument }: Forgery): boolean => {
  const said = (argument as { readonly statement?: unknown } | null | undefined)?.statement;
  const statement = typeof said === 'string' ? said.slice(0, MAX_STATEMENT) : '';
  const found = namesIn(entries);
  return found.has(createHash('sha256').update(statement).digest('hex')) || found.has(jtiOf(statement));
};

const known = new WeakMap<readonly LedgerEntry[], ReadonlySet<string>>();
const namesIn = (entries: readonly LedgerEntry[]): ReadonlySet<string> => {
  const before = known.get(entries);
  if (before !== undefined) return before;
  const names = new Set(
    entries.flatMap(({ kind, entryId, body }) => {
      if (kind === 'decisions.refused') return (body['refused'] as { sha256: string }[]).map(({ sha256 }) => sha256);
      return kind === 'decision' && body['counted'] === false ? [entryId.split('/')[1] ?? ''] : [];
    }),
  );
  known.set(entries, names);
  return names;
};

const jtiOf = (statement: string): string => {
  try {
    const claims = JSON.parse(Buffer.from(statement.split('.')[1] ?? '', 'base64url').toString()) as { jti?: string };
    return claims.jti ?? '';
  } catch {
    return '';
  }
};
