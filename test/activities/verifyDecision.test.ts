import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, mock } from 'node:test';
import { decodeJwt, UnsecuredJWT, SignJWT } from 'jose';
import { createDecisionSigner } from '../../src/adapters/decision-keys/decisionSigner.js';
import { createDecisionVerifier } from '../../src/adapters/decision-keys/decisionVerifier.js';
import { decisionKeyFiles } from '../../src/adapters/decision-keys/keyFiles.js';
import type { ApprovalSubject, DecisionStatement } from '../../src/domain/approval/types.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { Workflows } from '../../src/ports/workflows.js';
import type { Ports } from '../../activities/ports.js';
import { createScreenDecisions } from '../../activities/screenDecisions.js';
import {
  createVerifyDecision,
  type JudgedDecision,
  type VerifyDecisionInput,
} from '../../activities/verifyDecision.js';
import { createMemorySourceControl } from '../fakes/memorySourceControl.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import { testPorts } from '../fakes/ports.js';
import { askedBy } from '../fixtures/askedBy.js';

const directory = mkdtempSync(join(tmpdir(), 'slipway-decisions-'));
after(() => rmSync(directory, { recursive: true }));
const files = decisionKeyFiles(directory);
const signer = await createDecisionSigner(files);

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
const source = createMemorySourceControl(['m']);
const workflowId = `release/m/${source.commit('m', {}, 'author@example.test')}`;
const subject: ApprovalSubject = {
  workflowId,
  model: 'm',
  env: 'production',
  gate: 'approve.production',
  epoch: 3,
  artifactDigest: digest('a'),
  evidenceDigest: digest('b'),
  policyDigest: digest('c'),
  planDigest: digest('d'),
  inputsDigest: digest('e'),
};
const claims = (changes: Partial<DecisionStatement> = {}): DecisionStatement => ({
  iss: 'slipway',
  aud: 'test',
  sub: 'reviewer',
  roles: ['reviewer'],
  iat: Math.floor(Date.now() / 1000),
  exp: Math.floor(Date.now() / 1000) + 900,
  jti: `jti-${Math.random().toString(36).slice(2, 14)}0000`,
  ...subject,
  decision: 'approve',
  reason: '',
  ...changes,
});

/** When the engine says that it took the statement. */
let taken: number | undefined;
const base = testPorts({
  source,
  decisions: createDecisionVerifier(files),
  directory: {
    identities: async () => [
      { name: 'reviewer', roles: ['reviewer'], gitEmails: [] },
      { name: 'author', roles: ['reviewer'], gitEmails: ['author@example.test'], deputies: ['deputy'] },
      { name: 'away', roles: ['reviewer'], gitEmails: [], deputies: ['deputy'] },
      { name: 'deputy', roles: [], gitEmails: [] },
      { name: 'lead', roles: ['lead'], gitEmails: [] },
    ],
  },
  workflows: { query: async () => ({ epoch: 3 }), signalledAt: async () => taken } as unknown as Workflows,
});

const ports = {
  ...base,
  settings: { ...base.settings, models: { m: { repository: 'm', branch: 'main', clocks: {} } } },
};

const judge = (
  statement: string,
  changes: Partial<VerifyDecisionInput> = {},
  run = 'run-1',
  given: Ports = ports,
): Promise<JudgedDecision> =>
  askedBy(workflowId, run).run(createVerifyDecision(given), {
    statement,
    subject,
    signal: 'decide',
    roles: ['reviewer'],
    authorship: { authors: ['author'], unknown: [], trigger: 'author' },
    earlier: [],
    environmentWorkflowId: 'environment/m/production',
    ...changes,
  });

const refusalOf = async (statement: string, changes: Partial<VerifyDecisionInput> = {}): Promise<string | undefined> =>
  (await judge(statement, changes)).record.refusal;

describe('verifyDecision', () => {
  it('counts a decision once: the same run may repeat it, another run may not', async () => {
    const statement = await signer.sign(claims());
    assert.equal((await judge(statement)).record.counted, true);
    assert.equal((await judge(statement)).record.counted, true);
    assert.equal((await judge(statement, {}, 'run-2')).record.refusal, 'statement_used');
  });

  it('does not count it again once something else counted, though the same run takes it and remembers nothing', async () => {
    const approved = await signer.sign(claims());
    const { record } = await judge(approved);
    const withdrawn = await judge(await signer.sign(claims({ decision: 'withdraw' })), { earlier: [record] });
    assert.equal(withdrawn.record.counted, true);
    const again = await judge(approved);
    assert.deepEqual([again.record.refusal, again.onRecord], ['statement_used', true]);
    assert.deepEqual(
      (await judge(await signer.sign(claims({ decision: 'withdraw' })), { earlier: [record] })).record.counted,
      true,
      'what was not counted before counts',
    );
  });

  it('counts it once in the ledger, though the same run takes it again with other words of its own', async () => {
    const approved = await signer.sign(claims());
    const { record } = await judge(approved);
    const again = await judge(approved, { roles: ['reviewer', 'lead'], silent: ['away'] });
    assert.equal(again.record.counted, true, 'the same entry, as of a retry');
    const known = (await base.directory.identities()).map((one) =>
      one.name === 'reviewer' ? { ...one, roles: ['reviewer', 'lead'] } : one,
    );
    const given = { ...ports, directory: { identities: async () => known } };
    const other = await judge(approved, { roles: ['reviewer', 'lead'] }, 'run-1', given);
    assert.equal(other.record.refusal, 'statement_used');
    const counted = (await ports.ledger.read(workflowId)).filter(
      ({ body }) => body['jti'] === record.jti && body['counted'] === true,
    );
    assert.equal(counted.length, 1);
  });

  it('neither judges nor records for another workflow than the release, which could use a decision up', async () => {
    const statement = await signer.sign(claims());
    const before = (await ports.ledger.read(workflowId)).length;
    const input = {
      ...{ statement, subject, signal: 'decide', roles: ['reviewer'], earlier: [] },
      ...{ authorship: { authors: ['author'], unknown: [], trigger: 'author' } },
      environmentWorkflowId: 'environment/m/production',
    };
    const other = { code: 'record_mismatch' };
    await assert.rejects(askedBy('mine').run(createVerifyDecision(ports), input), other);
    const screening = askedBy('mine').run(createScreenDecisions(ports), { statements: ['forged'], subject });
    await assert.rejects(screening, other);
    assert.equal((await ports.ledger.read(workflowId)).length, before);
    assert.equal((await judge(statement)).record.counted, true, 'it was not used up');
  });

  it('counts an approval only with the answers that the environment asks for, and keeps them', async () => {
    const questions = { ticket: { type: 'text', pattern: 'OPS-\\d+' } } as const;
    const answered = await judge(await signer.sign(claims({ inputs: { ticket: 'OPS-12' } })), { questions });
    assert.deepEqual([answered.record.counted, answered.record.inputs], [true, { ticket: 'OPS-12' }]);
    for (const changes of [{}, { inputs: { ticket: 'later' } }])
      assert.equal(await refusalOf(await signer.sign(claims(changes)), { questions }), 'inputs_invalid');
    assert.equal(await refusalOf(await signer.sign(claims({ inputs: { ticket: 'OPS-12' } }))), 'inputs_invalid');
    const shapeless = claims({ inputs: { ticket: {} } as unknown as { ticket: string } });
    assert.equal(await refusalOf(await signer.sign(shapeless), { questions }), 'statement_unsigned');
  });

  it('counts a deputy as the person whose place it is, once that was given', async () => {
    const by = async (sub: string) => signer.sign(claims({ sub, roles: [] }));
    assert.equal(await refusalOf(await by('deputy')), 'forbidden');
    assert.equal(await refusalOf(await by('deputy'), { silent: ['reviewer'] }), 'forbidden');
    assert.equal(
      await refusalOf(await by('deputy'), { silent: ['author'] }),
      'forbidden',
      'an author has no place to give',
    );
    const { record } = await judge(await by('deputy'), { silent: ['author', 'away'] });
    assert.deepEqual([record.counted, record.subject, record.person], [true, 'deputy', 'away']);
  });

  it('counts whom somebody handed their place to as that somebody, until they take it back', async () => {
    const handing = await judge(await signer.sign(claims({ sub: 'away', decision: 'delegate', to: 'deputy' })));
    assert.deepEqual([handing.record.counted, handing.record.to], [true, 'deputy']);
    const earlier = [handing.record];
    const by = async (more: Partial<DecisionStatement> = {}) =>
      signer.sign(claims({ sub: 'deputy', roles: [], ...more }));
    assert.equal(await refusalOf(await by()), 'forbidden');
    const { record } = await judge(await by(), { earlier });
    assert.deepEqual([record.counted, record.person, record.inPlaceOf], [true, 'away', 'away']);
    assert.equal(await refusalOf(await by({ decision: 'delegate', to: 'lead' }), { earlier }), 'place_not_own');
    assert.equal(await refusalOf(await by({ decision: 'withdraw' }), { earlier }), 'nothing_to_withdraw');
    const back = await judge(await signer.sign(claims({ sub: 'away', decision: 'withdraw' })), {
      earlier: [...earlier, record],
    });
    assert.equal(await refusalOf(await by(), { earlier: [...earlier, record, back.record] }), 'forbidden');
    const given = {
      ...ports,
      directory: {
        identities: async () =>
          (await ports.directory.identities()).map((one) =>
            one.name === 'away' ? { ...one, revoked: { reason: 'left', since: 1 } } : one,
          ),
      },
    };
    const judged = await judge(await signer.sign(claims()), { earlier: [...earlier, record] }, 'run-1', given);
    assert.deepEqual(
      judged.lapsed?.map(({ subject: who }) => who),
      ['deputy'],
      'a place is worth what its owner is',
    );
  });

  it('counts a role that nobody has to ask before it was called', async () => {
    const statement = await signer.sign(claims({ sub: 'lead', roles: ['lead'] }));
    assert.equal(await refusalOf(statement), 'forbidden');
    assert.equal((await judge(statement, { escalatedTo: ['lead'] })).record.counted, true);
  });

  it('refuses what no key of ours signed', async () => {
    assert.equal(await refusalOf(''), 'statement_unsigned');
    assert.equal(await refusalOf('not.a.statement'), 'statement_unsigned');
    assert.equal(await refusalOf(new UnsecuredJWT({ ...claims() }).encode()), 'statement_unsigned');
    const hmac = await new SignJWT({ ...claims() })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode('k'.repeat(32)));
    assert.equal(await refusalOf(hmac), 'statement_unsigned');
    const [header = '', , signature = ''] = (await signer.sign(claims())).split('.');
    const altered = Buffer.from(JSON.stringify(claims({ sub: 'author' }))).toString('base64url');
    assert.equal(await refusalOf([header, altered, signature].join('.')), 'statement_unsigned');
  });

  it('refuses a decision on anything but exactly this evidence', async () => {
    const others: readonly Partial<DecisionStatement>[] = [
      { artifactDigest: digest('f') },
      { evidenceDigest: digest('f') },
      { policyDigest: digest('f') },
      { planDigest: digest('f') },
      { env: 'staging' },
      { gate: 'approve.staging' },
      { workflowId: 'release/m/other' },
      { epoch: 2 },
      { aud: 'another-installation' },
    ];
    for (const other of others)
      assert.equal(await refusalOf(await signer.sign(claims(other))), 'statement_mismatch', JSON.stringify(other));
  });

  it('asks again for the authority of who decided before: who lost it is named, and it is on record', async () => {
    const before = { at: 1, jti: 'earlier-0001', decision: 'approve', reason: '', counted: true };
    const earlier = [
      { ...before, subject: 'second' },
      { ...before, jti: 'earlier-0002', subject: 'gone' },
    ];
    const given = testPorts({
      ...ports,
      ledger: createStoreLedger(createMemoryBlobStore()),
      directory: {
        identities: async () => [
          ...(await ports.directory.identities()),
          { name: 'second', roles: ['reviewer'], gitEmails: [] },
          { name: 'gone', roles: ['reviewer'], gitEmails: [], revoked: { reason: 'left', since: 1 } },
        ],
      },
    });
    const judged = await judge(await signer.sign(claims()), { earlier }, 'run-1', {
      ...given,
      settings: ports.settings,
    });
    assert.equal(judged.record.counted, true);
    assert.deepEqual(judged.lapsed, [{ jti: 'earlier-0002', subject: 'gone', reason: 'gone was revoked: left' }]);
    const entries = await given.ledger.read(workflowId);
    assert.deepEqual(
      entries.map(({ kind, body }) => [kind, body['jti']]),
      [
        ['decision', judged.record.jti],
        ['decision.lapsed', 'earlier-0002'],
      ],
    );
  });

  it('says that the evidence changed where other authors count than those it names', async () => {
    const shown = { authors: ['author', 'reviewer'], unknown: [], trigger: 'author' };
    const judged = await judge(await signer.sign(claims()), { shown });
    assert.deepEqual([judged.evidenceChanged, judged.record.refusal], [true, 'statement_mismatch']);
    const same = await judge(await signer.sign(claims()), { shown: { ...shown, authors: ['author'] } });
    assert.deepEqual([same.evidenceChanged, same.record.counted], [false, true]);
  });

  it('refuses authors, strangers, and what came too late', async () => {
    assert.equal(await refusalOf(await signer.sign(claims({ sub: 'author' }))), 'self_approval');
    assert.equal(await refusalOf(await signer.sign(claims({ sub: 'stranger' }))), 'forbidden');
    assert.equal(await refusalOf(await signer.sign(claims({ exp: 1 }))), 'statement_expired');
  });

  it('refuses who had the release told on, by the ledger and whatever the release says of itself', async () => {
    const resumed = testPorts({ ...ports, ledger: createStoreLedger(createMemoryBlobStore()) });
    const given = { ...resumed, settings: ports.settings };
    await given.ledger.append(workflowId, 'resumed.1', 'release.resumed', 1, { number: 1, by: 'reviewer' });
    await given.ledger.append(workflowId, 'resumed.2', 'release.resumed', 2, { number: 2 });
    const { record } = await judge(await signer.sign(claims()), {}, 'run-1', given);
    assert.deepEqual([record.refusal, record.refusalReason], ['self_approval', 'reviewer resumed this release']);
    const rejection = await judge(await signer.sign(claims({ decision: 'reject', reason: 'no' })), {}, 'run-1', given);
    assert.equal(rejection.record.counted, true, 'who resumed it may still reject it');
  });

  it('counts a decision that the engine took in time, however late a worker comes to judge it', async () => {
    const iat = Math.floor(Date.now() / 1000) - 7200;
    const statement = await signer.sign(claims({ iat, exp: iat + 900 }));
    assert.equal(await refusalOf(statement), 'statement_expired');
    taken = (iat + 899) * 1000;
    assert.equal((await judge(statement)).record.counted, true);
    taken = (iat + 901) * 1000;
    assert.equal(await refusalOf(await signer.sign(claims({ iat, exp: iat + 900 }))), 'statement_expired');
    taken = undefined;
  });

  it('counts a decision that arrived in time, when the store was gone past its deadline', async () => {
    // By update: the engine keeps no signal that could be looked up.
    const arrivedAt = Date.now();
    const iat = Math.floor(arrivedAt / 1000);
    const statement = await signer.sign(claims({ iat, exp: iat + 900 }));
    let down = true;
    const flaky: Ports = {
      ...ports,
      ledger: {
        ...ports.ledger,
        append: async (...entry) => {
          if (down) throw new SlipwayError('store_unreachable', 'the ledger does not answer');
          return ports.ledger.append(...entry);
        },
      },
    };
    await assert.rejects(judge(statement, { arrivedAt }, 'run-1', flaky), { code: 'store_unreachable' });
    assert.ok(await ports.store.getDocument(`decisions/${decodeJwt(statement).jti}`), 'its single use is taken');
    down = false;
    mock.timers.enable({ apis: ['Date'], now: arrivedAt + 7_200_000 });
    try {
      const { record } = await judge(statement, { arrivedAt }, 'run-1', flaky);
      assert.deepEqual([record.counted, record.refusal], [true, undefined]);
      const late = await signer.sign(claims({ iat, exp: iat + 900 }));
      assert.equal(await refusalOf(late, { arrivedAt: (iat + 900) * 1000 }), 'statement_expired');
      assert.equal(await refusalOf(late), 'statement_expired', 'nobody knows when it arrived');
    } finally {
      mock.timers.reset();
    }
  });

  it('refuses one that was printed months ago, whatever a workflow says of when it arrived', async () => {
    const printed = Math.floor(Date.now() / 1000) - 90 * 86_400;
    const statement = await signer.sign(claims({ iat: printed, exp: printed + 900 }));
    const { record } = await judge(statement, { arrivedAt: printed * 1000 });
    assert.deepEqual([record.counted, record.refusal], [false, 'statement_expired']);
    assert.match(record.refusalReason ?? '', /nobody could judge it for a week/);
  });

  it('refuses a decision that arrived when the wait for people was over, and keeps one that came before', async () => {
    const expireAt = Date.now();
    const of = async () => signer.sign(claims());
    assert.equal(await refusalOf(await of(), { arrivedAt: expireAt, expireAt }), 'approval_expired');
    assert.equal(await refusalOf(await of(), { arrivedAt: expireAt - 1, expireAt }), undefined);
    // No worker ran: the engine had taken it before.
    taken = expireAt - 1;
    assert.equal(await refusalOf(await of(), { arrivedAt: expireAt + 60_000, expireAt }), undefined);
    taken = expireAt;
    assert.equal(await refusalOf(await of(), { arrivedAt: expireAt + 60_000, expireAt }), 'approval_expired');
    taken = undefined;
  });

  it('says in words why a decision does not count', async () => {
    const { record } = await judge(await signer.sign(claims({ evidenceDigest: digest('f') })));
    assert.match(record.refusalReason ?? '', /evidenceDigest is sha256:b+, decided was on sha256:f+/);
  });

  it('says that the evidence must be shown anew where the environment moved on', async () => {
    const moved = { ...ports, workflows: { query: async () => ({ epoch: 4 }) } as unknown as Workflows };
    const environment = askedBy(workflowId);
    const judged: JudgedDecision = await environment.run(createVerifyDecision(moved), {
      statement: await signer.sign(claims()),
      subject,
      signal: 'decide',
      roles: ['reviewer'],
      authorship: { authors: ['author'], unknown: [], trigger: 'author' },
      earlier: [],
      environmentWorkflowId: 'environment/m/production',
    });
    assert.deepEqual(
      [judged.record.counted, judged.record.refusal, judged.evidenceChanged],
      [false, 'statement_mismatch', true],
    );
  });
});

describe('screenDecisions', () => {
  it('leaves what is worth being judged, and puts what it refuses on record as one entry', async () => {
    const given = {
      ...testPorts({ ...ports, ledger: createStoreLedger(createMemoryBlobStore()) }),
      settings: ports.settings,
    };
    const good = claims();
    const statements = [
      await signer.sign(good),
      'forged',
      '',
      await signer.sign(claims({ env: 'staging', gate: 'approve.staging' })),
    ];
    const screen = () =>
      askedBy(workflowId).run(createScreenDecisions(given), {
        ...{ statements, subject },
      }) as ReturnType<ReturnType<typeof createScreenDecisions>>;
    const screened = await screen();
    assert.deepEqual(
      screened.map((one) => ('jti' in one ? one.jti : one.refusal)),
      [good.jti, 'statement_unsigned', 'statement_unsigned', 'statement_mismatch'],
    );
    await screen();
    const entries = await given.ledger.read(workflowId);
    assert.deepEqual(
      entries.map(({ kind, body }) => [kind, (body['refused'] as readonly unknown[]).length]),
      [['decisions.refused', 3]],
    );
  });

  it('refuses what counted before, which the workflow may have forgotten', async () => {
    const said = claims();
    const statement = await signer.sign(said);
    await judge(statement);
    const other = claims();
    const screened = await (askedBy(workflowId).run(createScreenDecisions(ports), {
      ...{ statements: [statement, await signer.sign(other)], subject },
    }) as ReturnType<ReturnType<typeof createScreenDecisions>>);
    assert.deepEqual(
      screened.map((one) => ('jti' in one ? one.jti : one.refusal)),
      ['statement_used', other.jti],
    );
  });
});
