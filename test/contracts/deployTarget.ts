import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { ErrorCode } from '../../src/domain/errors/table.js';
import type { TargetCommand, TargetState, TargetVersion } from '../../src/domain/rollout/types.js';
import type { DeployTarget } from '../../src/ports/deployTarget.js';
import { eventually } from '../fixtures/eventually.js';

export interface DeployTargetUnderTest {
  readonly target: DeployTarget;
  /** The same platform, over a way on which the answer to each command is lost after it was carried out. */
  readonly losing: DeployTarget;
  /** A target of this kind where nothing answers. */
  readonly unreachable: DeployTarget;
  readonly environment: string;
  /** Digests of two artifacts that can be deployed, and of one whose model is no model. */
  /** What the platform has no such thing for; absent: nothing. */
  readonly cannot?: 'shadows';
  readonly artifacts: { readonly first: Digest; readonly second: Digest; readonly broken?: Digest };
  /** Sends requests to the model, as a caller does. */
  send(model: string, requests: number): Promise<void>;
  close(): Promise<void>;
}

const UNKNOWN: Digest = `sha256:${'0'.repeat(64)}`;

const code =
  (expected: ErrorCode) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof SlipwayError, String(error));
    assert.equal(error.code, expected, error.message);
    return true;
  };

/** What every DeployTarget does, fake or real: idempotent, fenced, observable, reversible. */
export const describeDeployTarget = (name: string, open: () => Promise<DeployTargetUnderTest>): void => {
  describe(`DeployTarget contract: ${name}`, () => {
    let under: DeployTargetUnderTest;
    before(async () => {
      under = await open();
    });
    after(() => under.close());

    const version = (
      artifactDigest: Digest,
      weight: number,
      role: TargetVersion['role'] = 'champion',
    ): TargetVersion => ({
      artifactDigest,
      releaseId: 'release/contract/1',
      commit: '1'.repeat(40),
      weight,
      role,
    });
    const command = (model: string, epoch: number, seq: number, ...versions: TargetVersion[]): TargetCommand => ({
      model,
      environment: under.environment,
      fence: { epoch, seq },
      versions,
    });
    const ready = async (model: string, digest: Digest): Promise<TargetState> => {
      let state: TargetState | undefined;
      await eventually(async () => {
        state = await under.target.observe(model, under.environment);
        assert.equal(state?.versions.find((one) => one.artifactDigest === digest)?.ready, true, JSON.stringify(state));
      }, 30_000);
      return state!;
    };

    it('has nothing to observe before the first command', async () => {
      assert.equal(await under.target.observe('never-deployed', under.environment), undefined);
      await assert.rejects(under.target.measure('never-deployed', under.environment), code('not_found'));
    });

    it('answers with the desired state at once, and observes what really runs', async () => {
      const { first } = under.artifacts;
      const answered = await under.target.apply(command('one', 1, 1, version(first, 100)));
      assert.deepEqual(
        {
          fence: answered.fence,
          versions: answered.versions.map(({ artifactDigest, weight, role }) => ({ artifactDigest, weight, role })),
        },
        { fence: { epoch: 1, seq: 1 }, versions: [{ artifactDigest: first, weight: 100, role: 'champion' }] },
      );
      const state = await ready('one', first);
      assert.equal(state.versions[0]!.servedDigest, first);
      assert.match(state.inferenceUrl, /^http:\/\/.*[^/]$/);
    });

    it('takes the same command again as the same one', async () => {
      const { first } = under.artifacts;
      const again = command('again', 3, 4, version(first, 100));
      await under.target.apply(again);
      await ready('again', first);
      const state = await under.target.apply(again);
      assert.deepEqual(state.fence, { epoch: 3, seq: 4 });
      assert.equal(state.versions[0]!.ready, true, 'the second time answers with the state that there is');
    });

    it('refuses older commands and other content under the same fence, and changes nothing', async () => {
      const { first, second } = under.artifacts;
      await under.target.apply(command('fenced', 5, 2, version(first, 100)));
      const before = await ready('fenced', first);
      for (const [epoch, seq] of [
        [5, 1],
        [4, 9],
        [0, 0],
      ] as const) {
        await assert.rejects(
          under.target.apply(command('fenced', epoch, seq, version(second, 100))),
          code('stale_command'),
        );
      }
      await assert.rejects(under.target.apply(command('fenced', 5, 2, version(second, 100))), code('command_conflict'));
      await assert.rejects(
        under.target.apply(command('fenced', 5, 2, version(first, 100, 'candidate'))),
        code('command_conflict'),
      );
      assert.deepEqual(await under.target.observe('fenced', under.environment), before);
    });

    it('takes a greater epoch with a smaller sequence', async () => {
      const { first } = under.artifacts;
      await under.target.apply(command('epochs', 1, 9, version(first, 100)));
      assert.deepEqual((await under.target.apply(command('epochs', 2, 0, version(first, 100)))).fence, {
        epoch: 2,
        seq: 0,
      });
    });

    it('orders commands that come at once: one stands, and it is the newest', async () => {
      const { first, second } = under.artifacts;
      const all = [7, 3, 9, 1, 5].map((seq) => command('race', 1, seq, version(seq % 2 === 1 ? first : second, 100)));
      const ended = await Promise.allSettled(all.map((one) => under.target.apply(one)));
      for (const one of ended) if (one.status === 'rejected') code('stale_command')(one.reason);
      assert.deepEqual((await under.target.observe('race', under.environment))?.fence, { epoch: 1, seq: 9 });
    });

    it('refuses what is no command, and what nobody has stored, and keeps the fence', async () => {
      const { first, second } = under.artifacts;
      await under.target.apply(command('strict', 1, 1, version(first, 100)));
      const wrong: readonly (readonly [ErrorCode, readonly TargetVersion[]])[] = [
        ['weights_invalid', [version(first, 50), version(second, 49.9, 'candidate')]],
        ['weights_invalid', [version(first, 100.05), version(second, -0.05, 'candidate')]],
        ['weights_invalid', [version(first, 99.95), version(second, 0.05, 'candidate')]],
        ['request_invalid', [version(first, 50), version(first, 50, 'candidate')]],
        ['request_invalid', [version('sha256:nonsense', 100)]],
        ['request_invalid', [version('sha256:nonsense', 99)]],
      ];
      for (const [index, [expected, versions]] of wrong.entries())
        await assert.rejects(under.target.apply(command('strict', 2, index, ...versions)), code(expected));
      await assert.rejects(
        under.target.apply(command('strict', 2, 9, version(UNKNOWN, 100))),
        code('artifact_unknown'),
      );
      const state = await under.target.observe('strict', under.environment);
      assert.deepEqual(state?.fence, { epoch: 1, seq: 1 });
      assert.equal(state.versions[0]?.artifactDigest, first);
    });

    it('takes a shadow beside what answers, and no shadow with a share or without copies', async (context) => {
      if (under.cannot === 'shadows') return context.skip('this target refuses shadows');
      const { first, second } = under.artifacts;
      const shadow: TargetVersion = { ...version(second, 0, 'shadow'), copies: 12.5 };
      await under.target.apply(command('shadowed', 1, 1, version(first, 100), shadow));
      await ready('shadowed', second);
      const state = await ready('shadowed', first);
      assert.deepEqual(
        state.versions.map(({ role, weight, copies }) => ({ role, weight, copies })),
        [
          { role: 'champion', weight: 100, copies: undefined },
          { role: 'shadow', weight: 0, copies: 12.5 },
        ],
      );
      const wrong: readonly TargetVersion[][] = [
        [version(first, 90), { ...shadow, weight: 10 }],
        [version(first, 100), version(second, 0, 'shadow')],
        [version(first, 100), { ...shadow, copies: 0 }],
        [version(first, 100), { ...shadow, copies: 0.05 }],
        [version(first, 100), { ...version(second, 0, 'candidate'), copies: 10 }],
        [{ ...shadow, copies: 100 }],
      ];
      for (const [index, versions] of wrong.entries())
        await assert.rejects(under.target.apply(command('shadowed', 2, index, ...versions)), code('weights_invalid'));
      await under.target.apply(command('shadowed', 2, 9, version(first, 0), version(second, 100, 'candidate')));
      assert.equal((await ready('shadowed', second)).versions[1]?.role, 'candidate', 'a shadow may become a candidate');
    });

    it('refuses what its platform has no such thing for, and changes nothing', async (context) => {
      if (under.cannot === undefined) return context.skip('this target can do all');
      const { first, second } = under.artifacts;
      await under.target.apply(command('plain', 1, 1, version(first, 100)));
      const shadow: TargetVersion = { ...version(second, 0, 'shadow'), copies: 10 };
      await assert.rejects(
        under.target.apply(command('plain', 2, 1, version(first, 100), shadow)),
        code('target_cannot'),
      );
      assert.deepEqual((await under.target.observe('plain', under.environment))?.fence, { epoch: 1, seq: 1 });
    });

    it('finds what was done where the answer was lost, and does nothing twice', async () => {
      const { first, second } = under.artifacts;
      await under.target.apply(command('lost', 1, 1, version(first, 100)));
      await ready('lost', first);
      const shift = command('lost', 1, 2, version(first, 50), version(second, 50, 'candidate'));
      // Some find it by themselves, others leave that to the next attempt.
      await under.losing.apply(shift).catch(code('target_unreachable'));
      assert.deepEqual((await under.losing.observe('lost', under.environment))?.fence, shift.fence);
      await under.send('lost', 4);
      assert.deepEqual((await under.target.apply(shift)).fence, shift.fence);
      const { since, counters } = await under.target.measure('lost', under.environment);
      assert.deepEqual(since, shift.fence);
      assert.equal(
        counters.reduce((sum, { requests }) => sum + requests, 0),
        4,
        'what had been counted stays: nothing was begun anew',
      );
    });

    it('says so where nothing answers', async () => {
      const { unreachable, environment, artifacts } = under;
      await assert.rejects(
        unreachable.apply(command('nowhere', 1, 1, version(artifacts.first, 100))),
        code('target_unreachable'),
      );
      await assert.rejects(unreachable.observe('nowhere', environment), code('target_unreachable'));
      await assert.rejects(unreachable.measure('nowhere', environment), code('target_unreachable'));
      assert.equal(await under.target.observe('nowhere', environment), undefined);
    });

    it('shows every writer what any of them did', async () => {
      const { first, second } = under.artifacts;
      await under.target.apply(command('shown', 1, 1, version(first, 100)));
      await under.losing
        .apply(command('shown', 1, 2, version(first, 30), version(second, 70, 'candidate')))
        .catch(code('target_unreachable'));
      const state = await under.target.observe('shown', under.environment);
      assert.deepEqual(
        state?.versions.map(({ artifactDigest, weight, role }) => ({ artifactDigest, weight, role })),
        [
          { artifactDigest: first, weight: 30, role: 'champion' },
          { artifactDigest: second, weight: 70, role: 'candidate' },
        ],
      );
      await assert.rejects(
        under.target.apply(command('shown', 1, 1, version(first, 100))),
        code('stale_command'),
        'an attempt that wakes up late changes nothing',
      );
    });

    it('counts per version since the last command', async () => {
      const { first, second } = under.artifacts;
      await under.target.apply(command('counted', 1, 1, version(first, 100)));
      await ready('counted', first);
      await under.send('counted', 5);
      const before = await under.target.measure('counted', under.environment);
      assert.deepEqual(before.since, { epoch: 1, seq: 1 });
      assert.deepEqual(
        before.counters.map(({ artifactDigest, requests, failures }) => ({ artifactDigest, requests, failures })),
        [{ artifactDigest: first, requests: 5, failures: 0 }],
      );
      const shiftedAt = Date.now();
      await under.target.apply(command('counted', 1, 2, version(first, 50), version(second, 50, 'candidate')));
      const after = await under.target.measure('counted', under.environment);
      assert.deepEqual(after.since, { epoch: 1, seq: 2 });
      assert.ok(shiftedAt <= after.acceptedAt! && after.acceptedAt! <= Date.now(), String(after.acceptedAt));
      assert.deepEqual(
        after.counters.map(({ requests }) => requests),
        [0, 0],
      );
    });

    it('goes back to the earlier version', async () => {
      const { first, second } = under.artifacts;
      await under.target.apply(command('back', 1, 1, version(first, 100)));
      await ready('back', first);
      await under.target.apply(command('back', 1, 2, version(first, 0), version(second, 100, 'candidate')));
      await ready('back', second);
      await under.target.apply(command('back', 2, 1, version(first, 100)));
      const state = await ready('back', first);
      assert.deepEqual(
        state.versions.map(({ artifactDigest }) => artifactDigest),
        [first],
      );
    });

    it('retires a model with a command without versions, and keeps its fence', async () => {
      const { first } = under.artifacts;
      await under.target.apply(command('retired', 4, 1, version(first, 100)));
      await under.target.apply(command('retired', 5, 0));
      assert.deepEqual((await under.target.observe('retired', under.environment))?.versions, []);
      await assert.rejects(under.target.apply(command('retired', 4, 2, version(first, 100))), code('stale_command'));
    });

    it('says why a version is not ready', async (context) => {
      const { broken } = under.artifacts;
      if (broken === undefined) return context.skip('this target loads nothing');
      await under.target.apply(command('broken', 1, 1, version(broken, 100)));
      await eventually(async () => {
        const one = (await under.target.observe('broken', under.environment))?.versions[0];
        assert.equal(one?.ready, false);
        assert.match(one?.reason ?? '', /cannot be loaded/);
      }, 30_000);
    });
  });
};
