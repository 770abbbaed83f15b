import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, mock } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { decodeJwt, UnsecuredJWT, SignJWT } from 'jose';
import { createDecisionSigner } from '../../src/adapters/decision-keys/decisionSigner.js';
import { createDecisionVerifier } from '../../src/adapters/decision-keys/decisionVerifier.js';
import { decisionKeyFiles } from '../../src/adapters/decision-keys/keyFiles.js';
import type { ApprovalSubject, DecisionStatement } from '../../src/domain/approval/types.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { Workflows } from '../../src/ports/workflows.js';
import type { Ports } from '../../activities/ports.js';
import {
  createVerifyDecision,
  type JudgedDecision,
  type VerifyDecisionInput,
} from '../../activities/verifyDecision.js';
import { createMemorySourceControl } from '../fakes/memorySourceControl.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import { testPorts } from '../fakes/ports.js';

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
      { name: 'author', roles: ['reviewer'], gitEmails: ['author@example.test'] },
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
  new MockActivityEnvironment({ workflowExecution: { workflowId, runId: run } }).run(createVerifyDecision(given), {
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

  it('says in words why a decision does not count', async () => {
    const { record } = await judge(await signer.sign(claims({ evidenceDigest: digest('f') })));
    assert.match(record.refusalReason ?? '', /evidenceDigest is sha256:b+, decided was on sha256:f+/);
  });

  it('says that the evidence must be shown anew where the environment moved on', async () => {
    const moved = { ...ports, workflows: { query: async () => ({ epoch: 4 }) } as unknown as Workflows };
    const environment = new MockActivityEnvironment({ workflowExecution: { workflowId, runId: 'r' } });
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
