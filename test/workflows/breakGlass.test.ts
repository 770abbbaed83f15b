import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { after, afterEach, before, describe, it } from 'node:test';
import { incidentStateQuery, breakGlassSignal, resolveUpdate, acknowledgeUpdate } from '../../workflows/messages.js';
import type { IncidentView } from '../../src/domain/incident/types.js';
import { NOT_MONITORED } from '../../src/domain/incident/notMonitored.js';
import { sayGlassAsked } from '../../src/domain/urgency/bypasses.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { canaryIn, declares, releaseOf, stateOf, untilSeen, untilView } from './acts.js';
import { allGoesWell, DAY } from './cast.js';
import { everybodyAnswers, findingOf, incidentInput, report } from './incidentCast.js';
import { openScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
const usual = (): Fakes => ({
  ...everybodyAnswers(() => scene),
  ...allGoesWell(() => scene.environment.client.workflow),
});
before(async () => {
  scene = await openScene({
    ...everybodyAnswers(() => scene),
    ...allGoesWell(() => scene.environment.client.workflow),
    ...{ openBreakGlass: () => ({ kind: 'shut', reason: 'nobody asked for it' }), lookAtSoak: () => undefined },
  });
});
afterEach(() => scene.answer(usual()));
after(() => scene.end());

const production = {
  ...canaryIn('production', { strategy: 'immediate' }),
  approval: { kind: 'required', roles: ['reviewer'], quorum: 1, remindAfterMs: DAY, expireAfterMs: 9 * DAY },
} as const;
const notice = (environment: string) => ({
  environment,
  by: ['oncall', 'operator'],
  reason: 'nobody can book; agreed',
  at: 1,
  incidentId: `incident/m/${environment}/breakglass.b`,
});
const stands: Fakes = { openBreakGlass: ({ environment }) => ({ kind: 'open', notice: notice(environment) }) };
const shut: Fakes = { openBreakGlass: () => ({ kind: 'shut', reason: '1 of 2 people stand for it' }) };
const looks = (model: string): number =>
  scene.callsOf('openBreakGlass').filter((input) => (input as { model: string }).model === model).length;
const stageOf = (view: ReleaseView, name: string) => view.stages.find((stage) => stage.name === name);

describe('break-glass', () => {
  it('leaves a wait for approval as it is while one person stands, and ends it when two do', async () => {
    scene.answer({ ...declares(production), ...shut });
    const release = await releaseOf(scene, 'two', 'b', 1);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    await release.signal(breakGlassSignal);
    await untilSeen(
      async () => looks('two'),
      (seen) => seen === 1,
    );
    await scene.environment.sleep(2 * DAY);
    const waits = await untilView(release, () => true);
    assert.deepEqual([waits.waiting?.environment, waits.breakGlass], ['production', undefined]);
    assert.deepEqual(
      [waits.glassLook?.environment, waits.glassLook?.state, waits.glassLook?.reason],
      ['production', 'shut', '1 of 2 people stand for it'],
    );
    assert.match(
      sayGlassAsked(waits).join(),
      /^break-glass for production, .* is not open: 1 of 2 people stand for it$/,
    );

    scene.answer(stands);
    await release.signal(breakGlassSignal);
    const ended = await scene.endOf<ReleaseView>(release);
    assert.deepEqual([ended.outcome, (await stateOf(scene, 'two')).champion?.commit[0]], ['promoted', 'b']);
    assert.equal(stageOf(ended, 'approve')?.reason, 'break-glass by oncall and operator: nobody can book; agreed');
    assert.deepEqual(ended.breakGlass, [notice('production')]);
    assert.deepEqual(ended.decisions, []);
    assert.deepEqual(sayGlassAsked(ended), []);
  });

  it('says that a look failed, and why; the release goes on waiting, and looks again when it is asked to', async () => {
    const lost: Fakes = {
      openBreakGlass: () => {
        throw ApplicationFailure.nonRetryable('the ledger has a gap', 'ledger_invalid');
      },
    };
    scene.answer({ ...declares(production), ...lost });
    const release = await releaseOf(scene, 'lost', 'b', 1);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    await release.signal(breakGlassSignal);
    const failed = await untilView(release, ({ glassLook }) => glassLook?.state === 'failed');
    assert.equal(failed.waiting?.environment, 'production');
    assert.match(
      sayGlassAsked(failed).join(),
      /nobody could look who signed, ledger_invalid: the ledger has a gap \(sign once more with `slipway override/,
    );
    scene.answer(stands);
    await release.signal(breakGlassSignal);
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'promoted');
  });

  it('looks once at a time, however often it is signalled, and is decided on meanwhile', async () => {
    scene.answer({ ...declares(production), ...shut });
    const release = await releaseOf(scene, 'often', 'b', 1);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    await Promise.all(Array.from({ length: 40 }, () => release.signal(breakGlassSignal)));
    await untilSeen(
      async () => looks('often'),
      (seen) => seen >= 1,
    );
    await release.signal('decide', { statement: 'reject reviewer often-1' });
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'rejected');
    assert.ok(looks('often') < 40, `${looks('often')} looks`);
  });

  it('ends a soak, and no later one', async () => {
    const soaking = { ...canaryIn('staging', { strategy: 'immediate' }), soakMs: 3 * DAY };
    const lookAtSoak: Fakes['lookAtSoak'] = ({ at }) => ({
      look: { at, restarts: 0, epoch: 1, requests: 0, failures: 0 },
      verdict: { kind: 'sound' },
    });
    scene.answer({ ...declares(soaking, production), ...stands, lookAtSoak });
    const release = await releaseOf(scene, 'soaks', 'b', 1);
    await untilView(release, (view) => stageOf(view, 'soak')?.status === 'waiting');
    await release.signal(breakGlassSignal);
    const waits = await untilView(release, ({ waiting }) => waiting !== undefined);
    assert.match(stageOf(waits, 'soak')?.reason ?? '', /^break-glass by oncall and operator: /);
    assert.deepEqual(waits.breakGlass, [notice('staging')]);
    await release.signal('decide', { statement: 'approve reviewer soaks-1' });
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'promoted');
  });
});

describe('the incident of break-glass', () => {
  const open = (model: string) => {
    const input = incidentInput(model, { kind: 'breakglass', subject: 'b', monitoring: NOT_MONITORED });
    const message = findingOf(0);
    const finding = { ...message.finding, kind: 'breakglass', reason: 'the glass is broken' } as const;
    return report(scene, input, { ...message, finding });
  };
  const stateIs = (handle: Awaited<ReturnType<typeof open>>, holds: (view: IncidentView) => boolean) =>
    untilSeen(() => handle.query<IncidentView>(incidentStateQuery.name), holds);

  it('pages the owner, is neither measured nor repaired, and stays until somebody resolves it', async () => {
    const handle = await open('glass');
    await stateIs(handle, ({ alertsDelivered }) => alertsDelivered === 1);
    const resolve = () => handle.executeUpdate(resolveUpdate, { args: [{ by: 'oncall', reason: 'looked through' }] });
    await assert.rejects(resolve(), 'before anybody acknowledged it');
    await scene.environment.sleep(30 * DAY);
    assert.equal((await stateIs(handle, () => true)).status, 'open');
    await handle.executeUpdate(acknowledgeUpdate, { args: [{ by: 'oncall', note: '' }] });
    await resolve();
    const ended = (await handle.result()) as IncidentView;
    assert.deepEqual([ended.status, ended.resolution], ['resolved', 'resolved by oncall: looked through']);
    const asked = [...scene.callsOf('lookForRecovery'), ...scene.callsOf('assessRemediation')];
    assert.deepEqual(
      asked.filter((input) => JSON.stringify(input).includes('glass')),
      [],
    );
  });

  it('is the only kind that a person resolves', async () => {
    const handle = await report(scene, incidentInput('measured'), findingOf(0));
    await handle.executeUpdate(acknowledgeUpdate, { args: [{ by: 'oncall', note: '' }] });
    await assert.rejects(handle.executeUpdate(resolveUpdate, { args: [{ by: 'oncall', reason: 'over' }] }));
    await handle.cancel();
    await handle.result();
  });
});
