// 12: back to an earlier version.
import { chapter, step } from '../progress.mjs';
import { commitVersion } from '../repository.mjs';
import { untilDecided, untilEnded } from '../waiting.mjs';
import { EXAMPLE, MODEL, messageOf, overlayOf, short } from './scene.mjs';

export const tellWayBack = async (scene) => {
  const { slipway, facts, underTraffic, days } = scene;
  chapter('The way back');
  if ((await production(slipway)).previous === undefined) await tellSecondVersion(scene);
  const { champion } = await production(slipway);
  const started = Date.now();
  const { output } = await underTraffic('rollback', days.later, () =>
    step(
      'slipway rollback',
      () => slipway(['rollback', MODEL, 'production', '--reason', 'the demo goes back'], { as: 'oncall' }),
      (back) => short(back.output.to.artifactDigest),
    ),
  );
  facts.rollback = {
    from: champion?.artifactDigest,
    to: output.to.artifactDigest,
    tookMs: Date.now() - started,
  };
};

const production = async (slipway) =>
  (await slipway(['status'])).output.environments.find((one) => one.environment === 'production');

const tellSecondVersion = async ({ installation, repository, facts, approve, commitAndSee, underTraffic, days }) => {
  const v4 = await step(
    'The author commits an improvement, so that there are two versions',
    () => {
      commitVersion(repository, EXAMPLE, 'Read the hour as callers send it\n');
      return commitAndSee(overlayOf('v4'), messageOf('v4'));
    },
    ({ name }) => name,
  );
  const waiting = await step(
    'It passes the gates',
    (note) => untilDecided(installation, v4.name, note),
    (view) => view.outcome ?? 'waits for approval',
  );
  if (waiting.waiting !== undefined) await approve({ view: waiting, name: v4.name });
  const view = await underTraffic('v4', days.later, () =>
    step(
      'Canary under real traffic',
      (note) => untilEnded(installation, v4.name, note),
      ({ outcome }) => outcome,
    ),
  );
  facts.v4 = { ...v4, view };
};
