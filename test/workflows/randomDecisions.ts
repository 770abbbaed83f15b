import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createDecisionSigner } from '../../src/adapters/decision-keys/decisionSigner.js';
import { createDecisionVerifier } from '../../src/adapters/decision-keys/decisionVerifier.js';
import { decisionKeyFiles } from '../../src/adapters/decision-keys/keyFiles.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { untilSeen } from './acts.js';
import {
  decide,
  newModel,
  override,
  PEOPLE,
  remind,
  standing,
  thaw,
  type Command,
  type Model,
  type Name,
  type Said,
} from './approvalModel.js';
import { openWorlds, type World } from './approvalWorld.js';
import { allGoesWell } from './cast.js';
import { openScene, type Scene } from './scene.js';

const who = fc.constantFrom(...PEOPLE);
const said = fc.constantFrom(
  ...(['approve', 'approve', 'approve', 'reject', 'request-changes', 'withdraw', 'delegate', 'delegate'] as const),
);
const rarely = fc.nat(5).map((one) => one === 0);
const plain = fc.constantFrom(
  ...(['change', 'change', 'freeze', 'freeze', 'thaw', 'remind', 'remind', 'expire', 'supersede'] as const),
);

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 16,
    arbitrary: fc.record({ kind: fc.constant('decide' as const), who, said, mute: rarely, old: rarely }),
  },
  { weight: 3, arbitrary: fc.record({ kind: plain }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('revoke' as const, 'override' as const), who }) },
);

const says = (name: Name, word: Said): Command => ({ kind: 'decide', who: name, said: word, mute: false, old: false });
/** Told to both besides what is random. */
const EXAMPLES: [Command[]][] = [
  [[says('reviewer-1', 'approve'), says('reviewer-2', 'reject')]],
  [
    [
      ...[says('reviewer-1', 'approve'), says('reviewer-1-again', 'request-changes')],
      ...[says('reviewer-1-again', 'approve'), says('reviewer-2', 'approve')],
    ],
  ],
  // What another identity of the same person said is gone with it; their own word counts at once, and once.
  [
    [
      ...[says('reviewer-1', 'approve'), says('reviewer-1-again', 'request-changes')],
      ...[{ kind: 'revoke' as const, who: 'reviewer-1-again' as const }, says('reviewer-2', 'withdraw')],
      ...[says('reviewer-3', 'approve'), says('reviewer-1', 'approve')],
    ],
  ],
  [
    [
      ...[says('reviewer-1', 'approve'), says('reviewer-1-again', 'request-changes')],
      ...[{ kind: 'revoke' as const, who: 'reviewer-1-again' as const }, says('reviewer-1', 'approve')],
    ],
  ], // What a stand-in objected to stays when the place is lost, until they take it back themselves.
  [
    [
      ...[says('reviewer-1', 'delegate'), says('deputy', 'request-changes')],
      ...[{ kind: 'revoke' as const, who: 'reviewer-1' as const }, says('reviewer-2', 'approve')],
      ...[says('reviewer-3', 'approve'), says('deputy', 'approve'), says('deputy', 'withdraw')],
    ],
  ],
];

/** Plays so many random sequences to the real workflow and to the model, and holds them against each other after every step. */
export const describeRandomDecisions = (sequences: number, seed: number): Promise<void> =>
  describe(`${sequences} random sequences of what happens to a release that waits`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-random-decisions-'));
    let scene: Scene;
    before(async () => {
      scene = await openScene(allGoesWell(() => scene.environment.client.workflow));
    });
    after(async () => {
      await scene.end();
      rmSync(folder, { recursive: true });
    });

    it('S24, S28, S29, S32: end as a model of the rules says, step by step', async (test) => {
      const files = decisionKeyFiles(folder);
      const keys = { ...(await createDecisionSigner(files)), ...createDecisionVerifier(files) };
      const open = openWorlds(scene, keys);
      const [ends, refusals]: [Record<string, number>, Record<string, number>] = [{}, {}];
      let steps = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: 4, maxLength: 24 }), async (commands) => {
          const world = await open();
          const model = newModel();
          try {
            for (const one of commands) {
              if (model.phase !== 'waiting' && model.phase !== 'held') break;
              steps += 1;
              const refusal = await play(one, world, model).catch((error: unknown) => {
                throw told(one, model, error);
              });
              if (refusal !== undefined) refusals[refusal] = (refusals[refusal] ?? 0) + 1;
              await untilSeen(world.view, (seen) => agrees(seen, model)).catch((error: unknown) => {
                throw told(one, model, error);
              });
            }
            ends[model.phase] = (ends[model.phase] ?? 0) + 1;
          } finally {
            await world.close();
          }
        }),
        { numRuns: sequences, seed, endOnFailure: true, examples: EXAMPLES },
      );
      test.diagnostic(
        `seed ${seed}: ${sequences} sequences, ${steps} steps; ended as ${JSON.stringify(ends)}; refused ${JSON.stringify(refusals)}`,
      );
    });
  });

/** The last step, and where the model is then. */
const told = (one: Command, model: Model, cause: unknown): Error =>
  new Error(`after ${JSON.stringify(one)} the model is ${JSON.stringify(model)}: ${String(cause)}`);

/** Does it to both; what counts must count in both. */
const play = async (one: Command, world: World, model: Model): Promise<string | undefined> => {
  switch (one.kind) {
    case 'decide': {
      const refusal = await world.decide(one.who, one.said, one.mute, one.old);
      assert.equal(refusal === undefined, decide(model, one), `answered ${refusal ?? 'as counted'}`);
      return refusal;
    }
    case 'change':
      model.epoch += 1;
      return void world.change();
    case 'revoke':
      model.revoked.add(one.who);
      return void world.revoke(one.who);
    case 'freeze':
      // One that comes too late for a release changes nothing of it.
      model.frozen = true;
      await world.freeze();
      return undefined;
    case 'thaw':
      thaw(model);
      await world.thaw();
      return undefined;
    case 'override':
      if (model.phase !== 'held') return undefined;
      override(model, one.who);
      await world.override(one.who);
      return undefined;
    case 'remind':
      if (model.phase !== 'waiting') return undefined;
      remind(model);
      await world.pass(1);
      return undefined;
    case 'expire':
      if (model.phase !== 'waiting') return undefined;
      model.phase = 'expired';
      await world.pass(41);
      return undefined;
    case 'supersede':
      model.phase = 'superseded';
      await world.supersede();
      return undefined;
  }
};

const agrees = (view: ReleaseView, model: Model): boolean => {
  const phase = view.outcome ?? (view.held !== undefined ? 'held' : view.waiting !== undefined ? 'waiting' : 'moving');
  if (phase !== model.phase) return false;
  if (phase !== 'waiting') return true;
  const words = standing(model).map(({ person, said: word }) => `${person}: ${word}`);
  return wordsOf(view) === words.sort().join() && view.waiting?.subject?.epoch === model.shown;
};

/** The last word of each person, unless it counts no more. */
const wordsOf = ({ decisions }: ReleaseView): string => {
  const last = new Map(decisions.filter(({ counted }) => counted).map((one) => [one.person ?? one.subject, one]));
  return [...last]
    .filter(([, { decision, lapsed }]) => decision !== 'withdraw' && lapsed === undefined)
    .map(([name, { decision }]) => `${name}: ${decision}`)
    .sort()
    .join();
};
