import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createTemporalWorkflows } from '../../src/adapters/temporal/workflows.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { decideSignal, decideUpdate, releaseId, releaseStateQuery, supersedeSignal } from '../../workflows/messages.js';
import { canaryIn, declares, startRelease, untilSeen } from './acts.js';
import { allGoesWell, DAY, inputOf } from './cast.js';
import { openRealScene, type Scene } from './scene.js';

/** What happens to a release while people decide on it. */
const EVENTS = ['hand-over', 'superseded', 'cancelled', 'expired', 'rejected', 'approved'] as const;
type Event = (typeof EVENTS)[number];

interface Timing {
  readonly event: Event;
  /** When each decision is sent, and when the event is made to happen, milliseconds after the release was seen to wait. */
  readonly decisions: readonly number[];
  readonly eventAt: number;
  /** Decisions of these positions are of somebody who may not decide. */
  readonly forged: readonly boolean[];
}

interface Answer {
  readonly jti: string;
  /** Absent where it was acknowledged. */
  readonly refusal?: string;
}

const PER_RELEASE = 5;
const WINDOW_MS = 600;
/** The engine is up to a second late with it: about the middle of the decisions. */
const EXPIRE_MS = 300;
/** After these a release must go on as a new run: it has heard more than 2 MiB. */
const [BURST, BURST_CHARACTERS] = [5, 450_000];
/** Releases that are under way at the same time. */
const AT_ONCE = 6;
const UNREACHED = 99;
/** A machine that many tests share is slow. */
const PATIENCE = { queryMs: 120_000, updateMs: 120_000 };

/** What a sender may hear of a decision that does not count: all of them say that it did not. */
const REFUSALS = ['not_waiting', 'statement_unsigned', 'inbox_full', 'not_found'];

const timing: fc.Arbitrary<Timing> = fc.record({
  event: fc.constantFrom(...EVENTS, 'hand-over' as const),
  decisions: fc.array(fc.nat(WINDOW_MS), { minLength: PER_RELEASE, maxLength: PER_RELEASE }),
  eventAt: fc.nat(WINDOW_MS),
  forged: fc.array(
    fc.nat(5).map((one) => one === 0),
    { minLength: PER_RELEASE, maxLength: PER_RELEASE },
  ),
});

const production = (event: Event): EnvironmentSpec => ({
  ...canaryIn('production', { strategy: 'immediate' }),
  approval: {
    ...{ kind: 'required', roles: ['reviewer'], quorum: event === 'approved' ? 2 : UNREACHED },
    ...{ remindAfterMs: DAY, expireAfterMs: event === 'expired' ? EXPIRE_MS : 9 * DAY },
  },
});

/** Sends so many decisions, each at a moment of the seed around something that happens to its release. */
export const describeTimings = ({ decisions, seed }: { readonly decisions: number; readonly seed: number }) =>
  describe(`${decisions} decisions at random moments around hand-over, supersession and end`, () => {
    let scene: Scene;
    before(async () => {
      scene = await openRealScene(allGoesWell(() => scene.environment.client.workflow));
    });
    after(() => scene.end());

    it('each is acknowledged and counted once, or refused with a code, and none of both', async (test) => {
      scene.answer({ runChecks: (input) => declares(production(eventOf(input.model))).runChecks?.(input) });
      const workflows = createTemporalWorkflows(scene.environment.client, PATIENCE);
      const timings = fc.sample(timing, { seed, numRuns: Math.ceil(decisions / PER_RELEASE) });
      const figures = new Map<string, number>();
      const count = (name: string): unknown => figures.set(name, (figures.get(name) ?? 0) + 1);
      let next = 0;
      const play = async (): Promise<void> => {
        for (let at = next++; at < timings.length; at = next++) {
          const one = timings[at];
          if (one === undefined) return;
          const { answers, view, runs } = await playOne(scene, workflows, `${one.event}-${at}`, one);
          for (const answer of answers) {
            assertOnce(answer, view);
            count(`${one.event}: ${answer.refusal ?? 'counted'}`);
          }
          if (runs > 1) count('releases that went on as a new run');
          count(`ended as ${view.outcome}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, play));
      const told = [...figures].sort(([one], [other]) => one.localeCompare(other));
      test.diagnostic(`seed ${seed}: ${told.map(([name, number]) => `${name} ${number}`).join(', ')}`);
      assert.ok((figures.get('releases that went on as a new run') ?? 0) > 0, 'none handed over');
    });
  });

const eventOf = (model: string): Event => {
  const event = EVENTS.find((one) => model.startsWith(one));
  assert.ok(event !== undefined, model);
  return event;
};

/** Both its answer and its release say the same of it. */
const assertOnce = ({ jti, refusal }: Answer, view: ReleaseView): void => {
  const records = view.decisions.filter((record) => record.jti === jti);
  const counted = records.filter((record) => record.counted).length;
  const told = `${view.releaseId}, ${view.outcome}: ${jti} was answered ${refusal ?? 'as counted'}: ${JSON.stringify(records)}`;
  assert.equal(counted, refusal === undefined ? 1 : 0, told);
  assert.ok(refusal === undefined || REFUSALS.includes(refusal), told);
};

const playOne = async (
  scene: Scene,
  workflows: Workflows,
  model: string,
  { event, decisions, eventAt, forged }: Timing,
): Promise<{ answers: readonly Answer[]; view: ReleaseView; runs: number }> => {
  const input = { ...inputOf('a', 1), model };
  await startRelease(scene, input);
  const id = releaseId(model, input.commit);
  // By its ID alone: a handle of the start stays with the first run.
  const release = scene.environment.client.workflow.getHandle(id);
  const view = (): Promise<ReleaseView> => workflows.query<ReleaseView>(id, releaseStateQuery.name);
  await untilSeen(view, ({ waiting, outcome }) => waiting !== undefined || outcome !== undefined);
  const first = (await release.describe()).runId;
  const decide = async (statement: string): Promise<Answer> => {
    const jti = statement.split(' ')[2] ?? '';
    try {
      await workflows.update(id, decideUpdate.name, { statement });
      return { jti };
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error;
      return { jti, refusal: error.code };
    }
  };
  const answering = decisions.map(async (after, at) => {
    await moment(after);
    return decide(`approve ${forged[at] === true ? 'nobody' : `person-${at}`} ${model}-${at}`);
  });
  await moment(eventAt);
  const ending: Answer[] = [];
  switch (event) {
    case 'hand-over':
      for (let at = 0; at < BURST; at += 1) {
        const statement = `approve nobody burst-${at} ${'x'.repeat(BURST_CHARACTERS)}`;
        await workflows.signal(id, decideSignal.name, { statement });
      }
      break;
    case 'superseded':
      await workflows.signal(id, supersedeSignal.name, { by: `release/${model}/newer`, order: 2 });
      break;
    case 'cancelled':
      await workflows.cancel(id);
      break;
    case 'rejected':
      ending.push(await decide(`reject person-r ${model}-r`));
      break;
    case 'expired':
    case 'approved':
  }
  const answers = [...(await Promise.all(answering)), ...ending];
  const { runId } = await release.describe();
  const approvals = answers.filter(({ refusal }) => refusal === undefined).length;
  // What nothing has ended still waits.
  if (event === 'hand-over' || (event === 'approved' && approvals < 2)) await workflows.cancel(id);
  const last = await workflows.result<ReleaseView>(id);
  return { answers, view: last, runs: runId === first ? 1 : 2 };
};

/** Not to wait for something: this is when it is sent. */
const moment = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
