import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import { STORIES } from './stories.js';
import { installQuietRuntime } from '../fixtures/quietRuntime.js';

installQuietRuntime();

const folder = fileURLToPath(new URL('../../../test/replay/histories/', import.meta.url));
const code = readFileSync(new URL('../../workflow-bundle.js', import.meta.url), 'utf8');
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

const replay = async (name: string, workflowBundle: WorkflowBundle): Promise<void> => {
  const history: unknown = JSON.parse(readFileSync(`${folder}${name}`, 'utf8'));
  await Worker.runReplayHistory({ workflowBundle, replayName: name }, history);
};

interface RecordedRollout {
  readonly events: readonly {
    readonly workflowExecutionStartedEventAttributes: {
      readonly input: { readonly payloads: readonly { data: string }[] };
    };
  }[];
}

/** A rollout from before, as if it had been started with something newer. */
const replayWith = async (name: string, change: (input: { readonly plan: object }) => object): Promise<void> => {
  const history = JSON.parse(readFileSync(`${folder}${name}`, 'utf8')) as RecordedRollout;
  const [payload] = history.events[0]!.workflowExecutionStartedEventAttributes.input.payloads;
  const input = JSON.parse(Buffer.from(payload!.data, 'base64').toString()) as { readonly plan: object };
  payload!.data = Buffer.from(JSON.stringify(change(input))).toString('base64');
  await Worker.runReplayHistory({ workflowBundle: { code }, replayName: name }, history);
};

const CHAMPION = { artifactDigest: `sha256:${'f'.repeat(64)}`, releaseId: 'release/m/f', commit: 'f'.repeat(40) };
const lasts = { minRequests: 100, deadlineMs: 3_600_000, analysis: {} };

/** Histories of rollouts from before there were other phases than canary steps, each with a plan that has them. */
const NEWER_PLANS: Readonly<Record<string, (plan: object) => object>> = {
  'rollout-resumed-v1.json': (plan) => {
    const { steps } = plan as { readonly steps: readonly object[] };
    const asking = steps.map((step) => ({ ...step, approve: { roles: [], deadlineMs: 60_000 } }));
    return { ...plan, shadow: { copies: 25, holdMs: 60_000, ...lasts }, steps: asking };
  },
};

describe('recorded histories', () => {
  it('covers every story', () => {
    assert.deepEqual(
      names
        .map((name) => name.replace('.json', ''))
        .filter((name) => name in STORIES)
        .sort(),
      Object.keys(STORIES).sort(),
    );
  });

  for (const name of names) {
    it(`${name} replays`, () => replay(name, { code }));
  }

  for (const [name, plan] of Object.entries(NEWER_PLANS)) {
    it(`${name} replays with a plan that its workflow did not know: it went by what it knew`, async () => {
      await replayWith(name, (input) => ({ ...input, champion: CHAMPION, plan: plan(input.plan) }));
    });
  }

  it('a rollout that began before there were retirements brings in what it was given, also where it should retire', () =>
    replayWith('rollout-resumed-v1.json', (input) => ({ ...input, retires: true })));

  it('a retirement that would bring in a version is caught', async () => {
    await assert.rejects(
      replayWith('rollout-retires-v1.json', (input) => ({ ...input, retires: undefined })),
      DeterminismViolationError,
    );
  });

  it('a workflow that asks for something else is caught', async () => {
    // The first activity of a release under another name: what a careless rename does to every history out there.
    const broken = code.replaceAll('runChecks.executeWithOptions', 'runOtherChecks.executeWithOptions');
    assert.notEqual(broken, code, 'the planted change did not apply');
    await assert.rejects(replay('release-waiting-v1.json', { code: broken }), DeterminismViolationError);
  });
});
