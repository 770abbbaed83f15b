import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { announceRelease, withdrawRelease } from '../../../src/domain/environment/announceRelease.js';
import { enqueue } from '../../../src/domain/environment/enqueue.js';
import { returnLease, takeLease } from '../../../src/domain/environment/lease.js';
import { newEnvironment } from '../../../src/domain/environment/newEnvironment.js';
import { settle, type PassageOutcome } from '../../../src/domain/environment/settle.js';
import { startNext } from '../../../src/domain/environment/startNext.js';
import type { DeploymentKind, EnvironmentState, Reply } from '../../../src/domain/environment/types.js';
import { request, version } from './requests.js';

type Command =
  | { readonly kind: 'announce' | 'withdraw'; readonly order: number }
  | { readonly kind: 'request'; readonly of: DeploymentKind; readonly order: number; readonly id: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'settle'; readonly behind: number; readonly how: PassageOutcome['kind'] }
  | { readonly kind: 'take' | 'return'; readonly incident: string };

const order = fc.integer({ min: 1, max: 8 });
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constantFrom('announce' as const, 'withdraw' as const), order }),
  fc.record({
    kind: fc.constant('request' as const),
    of: fc.constantFrom<DeploymentKind>('release', 'rollback', 'remediation'),
    order,
    id: fc.integer({ min: 0, max: 2 }),
  }),
  fc.record({ kind: fc.constant('start' as const) }),
  fc.record({
    kind: fc.constant('settle' as const),
    behind: fc.constantFrom(0, 0, 0, 1),
    how: fc.constantFrom<PassageOutcome['kind']>('completed', 'aborted', 'refused', 'held'),
  }),
  fc.record({ kind: fc.constantFrom('take' as const, 'return' as const), incident: fc.constantFrom('a', 'b') }),
);

const outcomes: Readonly<Record<PassageOutcome['kind'], PassageOutcome>> = {
  completed: { kind: 'completed', steps: [] },
  aborted: { kind: 'aborted', reason: 'errors', steps: [], trafficRestored: true },
  refused: { kind: 'refused', code: 'internal', reason: 'no rollout' },
  held: { kind: 'held', reason: 'frozen', steps: [], holds: [] },
};

/** Runs commands and keeps, apart from the state, what was asked, begun and answered. */
class World {
  state: EnvironmentState = newEnvironment('m', 'production');
  now = 0;
  readonly asked = new Set<string>();
  readonly withdrawn = new Set<string>();
  readonly answers = new Map<string, string>();
  readonly begun: number[] = [];

  run(step: Command): void {
    this.now += 1;
    const before = this.state;
    const champions = step.kind === 'settle' && step.behind === 0 && step.how === 'completed';
    this.carryOut(step);
    if (!champions) assert.deepEqual(this.state.champion, before.champion, 'the champion changes on deployed only');
    assert.deepEqual(JSON.parse(JSON.stringify(this.state)), this.state, 'the state is JSON');
    assert.ok(this.state.epoch >= before.epoch);
    assert.ok(this.state.history.length <= 20 && this.state.settled.length <= 100);
  }

  private carryOut(step: Command): void {
    switch (step.kind) {
      case 'announce': {
        const announced = announceRelease(this.state, { releaseId: version(step.order).releaseId, order: step.order });
        assert.ok(!announced.supersede.includes(this.state.active?.request.version.releaseId ?? 'none'));
        this.take(announced);
        return;
      }
      case 'withdraw': {
        const { releaseId } = version(step.order);
        for (const waiting of this.state.queue) {
          if (waiting.kind === 'release' && waiting.version.releaseId === releaseId)
            this.withdrawn.add(waiting.requestId);
        }
        this.state = withdrawRelease(this.state, releaseId).state;
        return;
      }
      case 'request': {
        const wanted = request(step.of, step.order, { requestId: `${step.of}/${step.order}/${step.id}` });
        this.asked.add(wanted.requestId);
        this.take(enqueue(this.state, wanted), wanted.requestId);
        return;
      }
      case 'start': {
        const active = this.state.active;
        const started = startNext(this.state, this.now);
        this.take(started);
        if (started.start === undefined) return;
        assert.equal(active, undefined, 'never two passages at once');
        assert.ok(started.start.epoch > Math.max(0, ...this.begun), 'epochs strictly rise');
        this.begun.push(started.start.epoch);
        return;
      }
      case 'settle': {
        const settled = settle(this.state, this.state.epoch - step.behind, outcomes[step.how], this.now);
        this.state = settled.state;
        if (settled.kind === 'settled') this.hear({ request: settled.request, settled: settled.settled });
        if (settled.kind === 'held') this.take(settled);
        return;
      }
      default:
        this.state =
          step.kind === 'take'
            ? takeLease(this.state, step.incident, this.now, 5).state
            : returnLease(this.state, step.incident);
    }
  }

  private take(
    { state, replies }: { readonly state: EnvironmentState; readonly replies: readonly Reply[] },
    repeat?: string,
  ): void {
    this.state = state;
    for (const reply of replies) this.hear(reply, repeat);
  }

  private hear({ request: of, settled }: Reply, repeat?: string): void {
    assert.equal(settled.requestId, of.requestId);
    const answer = JSON.stringify(settled.outcome);
    const first = this.answers.get(of.requestId);
    if (first !== undefined) {
      assert.equal(of.requestId, repeat, 'a second answer is to a repeated request');
      assert.equal(answer, first, 'and says the same');
    }
    if (!this.withdrawn.has(of.requestId)) this.answers.set(of.requestId, answer);
  }

  finish(): void {
    for (let round = 0; round < 300 && (this.state.active !== undefined || this.state.queue.length > 0); round += 1) {
      this.run({ kind: 'start' });
      this.run({ kind: 'settle', behind: 0, how: 'aborted' });
    }
    for (const id of this.asked) assert.ok(this.answers.has(id) || this.withdrawn.has(id), `${id} was never answered`);
  }
}

test('whatever arrives in whatever order: one writer, rising epochs, one answer each, champions by deployment only', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (steps) => {
      const world = new World();
      for (const step of steps) world.run(step);
      world.finish();
    }),
    { numRuns: 2_000 },
  );
});

test('a release never starts while a newer one is announced', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (steps) => {
      const world = new World();
      for (const step of steps) {
        world.run(step);
        const { newest, queue } = world.state;
        if (newest !== undefined)
          assert.ok(queue.every((waiting) => waiting.kind !== 'release' || waiting.order >= newest.order));
      }
    }),
    { numRuns: 1_000 },
  );
});
