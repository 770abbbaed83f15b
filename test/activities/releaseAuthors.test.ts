import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
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
import { HOTFIX_DECLARED, lookedAtBy } from '../../src/domain/urgency/hotfix.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { newKey, storeRelease, TRUSTED, type Made } from '../fixtures/storedRelease.js';
import { packaged } from '../fixtures/packaged.js';
import { askedBy } from '../fixtures/askedBy.js';
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
  Object.assign(scene.ports, { decisions: createDecisionVerifier(files) });
  const ports: Ports = { ...scene.ports, source };

  let epoch = 0;
  /** What production runs from now on, as the ledger has it; `told`: what the entry says of its commit. */
  const deployed = async (commit: string, told = commit, made: Made = {}): Promise<Digest> => {
    const { digest: artifactDigest, releaseId } = await storeRelease(ports.store, { commit, model: MODEL, ...made });
    await ports.ledger.append(PRODUCTION_STREAM, `${(epoch += 1)}`, 'deployment.deployed', epoch, {
      ...{ epoch, version: { artifactDigest, releaseId, commit: told } },
    });
    claimed = told;
    return artifactDigest;
  };
  const authorsOf = async (commit: string): Promise<readonly string[]> =>
    (await scene.check(commit)).authorship.authors;

  const viewOf = (commit: string, { authorship }: Pick<ChecksOutcome, 'authorship'>): ReleaseView => ({
    ...{ releaseId: `release/${MODEL}/${commit}`, model: MODEL, repository: MODEL, commit, order: 1, params: {} },
    ...{ decisions: [], startedAt: 0, stages: [], artifactDigest: digest('a'), authorship },
    trigger: { kind: 'commit', by: authorship.trigger, at: 0 },
  });
  const ask = async (commit: string, checked: ChecksOutcome): Promise<PreparedApproval> => {
    const releaseId = `release/${MODEL}/${commit}`;
    await packaged(ports, releaseId, digest('a'));
    return askedBy(releaseId).run(createPrepareApproval(ports), {
      view: viewOf(commit, checked),
      environment: checked.plan.environments.find(({ name }) => name === 'production') as EnvironmentSpec,
      environmentWorkflowId: `environment/${MODEL}/production`,
      specDigest: checked.plan.specDigest,
      expireAt: Date.now() + 60_000,
    }) as Promise<PreparedApproval>;
  };
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
    return askedBy(subject.workflowId).run(createVerifyDecision(ports), {
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
    await askedBy(ended.releaseId).run(createFinishRelease(ports), {
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

  it('is also who wrote a hotfix that nobody has reviewed, until enough people signed so', async () => {
    const reviewed = scene.repository.commit({ ...ferries(), ...spec(TEST + PRODUCTION) }, email('reviewer'));
    await deployed(reviewed);
    const hotfix = scene.repository.commit({ 'README.md': 'urgent\n' }, email('author'));
    const rule = (role: string) => ({ kind: 'required', roles: [role], quorum: 1, remindAfterMs: 1, expireAfterMs: 9 });
    const production = {
      ...{ name: 'production', approval: rule('reviewer'), gates: [], verify: { smokeRows: 0 } },
      ...{ rollout: { strategy: 'immediate' }, hotfix: { approval: rule('oncall'), reviewWithinMs: 60_000 } },
    } as EnvironmentSpec;
    const artifactDigest = await deployed(hotfix, hotfix, { spec: { model: MODEL, environments: [production] } });
    const releaseId = `release/${MODEL}/${hotfix}`;
    await ports.ledger.append(releaseId, 'hotfix', HOTFIX_DECLARED, 1, { by: 'oncall' });
    const next = scene.repository.commit({ 'README.md': 'later\n' }, email('oncall'));
    assert.deepEqual(await authorsOf(next), ['author', 'oncall']);
    // Once it has ended anybody who reaches the engine can have it end again, as they like.
    await ports.ledger.append(releaseId, 'ended.1', 'release.ended', 2, { outcome: 'rolled_back' });
    await ports.ledger.append(releaseId, 'ended.2', 'release.ended', 3, { outcome: 'promoted' });
    assert.deepEqual(await authorsOf(next), ['author', 'oncall'], 'nobody signed a review');

    const checked = { authorship: { authors: ['author'], unknown: [], trigger: 'author' } } as unknown as ChecksOutcome;
    await packaged(ports, releaseId, artifactDigest);
    const asked = (await askedBy(releaseId).run(createPrepareApproval(ports), {
      view: { ...viewOf(hotfix, checked), artifactDigest },
      environment: { ...production, approval: lookedAtBy(production)?.approval ?? production.approval },
      ...{
        environmentWorkflowId: `environment/${MODEL}/production`,
        specDigest: digest('5'),
        asking: 'review' as const,
      },
      expireAt: Date.now() + 60_000,
    })) as PreparedApproval;
    assert.equal((await decide(asked, checked, 'author')).record.refusal, 'self_approval');
    assert.deepEqual(await authorsOf(next), ['author', 'oncall'], 'its author cannot');
    assert.equal((await decide(asked, checked, 'reviewer')).record.counted, true);
    assert.deepEqual(await authorsOf(next), ['oncall']);
    const gone = identities.splice(1, 1);
    assert.deepEqual((await scene.check(next)).authorship, { authors: ['oncall'], unknown: [], trigger: 'author' });
    identities.splice(1, 0, ...gone);
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
