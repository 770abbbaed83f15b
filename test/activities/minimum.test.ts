/** An author's commit cannot switch off what the operator asks for. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createPrepareApproval } from '../../activities/prepareApproval.js';
import { createRecallRelease } from '../../activities/recallRelease.js';
import { recordStage } from '../../activities/recordStage.js';
import type { Ports } from '../../activities/ports.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { EnvironmentMinimum } from '../../src/domain/spec/minimum.js';
import { ferries, MODEL, openBuildScene } from './buildScene.js';
import { resumeAsked } from '../fixtures/resumeAsked.js';
import { askedBy } from '../fixtures/askedBy.js';

const GUARDED = `environments:
  - name: staging
    approval: automatic
    gates: [quality]
  - name: production
    approval: { roles: [reviewer] }
`;
const minimum: readonly EnvironmentMinimum[] = [
  { name: 'staging', gates: ['quality'] },
  { name: 'production', approval: { roles: ['reviewer'], quorum: 1 }, gates: [] },
];
const filesWith = (environments: string): Readonly<Record<string, string>> => {
  const files = ferries();
  const text = files['slipway.yaml'] ?? '';
  return { ...files, 'slipway.yaml': text.replace(/^environments:\n(?:[ ].*\n)+/m, environments) };
};

describe('what the operator has and asks', () => {
  const scene = openBuildScene();
  after(scene.close);
  const source = { ...scene.ports.source, setStatus: async () => undefined };
  const settings = {
    ...scene.ports.settings,
    models: { [MODEL]: { repository: MODEL, branch: 'main', clocks: {}, minimum } },
  };
  Object.assign(scene.ports, { source, settings });
  const without = (what: RegExp, instead = ''): string => GUARDED.replace(what, instead);

  const refused: readonly (readonly [string, string, RegExp])[] = [
    [
      'approval',
      without(/\{ roles.*\}/, 'automatic'),
      /^slipway\.yaml:\d+:\d+: environments\[1\]\.approval: asks nobody \(expected production with approval by at least 1 of reviewer, which the operator asks for\)$/,
    ],
    ['gates', without(/ {4}gates.*\n/), /environments\[0\].*leaves out the gate quality/],
    ['staging', without(/ {2}- name: staging\n(?: {4}.*\n)+/), /environments: staging is left out/],
  ];
  for (const [what, environments, message] of refused) {
    it(`refuses a commit without its ${what}, before anything of it runs`, async () => {
      const commit = scene.repository.commit(filesWith(environments));
      await assert.rejects(scene.check(commit), { code: 'spec_below_minimum', message });
      const { outcome } = await scene.build(commit);
      assert.equal((outcome as Error & { code?: string }).code, 'spec_below_minimum');
    });
  }

  it('refuses a commit with an environment that there is not, before anything of it runs', async () => {
    const commit = scene.repository.commit(filesWith(without(/name: staging/, 'name: stagng')));
    const unknown = {
      code: 'unknown_environment',
      message:
        /^slipway\.yaml:\d+:\d+: environments\[0\]\.name: there is no environment "stagng" \(expected one of test, staging, production; did you mean staging\?\)$/,
    };
    await assert.rejects(scene.check(commit), unknown);
    const { outcome } = await scene.build(commit);
    assert.equal((outcome as Error & { code?: string }).code, 'unknown_environment');
  });

  it('holds a release that is under way, too: where it is asked for approval, and where it is told again', async () => {
    const commit = scene.repository.commit(filesWith(GUARDED));
    const { plan, evidence } = await scene.check(commit);
    const stricter: Ports = {
      ...scene.ports,
      settings: {
        ...settings,
        models: {
          [MODEL]: {
            ...{ repository: MODEL, branch: 'main', clocks: {} },
            minimum: [{ name: 'production', approval: { roles: ['reviewer'], quorum: 2 }, gates: [] }],
          },
        },
      },
    };
    const view: ReleaseView = {
      ...{ releaseId: `release/${MODEL}/${commit}`, model: MODEL, repository: MODEL, commit, order: 1, params: {} },
      ...{ decisions: [], startedAt: 0, artifactDigest: plan.specDigest },
      trigger: { kind: 'commit', by: 'author', at: 0 },
      outcome: 'failed',
      stages: [
        { name: 'integrate', status: 'passed', evidence },
        { name: 'build', status: 'failed' },
      ],
    };
    const [, production] = plan.environments;
    const asked = (ports: Ports): Promise<unknown> =>
      askedBy(view.releaseId).run(createPrepareApproval(ports), {
        ...{ view, environment: production!, specDigest: plan.specDigest, expireAt: 1 },
        environmentWorkflowId: `environment/${MODEL}/production`,
      }) as Promise<unknown>;
    await resumeAsked(stricter, view.releaseId);
    const recalled = (ports: Ports): Promise<unknown> =>
      askedBy(view.releaseId).run(createRecallRelease(ports), { number: 1, view });
    await assert.rejects(asked(stricter), { code: 'spec_below_minimum', message: /production: asks only 1/ });
    const { releaseId } = view;
    await recordStage(stricter, { releaseId, stage: 'integrate', verdict: 'pass', reason: '', evidence });
    await assert.rejects(recalled(stricter), { code: 'spec_below_minimum' });
    const taken = { ...scene.ports, settings: { ...settings, environments: ['staging'] } };
    const unknown = {
      code: 'unknown_environment',
      message: 'slipway.yaml: there is no environment "production" (expected one of staging)',
    };
    await assert.rejects(asked(taken), unknown);
    await assert.rejects(recalled(taken), unknown);
  });
});
