import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DeployVersionInput } from '../../activities/deployVersion.js';
import type { TargetLook } from '../../activities/lookAtTarget.js';
import { judgeTarget } from '../../src/domain/environment/judgeTarget.js';
import type { IncidentView } from '../../src/domain/incident/types.js';
import { incidentId } from '../../workflows/messages.js';
import { untilSeen } from './acts.js';
import { digest } from './cast.js';
import { everybodyAnswers, openEnvironment, previous, serving, stateOf, until } from './incidentCast.js';
import { openScene, type Scene } from './scene.js';

let scene: Scene;
before(async () => {
  scene = await openScene({
    ...everybodyAnswers(() => scene),
    lookAtTarget: () => ({ kind: 'agrees', reason: 'as it should' }),
  });
});
after(() => scene.end());

const MINUTE = 60_000;
const watch = (model: string) =>
  scene.environment.client.workflow.execute('targetWatch', {
    taskQueue: 'control',
    workflowId: `target/${model}/production-${scene.calls.length}`,
    args: [{ model, environment: 'production', everyMs: 5 * MINUTE }],
  }) as Promise<Pick<TargetLook, 'kind' | 'reason'>>;
const incidentOf = (model: string) =>
  scene.environment.client.workflow.getHandle(incidentId(model, 'production', 'deployment_drift', 'production'));
const told = (model: string, kind: string) =>
  scene
    .callsOf('notifyOwner')
    .filter((input) => (input as { kind: string }).kind === kind)
    .filter((input) => (input as { view: IncidentView }).view.model === model).length;
const about = { owners: ['oncall'], report: digest('e'), artifactDigest: serving.artifactDigest };

describe('a look at a target', () => {
  it('that runs something else: the owner hears of it, and the arbiter puts it back above what it was told', async () => {
    const model = 'by-hand';
    await openEnvironment(scene, model);
    const state = await stateOf(scene, model);
    const judged = judgeTarget(state, {
      fence: { epoch: 9, seq: 1 },
      versions: [{ artifactDigest: previous.artifactDigest, weight: 100, role: 'champion', ready: true, restarts: 0 }],
    });
    assert.ok(judged.kind === 'drifted');
    let drifted = true;
    scene.answer({
      lookAtTarget: () => (drifted ? { ...judged, ...about, at: 1 } : { kind: 'agrees', reason: 'as it should' }),
      lookForRecovery: () => ({ recovered: !drifted, reason: 'it runs as it should' }),
    });
    assert.equal((await watch(model)).kind, 'drifted');
    const settled = await untilSeen(
      () => stateOf(scene, model),
      ({ active, epoch }) => epoch === 10 && active === undefined,
    );
    assert.deepEqual([settled.champion, settled.previous], [serving, previous]);
    const [entry] = settled.history;
    assert.deepEqual(
      [entry?.by, entry?.kind, entry?.outcome],
      ['target/by-hand/production', 'remediation', 'deployed'],
    );
    const deployed = scene.callsOf('deployVersion').at(-1) as DeployVersionInput;
    assert.deepEqual(
      deployed.then?.versions.map(({ artifactDigest, weight }) => [artifactDigest, weight]),
      [[serving.artifactDigest, 100]],
    );
    assert.deepEqual(deployed.then?.fence.epoch, 10);

    const opened = await until(incidentOf(model), ({ alertsDelivered }) => alertsDelivered === 1);
    assert.match(opened.findings[0]?.finding.reason ?? '', /somebody else told the target epoch 9/);
    assert.deepEqual(scene.callsOf('assessRemediation'), [], 'its arbiter repairs it, nobody else');
    await watch(model);
    assert.equal((await until(incidentOf(model), () => true)).findings.length, 1, 'the same problem once');
    assert.equal((await stateOf(scene, model)).epoch, 10, 'the same look twice is one repair');
    drifted = false;
    const resolved = await scene.endOf<IncidentView>(incidentOf(model));
    assert.equal(resolved.resolution, 'it runs as it should');
    assert.deepEqual([told(model, 'opened'), told(model, 'resolved')], [1, 1]);
  });

  it('that cannot be asked is an alarm after a second look, once, and is over by itself', async () => {
    const model = 'away';
    await openEnvironment(scene, model);
    let away = true;
    const looks = () => scene.callsOf('lookAtTarget').filter((input) => (input as { model: string }).model === model);
    scene.answer({
      lookAtTarget: () =>
        away && looks().length !== 2
          ? { kind: 'unreachable', reason: 'target_unreachable: nothing answers', ...about, at: 1 }
          : { kind: 'agrees', reason: 'as it should' },
      lookForRecovery: () => ({ recovered: !away, reason: 'it answers again' }),
    });
    assert.equal((await watch(model)).kind, 'agrees', 'it was back at the second look');
    await assert.rejects(incidentOf(model).describe(), 'nobody was told');
    assert.equal((await watch(model)).kind, 'unreachable');
    await watch(model);
    const opened = await until(incidentOf(model), ({ alertsDelivered }) => alertsDelivered === 1);
    assert.match(opened.findings[0]?.finding.reason ?? '', /what runs cannot be asked: target_unreachable/);
    assert.equal((await stateOf(scene, model)).epoch, 2, 'nothing is put back where nobody knows what runs');
    away = false;
    const resolved = await scene.endOf<IncidentView>(incidentOf(model));
    assert.equal(resolved.resolution, 'it answers again');
    assert.deepEqual([told(model, 'opened'), told(model, 'resolved')], [1, 1]);
  });
});
