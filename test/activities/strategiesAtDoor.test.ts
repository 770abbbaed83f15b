/** Shadows, switches and people's words: the target's door goes by the artifact's own spec and the ledger, not by messages. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import type { AnalyseStepInput } from '../../activities/analyseStep.js';
import { createLookForWord } from '../../activities/lookForWord.js';
import { createMeasureChampion } from '../../activities/measureChampion.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { MEASURED } from '../../src/domain/rollout/beforeSwitch.js';
import { PROMOTED } from '../../src/domain/rollout/shareOf.js';
import type { CanaryStepSpec, RolloutSpec } from '../../src/domain/spec/types.js';
import { rolloutId } from '../../workflows/messages.js';
import { atDoor, openDoor, good, place, refused, type Door } from './doorScene.js';

const analysis = { maxErrorRateIncrease: 0.01, maxLatencyRatio: 4, maxPredictionDistance: 0.2, maxFeatureDistance: 1 };
const lasts = { minRequests: 50, deadlineMs: 600_000 };
const step = (weight: number): CanaryStepSpec => ({ weight, holdMs: 0, ...lasts });
const KEEP = 600_000;
const BLUE_GREEN: RolloutSpec = { strategy: 'blueGreen', keepMs: KEEP, ...lasts, analysis };
const SHADOWED: RolloutSpec = {
  ...{ strategy: 'canary', steps: [step(10), step(100)], analysis },
  shadow: { copies: 25, holdMs: 0, ...lasts, analysis },
};
const ASKING: RolloutSpec = {
  ...{ strategy: 'canary', analysis },
  steps: [{ ...step(25), approve: { roles: ['reviewer'], deadlineMs: 1_000 } }, step(100)],
};

const door = {} as Door;
const { run, as, command, beside, alone, bringUp, shift, recordDeployed, serveFirst, ...asked } = atDoor(door);
const look = (seq: number, about: Partial<AnalyseStepInput>, counted = good(50)) =>
  asked.look(seq, { step: step(100), analysis, ...about }, counted);

/** A champion that was deployed, and the next version, whose spec has this rollout. */
const given = async (rollout: RolloutSpec): Promise<void> => {
  await openDoor(door, rollout, {
    directory: {
      identities: async () => [
        { name: 'author', roles: ['author', 'reviewer'], gitEmails: ['author@example.test'] },
        { name: 'reviewer', roles: ['reviewer'], gitEmails: [] },
        { name: 'oncall', roles: ['operator'], gitEmails: [] },
      ],
    },
  });
  await serveFirst();
};

describe('blue/green at the door', () => {
  beforeEach(() => given(BLUE_GREEN));
  const switched = async (): Promise<void> => {
    door.target.count('ferry', door.champion.digest, good(500));
    await run(createMeasureChampion(door.ports), {
      ...place,
      fence: { epoch: door.epoch, seq: 0 },
      champion: door.champion.digest,
    });
    await bringUp();
    await shift(beside(2, 100));
  };
  const asSwitch: Partial<AnalyseStepInput> = { phase: 'switch', step: { ...step(100), holdMs: KEEP } };

  it('keeps what ran before until the candidate was judged beside it, for as long as its spec says', async () => {
    await switched();
    const observed = await door.target.observe('ferry', 'production');
    assert.deepEqual(
      observed?.versions.map(({ role, weight }) => [role, weight]),
      [
        ['champion', 0],
        ['candidate', 100],
      ],
    );
    await assert.rejects(shift(alone(3)), refused(/keeps what ran before up behind the switch, and no look/));
    await assert.rejects(recordDeployed(door.candidate), refused(/keeps what ran before up/));
    assert.equal((await look(2, asSwitch)).verdict, 'pass');
    const held = await shift(alone(3)).then(
      () => assert.fail('it was let go'),
      (error: unknown) => error as SlipwayError,
    );
    assert.equal(held.code, 'environment_held');
    mock.timers.enable({ apis: ['Date'], now: held.details['changesAt'] as number });
    try {
      await look(2, asSwitch, good(51));
      await shift(alone(3));
      await recordDeployed(door.candidate);
    } finally {
      mock.timers.reset();
    }
  });

  it('is no immediate rollout, whatever one was started with', async () => {
    await assert.rejects(bringUp(alone(2)), refused(/keeps what ran before up behind the switch/));
    await bringUp();
    await assert.rejects(shift(alone(2)), refused(/keeps what ran before up behind the switch/));
  });

  it('judges restarts beside those of the champion since the switch', async () => {
    await switched();
    door.target.count('ferry', door.champion.digest, { restarts: 4 });
    assert.equal((await look(2, asSwitch, { ...good(50), restarts: 6 })).verdict, 'pass');
    const { verdict, reason } = await look(2, asSwitch, { ...good(50), restarts: 7 });
    assert.equal(verdict, 'fail');
    assert.match(reason, /started again 7 times, that of the champion 4 times/);
  });

  it('compares with what the champion did before the switch, and has nothing else to compare with', async () => {
    await switched();
    const other = await look(2, asSwitch, good(200, 19));
    assert.deepEqual([other.verdict, other.phase], ['fail', 'switch']);
    assert.match(other.reason, /prediction_distance/);
    const entries = await door.ports.ledger.read(rolloutId('ferry', 'production', 2));
    assert.deepEqual(
      entries.filter(({ kind }) => kind === MEASURED).map(({ body }) => body['requests']),
      [500],
    );
    // Run again it changes nothing: whoever woke up late would measure a champion without traffic.
    await run(createMeasureChampion(door.ports), {
      ...place,
      fence: { epoch: door.epoch, seq: 0 },
      champion: door.champion.digest,
    });
    assert.equal((await look(2, asSwitch, good(201, 19))).verdict, 'fail');
  });

  it('judges the candidate by itself where nothing was measured before', async () => {
    await bringUp();
    await shift(beside(2, 100));
    const alone = await look(2, asSwitch);
    assert.equal(alone.verdict, 'pass');
    assert.match(alone.reason, /there was no champion to compare with$/);
  });

  it('goes back to what it kept at once, and takes the candidate away where the store is gone', async () => {
    await switched();
    await shift(command(3, as(door.champion, 100), as(door.candidate, 0)));
    const gone = async () => {
      throw new SlipwayError('store_unreachable', 'no store');
    };
    door.ports = { ...door.ports, ledger: { ...door.ports.ledger, read: gone, append: gone } };
    await shift(command(4, as(door.champion, 100)));
    assert.equal((await door.target.observe('ferry', 'production'))?.versions.length, 1);
  });
});

describe('a shadow at the door', () => {
  beforeEach(() => given(SHADOWED));
  const asShadow: Partial<AnalyseStepInput> = { phase: 'shadow', copies: 25, step: step(0) };

  it('comes before any share of the traffic', async () => {
    await bringUp();
    await assert.rejects(
      shift(beside(2, 10)),
      refused(/traffic only behind copies of 25 % of the requests, and no look/),
    );
    await shift(beside(2, { copies: 25 }));
    door.target.count('ferry', door.champion.digest, good(500));
    const analysed = await look(2, asShadow);
    assert.deepEqual([analysed.verdict, analysed.phase, analysed.weight], ['pass', 'shadow', 0]);
    await shift(beside(3, 10));
  });

  it('counts only with the copies that its spec asks for', async () => {
    await bringUp();
    await shift(beside(2, { copies: 1 }));
    door.target.count('ferry', door.champion.digest, good(500));
    await look(2, { ...asShadow, copies: 1 });
    await assert.rejects(shift(beside(3, 10)), refused(/by another rule/));
    await look(2, asShadow, good(51));
    await assert.rejects(shift(beside(3, 10)), refused(/it had 1 % then/));
  });

  it('that fails never had a share, and gets none', async () => {
    await bringUp();
    await shift(beside(2, { copies: 25 }));
    door.target.count('ferry', door.champion.digest, good(500));
    assert.equal((await look(2, asShadow, { ...good(50), failures: 40 })).verdict, 'fail');
    await assert.rejects(shift(beside(3, 10)), refused(/a look at that was fail/));
  });
});

describe("a person's word at the door", () => {
  beforeEach(async () => {
    await given(ASKING);
    await bringUp();
    await shift(beside(2, 25));
    door.target.count('ferry', door.champion.digest, good(500));
    assert.ok(ASKING.strategy === 'canary');
    await look(2, { step: ASKING.steps[0]! });
  });
  const says = (by: string, index = 0) =>
    door.ports.ledger.append(rolloutId('ferry', 'production', door.epoch), `promoted/${index}/${by}`, PROMOTED, 5, {
      ...{ step: index, by, reason: 'looks right', at: 5 },
    });
  const asked = (until = 10) =>
    run(createLookForWord(door.ports), {
      ...{ ...place, epoch: door.epoch, artifactDigest: door.candidate.digest, step: 0, until },
      approve: { roles: ['reviewer'], deadlineMs: 1_000 },
    });

  it('is needed behind the step, whatever the rollout was told', async () => {
    await assert.rejects(
      shift(beside(3, 100)),
      refused(/behind a step of 25 %, and that waits for the word of a person: nobody/),
    );
    assert.deepEqual(await asked(), { kind: 'missing', refused: [] });
    await says('reviewer');
    const found = await asked();
    assert.equal(found.kind === 'given' && found.word.by, 'reviewer');
    await shift(beside(3, 100));
  });

  it('is not that of an author, nor of who has no such role, nor one about another step', async () => {
    await says('author');
    await says('nobody');
    await says('oncall', 1);
    await assert.rejects(
      shift(beside(3, 100)),
      refused(/author wrote or triggered this release; nobody is not known here/),
    );
    const found = await asked();
    assert.equal(found.kind === 'missing' && found.refused.length, 2);
    await says('oncall');
    assert.equal((await asked()).kind, 'given', 'an operator may, whom the step does not name');
    await shift(beside(3, 100));
  });

  it('is none of another rollout, and none after the deadline', async () => {
    await says('reviewer');
    assert.equal((await asked(4)).kind, 'missing');
    door.epoch = 3;
    await shift(beside(1, 25));
    door.target.count('ferry', door.champion.digest, good(500));
    assert.ok(ASKING.strategy === 'canary');
    await look(1, { step: ASKING.steps[0]! });
    await assert.rejects(shift(beside(2, 100)), refused(/nobody said so/));
  });
});
