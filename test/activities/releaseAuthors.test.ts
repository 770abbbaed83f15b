import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { getJson } from '../../activities/documents.js';
import { createFinishRelease } from '../../activities/finishRelease.js';
import type { Ports } from '../../activities/ports.js';
import { createPrepareApproval, type PreparedApproval } from '../../activities/prepareApproval.js';
import type { ChecksOutcome } from '../../activities/runChecks.js';
import { createVerifyDecision, type JudgedDecision } from '../../activities/verifyDecision.js';
import { createDecisionSigner } from '../../src/adapters/decision-keys/decisionSigner.js';
import { createDecisionVerifier } from '../../src/adapters/decision-keys/decisionVerifier.js';
import { decisionKeyFiles } from '../../src/adapters/decision-keys/keyFiles.js';
import { createAttestations } from '../../src/adapters/dsse/attestations.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { newKey, storeRelease, TRUSTED } from '../fixtures/storedRelease.js';
import { MODEL, ferries, openBuildScene } from './buildScene.js';

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
const email = (name: string): string => `${name}@example.test`;
const person = (name: string, ...roles: string[]) => ({ name, roles, gitEmails: [email(name)] });

const spec = (environments: string): Readonly<Record<string, string>> => {
  const text = ferries()['slipway.yaml'] ?? '';
  return { 'slipway.yaml': text.replace(/^environments:\n(?:[ ].*\n)+/m, `environments:\n${environments}`) };
};
const TEST = '  - { name: test, approval: automatic }\n';
const PRODUCTION = '  - { name: production, approval: { roles: [reviewer] } }\n';

const PRODUCTION_STREAM = `environment/${MODEL}/production`;

describe('who wrote what an environment does not run yet', () => {
  /** Commit that the arbiter of production calls its champion's. */
  let claimed: string | undefined;
  const workflows = {
    query: async (workflowId: string) => {
      if (claimed === undefined || !workflowId.endsWith('/production'))
        throw new SlipwayError('not_found', `no ${workflowId}`);
      return { epoch: 1, champion: { artifactDigest: digest('c'), releaseId: 'release/m/c', commit: claimed } };
    },
  } as unknown as Workflows;
  const identities = [person('author', 'reviewer'), person('reviewer', 'reviewer'), person('oncall', 'reviewer')];
  const scene = openBuildScene({
    workflows,
    directory: { identities: async () => identities },
    attestations: createAttestations(async () => TRUSTED),
  });
  after(scene.close);
  const files = decisionKeyFiles(join(scene.folder, 'keys'));
  const signing = createDecisionSigner(files);
  const source = { ...scene.ports.source, setStatus: async () => undefined };
  const ports: Ports = { ...scene.ports, source, decisions: createDecisionVerifier(files) };

  let epoch = 0;
  /** What production runs from now on, as the ledger has it; `told`: what the entry says of its commit. */
  const deployed = async (commit: string, told = commit): Promise<void> => {
    const { digest: artifactDigest, releaseId } = await storeRelease(ports.store, { commit, model: MODEL });
    await ports.ledger.append(PRODUCTION_STREAM, `${(epoch += 1)}`, 'deployment.deployed', epoch, {
      ...{ epoch, version: { artifactDigest, releaseId, commit: told } },
    });
    claimed = told;
  };
  const authorsOf = async (commit: string): Promise<readonly string[]> =>
    (await scene.check(commit)).authorship.authors;

  const viewOf = (commit: string, { authorship }: Pick<ChecksOutcome, 'authorship'>): ReleaseView => ({
    ...{ releaseId: `release/${MODEL}/${commit}`, model: MODEL, repository: MODEL, commit, order: 1, params: {} },
    ...{ decisions: [], startedAt: 0, stages: [], artifactDigest: digest('a'), authorship },
    trigger: { kind: 'commit', by: authorship.trigger, at: 0 },
  });
  const ask = (commit: string, checked: ChecksOutcome): Promise<PreparedApproval> =>
    new MockActivityEnvironment().run(createPrepareApproval(ports), {
      view: viewOf(commit, checked),
      environment: checked.plan.environments.find(({ name }) => name === 'production') as EnvironmentSpec,
      environmentWorkflowId: `environment/${MODEL}/production`,
      specDigest: checked.plan.specDigest,
      expireAt: Date.now() + 60_000,
    });
  const decide = async ({ subject }: PreparedApproval, checked: ChecksOutcome, by: string): Promise<JudgedDecision> => {
    const iat = Math.floor(Date.now() / 1000);
    const statement = await (
      await signing
    ).sign({
      ...{ iss: 'slipway', aud: 'test', sub: by, roles: ['reviewer'], iat, exp: iat + 900, jti: randomUUID() },
      ...subject,
      decision: 'approve',
      reason: '',
    });
    return new MockActivityEnvironment().run(createVerifyDecision(ports), {
      ...{ statement, subject, signal: 'decide', roles: ['reviewer'], authorship: checked.authorship, earlier: [] },
      environmentWorkflowId: `environment/${MODEL}/production`,
    });
  };

  it('is everybody since its champion, also where a release in between was promoted elsewhere', async () => {
    const first = scene.repository.commit({ ...ferries(), ...spec(TEST + PRODUCTION) }, email('reviewer'));
    assert.deepEqual(await authorsOf(first), ['reviewer'], 'nothing ran');
    await deployed(first);
    // The author's code, with a policy of the author's own, is promoted where nobody is asked.
    const code = scene.repository.commit({ ...spec(TEST), 'lib/own.mjs': 'export {};\n' }, email('author'));
    const promoted = await scene.check(code);
    const { artifactDigest: _, ...ended } = viewOf(code, promoted);
    await new MockActivityEnvironment().run(createFinishRelease(ports), {
      ...ended,
      outcome: 'promoted' as const,
      endedAt: 1,
    });
    const readme = scene.repository.commit({ ...spec(TEST + PRODUCTION), 'README.md': 'words\n' }, email('oncall'));
    const checked = await scene.check(readme);
    assert.deepEqual(checked.authorship.authors, ['author', 'oncall']);

    // What the release's checks knew does not matter: both are counted when asked, and when judged.
    const stale = { ...checked, authorship: { ...checked.authorship, authors: ['oncall'], trigger: 'oncall' } };
    const asked = await ask(readme, stale);
    const { authorship } = await getJson<{ authorship: unknown }>(ports.store, asked.subject.evidenceDigest);
    assert.deepEqual(authorship, { since: first, authors: ['author', 'oncall'], unknown: [], trigger: 'oncall' });
    assert.equal((await decide(asked, stale, 'author')).record.refusal, 'self_approval');
    assert.equal((await decide(asked, stale, 'oncall')).record.refusal, 'self_approval');
    assert.equal((await decide(asked, stale, 'reviewer')).record.counted, true);
  });

  it('is everybody where what runs is no ancestor', async () => {
    const head = scene.repository.commit({ 'README.md': 'more\n' }, email('oncall'));
    await deployed(head);
    assert.deepEqual(await authorsOf(head), ['oncall'], 'the same code once more');
    const all = ['author', 'oncall', 'reviewer'];
    const older = scene.repository.git('rev-parse', 'HEAD~1');
    assert.deepEqual(await authorsOf(older), all, 'older than what runs');
    await deployed('f'.repeat(40));
    assert.deepEqual(await authorsOf(head), all, 'history was rewritten');
  });

  it('is counted from what ledger and signed provenance say, not from what an arbiter was started with', async () => {
    const [first = ''] = scene.repository.git('rev-list', '--max-parents=0', 'HEAD').split('\n');
    await deployed(first);
    const own = scene.repository.commit(
      { ...spec(PRODUCTION), 'lib/own.mjs': 'export const a = 1;\n' },
      email('author'),
    );
    const typo = scene.repository.commit({ 'README.md': 'typo\n' }, email('reviewer'));
    const found = await scene.check(typo);
    const checked = { ...found, authorship: { ...found.authorship, trigger: 'oncall' } };
    const asked = await ask(typo, checked);
    // Started by hand with a champion of the author's own.
    claimed = own;
    assert.deepEqual((await decide(asked, checked, 'author')).record.refusal, 'self_approval');
    const again = await ask(typo, checked);
    const { authorship } = await getJson<{ authorship: { since: unknown } }>(ports.store, again.subject.evidenceDigest);
    assert.equal(authorship.since, first);
    // A rollback by hand to what runs, under another commit's name.
    await deployed(first, own);
    assert.ok((await authorsOf(typo)).includes('author'));
    assert.deepEqual((await decide(asked, checked, 'author')).record.refusal, 'self_approval');
    // Provenance that says so, and that nobody signed.
    const { digest: artifactDigest } = await storeRelease(ports.store, {
      ...{ commit: own, model: MODEL, signedBy: newKey('builder') },
    });
    await ports.ledger.append(PRODUCTION_STREAM, `${(epoch += 1)}`, 'deployment.deployed', epoch, {
      ...{ epoch, version: { artifactDigest, releaseId: 'release/m/c', commit: own } },
    });
    assert.ok((await authorsOf(typo)).includes('author'));
  });

  it('is not counted for a name that may lead to another commit tomorrow', async () => {
    const head = scene.repository.git('rev-parse', 'HEAD');
    await assert.rejects(scene.check(head.slice(0, 12)), { code: 'unknown_commit' });
  });
});
