/** What the engine sees of every activity, whatever it does: how it fails, and that it is alive. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ApplicationFailure,
  CancelledFailure,
  DefaultFailureConverter,
  defaultPayloadConverter,
} from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { withFailures } from '../../activities/errors.js';
import { whileHeartbeating, withHeartbeat } from '../../activities/heartbeat.js';
import { createActivities, type Activities } from '../../activities/index.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { testPorts } from '../fakes/ports.js';

type Activity = (input: never) => Promise<unknown>;

const failing = (error: Error): Activity =>
  withFailures(async () => {
    throw error;
  });
const failureOf = async (
  activity: Activity,
  environment = new MockActivityEnvironment(),
): Promise<ApplicationFailure> => {
  const failure = await environment.run(activity as never, {} as never).then(
    () => assert.fail('it did not fail'),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof ApplicationFailure, String(failure));
  return failure;
};
/** As the engine gets it. */
const bytesOf = (error: Error): number =>
  JSON.stringify(new DefaultFailureConverter().errorToFailure(error, defaultPayloadConverter)).length;
const cancelled = (): MockActivityEnvironment => {
  const environment = new MockActivityEnvironment();
  environment.cancel();
  return environment;
};

describe('an activity that fails', () => {
  it('with a permanent error of the table is never retried, and its code is the type', async () => {
    const cause = new Error('exit code 3');
    const failure = await failureOf(failing(new SlipwayError('step_failed', 'train failed', { step: 1 }, { cause })));
    assert.deepEqual(
      [failure.type, failure.message, failure.nonRetryable, failure.details, failure.cause],
      ['step_failed', 'train failed', true, [{ step: 1 }], cause],
    );
  });

  it('F15: says at most what the engine takes, so that its reason is not lost', async () => {
    const long = 'x'.repeat(5_000_000);
    const cause = new Error(long, { cause: new TypeError(long) });
    const details = { names: Array.from({ length: 100_000 }, (_, at) => `name ${at}`), [long]: long };
    const failure = await failureOf(failing(new SlipwayError('signature_mismatch', long, details, { cause })));
    assert.deepEqual([failure.type, failure.nonRetryable], ['signature_mismatch', true]);
    assert.match(failure.message, /^x{1000,}…$/);
    assert.ok(bytesOf(failure) < 300_000, `${bytesOf(failure)} bytes`);
    const [kept] = failure.details as [{ readonly names: readonly string[] }];
    assert.deepEqual(kept.names.slice(0, 2), ['name 0', 'name 1']);
    assert.equal((failure.cause?.cause as Error).name, 'TypeError');
  });

  it('with one that may pass is tried again', async () => {
    const { type, nonRetryable } = await failureOf(failing(new SlipwayError('store_unreachable', 'no answer')));
    assert.deepEqual([type, nonRetryable], ['store_unreachable', false]);
  });

  it('with anything else fails as it did', async () => {
    const bug = new TypeError('x is not a function');
    await assert.rejects(new MockActivityEnvironment().run(failing(bug) as never), (error) => error === bug);
  });

  it('with anything else that is too long fails with its beginning', async () => {
    const bug = new TypeError('y'.repeat(5_000_000));
    await assert.rejects(new MockActivityEnvironment().run(failing(bug) as never), (error) => {
      assert.ok(error instanceof Error && error.name === 'TypeError');
      assert.ok(bytesOf(error) < 100_000);
      return true;
    });
  });

  it('says so in the words of the table through the real list, too', async () => {
    const ports = testPorts({
      workflows: { signal: async () => Promise.reject(new SlipwayError('ledger_tampered', 'broken')) } as never,
    });
    const { sendMessage } = createActivities(ports);
    const input = { workflowId: 'w', signal: 's', argument: 1 };
    const failure = await failureOf((() => sendMessage(input)) as Activity);
    assert.deepEqual([failure.type, failure.nonRetryable], ['ledger_tampered', true]);
  });

  for (const name of Object.keys(createActivities(testPorts())) as (keyof Activities)[])
    it(`ends as cancelled where it was, whatever it threw: ${name}`, async () => {
      const notifier = { notify: () => Promise.reject(new Error('gone')) };
      const { [name]: activity } = createActivities(testPorts({ notifier })) as Record<string, Activity>;
      await assert.rejects(cancelled().run(activity as never, undefined as never), CancelledFailure);
    });
});

describe('an activity that takes its time', () => {
  const INTERVAL_MS = 1_000;

  /** Heartbeats of an activity before it takes time, after so many intervals, and three intervals after its end. */
  const beatsOf = async (
    activity: (work: () => Promise<void>) => Promise<unknown>,
    { mock }: { readonly mock: { readonly timers: typeof import('node:test').mock.timers } },
  ): Promise<readonly number[]> => {
    mock.timers.enable({ apis: ['setInterval'] });
    let beats = 0;
    const environment = new MockActivityEnvironment();
    environment.on('heartbeat', () => (beats += 1));
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    let begin = (): void => undefined;
    const began = new Promise<void>((resolve) => (begin = resolve));
    const running = environment.run(() =>
      activity(async () => {
        begin();
        await ended;
      }),
    );
    await began;
    const seen = [beats];
    mock.timers.tick(3 * INTERVAL_MS);
    seen.push(beats);
    end();
    await running;
    mock.timers.tick(3 * INTERVAL_MS);
    return [...seen, beats];
  };

  it('heartbeats from its first moment to its end', async (t) => {
    assert.deepEqual(await beatsOf((work) => whileHeartbeating(work), t), [1, 4, 4]);
  });

  it('heartbeats where it was to be short, and says nothing while it is', async (t) => {
    assert.deepEqual(await beatsOf((work) => withHeartbeat(work)(), t), [0, 3, 3]);
  });

  it('is handed the cancel that a heartbeat brings', async () => {
    const work = (signal: AbortSignal): Promise<boolean> => Promise.resolve(signal.aborted);
    assert.equal(await cancelled().run(() => whileHeartbeating(work)), true);
  });
});
