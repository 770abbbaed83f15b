/** One release of the real workflow that waits for two reviewers, with real judging behind its activities, and what people do to it. */
import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { digestOf } from '../../src/contract/canonicalDigest.js';
import { putJson } from '../../activities/documents.js';
import { withFailures } from '../../activities/errors.js';
import { assertNotHeld } from '../../activities/holdsHere.js';
import { createLookForHolds } from '../../activities/lookForHolds.js';
import { createPrepareApproval } from '../../activities/prepareApproval.js';
import { recordStage } from '../../activities/recordStage.js';
import { createVerifyDecision } from '../../activities/verifyDecision.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import type { DecisionStatement } from '../../src/domain/approval/types.js';
import { FREEZE_OVERRIDDEN, HOLD_LIFTED, HOLD_PLACED, holdStream } from '../../src/domain/hold/ledger.js';
import { freezeGate, overrideInputs } from '../../src/domain/hold/overrideFault.js';
import type { Hold } from '../../src/domain/hold/types.js';
import type { Identity } from '../../src/domain/identity/types.js';
import type { ReleaseView, StageName } from '../../src/domain/release/types.js';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import type { DecisionSigner, DecisionVerifier } from '../../src/ports/decisionKeys.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { announceSignal, decideUpdate, lookSignal, releaseStateQuery } from '../../workflows/messages.js';
import { createMemorySourceControl } from '../fakes/memorySourceControl.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';
import { arbiterOf, canaryIn, declares, startRelease, untilView } from './acts.js';
import { PEOPLE, type Name, type Said } from './approvalModel.js';
import { allGoesWell, DAY, inputOf } from './cast.js';
import type { Fakes, Scene } from './scene.js';

export interface World {
  view(): Promise<ReleaseView>;
  /** The code that it was refused with; undefined: it counts. */
  decide(who: Name, said: Said, mute: boolean, old: boolean): Promise<string | undefined>;
  change(): void;
  revoke(who: Name): void;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  override(who: Name): Promise<void>;
  supersede(): Promise<void>;
  /** Lets time pass. */
  pass(days: number): Promise<void>;
  close(): Promise<void>;
}

const production: EnvironmentSpec = {
  ...canaryIn('production', { strategy: 'immediate' }),
  approval: {
    ...{ kind: 'required', roles: ['reviewer'], quorum: 2 },
    ...{ remindAfterMs: DAY, expireAfterMs: 40 * DAY },
  },
};

const identityOf = (name: Name): Identity => {
  const roles = /^(author|reviewer|robot)/.test(name) ? ['reviewer'] : name === 'oncall' ? ['oncall'] : [];
  return {
    ...{ name, roles, gitEmails: [`${name}@example.test`] },
    ...(name === 'robot' ? { kind: 'service' } : {}),
    ...(name === 'reviewer-1-again' ? { person: 'reviewer-1' } : {}),
  };
};

/** Opens worlds in one scene, each a model of its own. */
export const openWorlds = (scene: Scene, keys: DecisionSigner & DecisionVerifier) => {
  const ports = new Map<string, TestPorts>();
  const of = (model: string): TestPorts => {
    const found = ports.get(model);
    if (found === undefined) throw new Error(`no world is called ${model}`);
    return found;
  };
  scene.answer(activitiesOf(scene, of));
  let worlds = 0;
  return async (): Promise<World> => {
    const model = `world-${(worlds += 1)}`;
    const source = createMemorySourceControl([model]);
    const commit = source.commit(model, {}, 'author@example.test');
    const changing = { epoch: 1, people: PEOPLE.filter((name) => name !== 'stranger').map(identityOf) };
    const base = testPorts({
      source,
      decisions: keys,
      directory: { identities: async () => changing.people },
      workflows: {
        query: async () => ({ epoch: changing.epoch }),
        signalledAt: async () => undefined,
      } as never as Workflows,
    });
    const settings = { ...base.settings, models: { [model]: { repository: model, branch: 'main', clocks: {} } } };
    ports.set(model, { ...base, settings });
    const release = await startRelease(scene, { ...inputOf('a', 1), model, repository: model, commit });
    const { waiting } = await untilView(release, (view) => view.waiting !== undefined);
    const shown = waiting?.subject;
    if (shown === undefined) throw new Error('nobody was shown anything');
    const view = (): Promise<ReleaseView> => release.query(releaseStateQuery);
    let numbers = 0;
    const claimsOf = async (who: Name, about: typeof shown): Promise<Omit<DecisionStatement, 'decision'>> => {
      const now = Math.floor((await scene.environment.currentTimeMs()) / 1_000);
      const number = (numbers += 1);
      return {
        ...{ iss: 'slipway', aud: 'test', sub: who, roles: ['reviewer'], iat: now, exp: now + 900 },
        ...{ ...about, jti: `${model}-decision-${number}`, reason: 'seen' },
      };
    };
    const holds = openHolds(scene, of(model), model);
    return {
      view,
      decide: async (who, decision, mute, old) => {
        const about = old ? shown : ((await view()).waiting?.subject ?? shown);
        const claims = {
          ...(await claimsOf(who, about)),
          decision,
          ...(mute ? { reason: ' ' } : {}),
          ...(decision === 'delegate' ? { to: 'deputy' } : {}),
        };
        return refusalOf(release, await keys.sign(claims));
      },
      change: () => void (changing.epoch += 1),
      revoke: (who) => {
        const revoked = { reason: 'left' } as NonNullable<Identity['revoked']>;
        changing.people = changing.people.map((one) => (one.name === who ? { ...one, revoked } : one));
      },
      freeze: holds.freeze,
      thaw: holds.thaw,
      override: async (who) =>
        holds.override(release.workflowId, async (freeze) =>
          keys.sign({
            ...{ ...(await claimsOf(who, shown)), decision: 'override', gate: freezeGate('production') },
            inputsDigest: digestOf(overrideInputs(freeze)),
          }),
        ),
      supersede: () =>
        arbiterOf(scene, model).signal(announceSignal, { releaseId: `release/${model}/newer`, order: 2 }),
      pass: (days) => scene.environment.sleep(days * DAY + 60_000),
      close: async () => {
        await release.cancel().catch(() => undefined);
        ports.delete(model);
      },
    };
  };
};

/** The judging and the door are the product's; the rest goes well. */
const activitiesOf = (scene: Scene, of: (model: string) => TestPorts): Fakes => {
  const usual = allGoesWell(() => scene.environment.client.workflow);
  const declared = declares(production);
  /** Its evidence is in the store, and on record: people decide on it. */
  const found =
    <Input extends { readonly model: string; readonly releaseId: string }>(
      stage: StageName,
      answer: ((input: Input) => unknown) | undefined,
    ) =>
    async (input: Input) => {
      const told = (await answer?.(input)) as { readonly artifactDigest?: Digest };
      const { artifactDigest } = told;
      const { model, releaseId } = input;
      const evidence = await putJson(of(model).store, { stage });
      await recordStage(of(model), {
        ...{ releaseId, stage, verdict: 'pass', reason: '', evidence },
        ...(artifactDigest === undefined ? {} : { artifactDigest }),
      });
      return { ...told, evidence };
    };
  return {
    ...usual,
    runChecks: found('integrate', declared.runChecks),
    buildModel: found('build', usual.buildModel),
    packageArtifact: found('package', usual.packageArtifact),
    prepareApproval: (input) => withFailures(createPrepareApproval(of(input.view.model)))(input),
    verifyDecision: (input) => withFailures(createVerifyDecision(of(input.subject.model)))(input),
    lookForHolds: (input) => withFailures(createLookForHolds(of(input.model)))(input),
    deployVersion: (input) =>
      withFailures(async ({ command, then }: typeof input) => {
        await assertNotHeld(of(command.model), undefined, command, ...(then === undefined ? [] : [then]));
        return usual.deployVersion?.(input);
      })(input),
  };
};

/** One freeze at a time, on record as the API writes it. */
const openHolds = (scene: Scene, { ledger }: TestPorts, model: string) => {
  const stream = holdStream({ model, environment: 'production' });
  let [placed, freeze]: [number, Hold | undefined] = [0, undefined];
  const look = (): Promise<void> => arbiterOf(scene, model).signal(lookSignal);
  return {
    freeze: async (): Promise<void> => {
      if (freeze !== undefined) return;
      freeze = {
        ...{ id: `freeze-${(placed += 1)}`, kind: 'freeze', reason: 'stocktaking', by: 'oncall' },
        ...{ from: Date.now() - 1_000, environments: ['production'], models: [model], override: ['oncall'] },
      };
      await ledger.append(stream, `placed/${freeze.id}`, HOLD_PLACED, freeze.from, { ...freeze });
    },
    thaw: async (): Promise<void> => {
      if (freeze === undefined) return;
      const { id } = freeze;
      await ledger.append(stream, `lifted/${id}`, HOLD_LIFTED, Date.now() - 1, { id, by: 'oncall', reason: 'done' });
      freeze = undefined;
      await look();
    },
    override: async (release: string, sign: (freeze: Hold) => Promise<string>): Promise<void> => {
      if (freeze === undefined) return;
      const statement = await sign(freeze);
      const body = { freeze: freeze.id, environment: 'production', by: 'oncall', reason: 'urgent', statement };
      await ledger.append(release, `override/${statement.slice(-40)}`, FREEZE_OVERRIDDEN, Date.now(), body);
      await look();
    },
  };
};

const refusalOf = async (release: WorkflowHandle, statement: string): Promise<string | undefined> => {
  try {
    await release.executeUpdate(decideUpdate, { args: [{ statement }] });
    return undefined;
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
      return error.cause.type ?? 'without a code';
    throw error;
  }
};
