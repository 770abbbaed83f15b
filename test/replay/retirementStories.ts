/** A model that leaves an environment: its arbiter, the passage, and an incident that hears of it. */
import type { WorkflowHandle } from '@temporalio/client';
import { retireUpdate, rolloutId } from '../../workflows/messages.js';
import { untilSeen } from '../workflows/acts.js';
import {
  everybodyAnswers,
  findingOf,
  incidentInput,
  openEnvironment,
  report,
  serving,
  stateOf,
  until,
} from '../workflows/incidentCast.js';
import type { Scene } from '../workflows/scene.js';
import type { Story } from './story.js';

const retire = async (scene: Scene, model: string, incidents: readonly string[] = []): Promise<WorkflowHandle> => {
  const arbiter = scene.environment.client.workflow.getHandle(`environment/${model}/production`);
  await arbiter.executeUpdate(retireUpdate, {
    args: [
      {
        ...{ requestId: `retirement-${model}`, by: 'operator', reason: 'the season is over', incidents },
        expected: { epoch: 2, champion: serving.artifactDigest },
      },
    ],
  });
  await untilSeen(
    () => stateOf(scene, model),
    ({ retired, active }) => retired !== undefined && active === undefined,
  );
  return arbiter;
};

/** With an incident that is open there, which looks for itself and ends. */
const retiredIncident = async (scene: Scene, model: string) => {
  let left = false;
  scene.answer({
    ...everybodyAnswers(() => scene),
    endMonitoring: () => void (left = true),
    lookForRecovery: () => ({ recovered: left, reason: left ? `${model} was retired by operator: over` : 'not yet' }),
  });
  await openEnvironment(scene, model);
  const incident = await report(scene, incidentInput(model), findingOf(0));
  const { incidentId } = await until(incident, ({ alertsDelivered }) => alertsDelivered === 1);
  const arbiter = await retire(scene, model, [incidentId]);
  await scene.endOf(incident);
  return { arbiter, incident };
};

export const RETIREMENT_STORIES: Readonly<Record<string, Story>> = {
  'environment-retired-v1': async (scene) => (await retiredIncident(scene, 'retired')).arbiter,
  'incident-retired-v1': async (scene) => (await retiredIncident(scene, 'retired-incident')).incident,
  'rollout-retires-v1': async (scene) => {
    scene.answer(everybodyAnswers(() => scene));
    await openEnvironment(scene, 'retires');
    await retire(scene, 'retires');
    return scene.environment.client.workflow.getHandle(rolloutId('retires', 'production', 3));
  },
};
