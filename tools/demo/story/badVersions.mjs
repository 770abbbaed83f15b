// 9: two commits that must not come through.
import { chapter, step } from '../progress.mjs';
import { commitVersion } from '../repository.mjs';
import { untilDecided, untilEnded } from '../waiting.mjs';
import { EXAMPLE, messageOf, overlayOf } from './scene.mjs';

/** Every exit code with which a release may have ended. */
const ENDS = [0, 1, 3, 4, 5, 6, 7, 10, 11];

export const tellBadVersions = async (scene) => {
  await tellStopped(scene);
  await tellRolledBack(scene);
};

const exitOf = async (slipway, name) => (await slipway(['release', 'show', name, '--wait'], { expect: ENDS })).exit;

const tellStopped = async ({ installation, slipway, facts, commitAndSee }) => {
  chapter('Version 2: a bug that its own tests miss');
  const v2 = await step(
    'The author commits version 2',
    () => commitAndSee(overlayOf('v2'), messageOf('v2')),
    ({ name }) => name,
  );
  const view = await step(
    'Its unit tests pass; the champion/challenger gate decides',
    (note) => untilDecided(installation, v2.name, note),
    ({ outcome, reason }) => `${outcome}: ${reason ?? ''}`,
  );
  facts.v2 = { ...v2, view, exit: await exitOf(slipway, v2.name) };
};

const tellRolledBack = async ({
  installation,
  repository,
  slipway,
  facts,
  approve,
  commitAndSee,
  underTraffic,
  days,
}) => {
  chapter('Version 3: a skew between training and serving that no offline gate can see');
  const v3 = await step(
    'The author undoes version 2 and commits version 3',
    () => {
      commitVersion(repository, EXAMPLE, 'Undo the order of the columns\n');
      return commitAndSee(overlayOf('v3'), messageOf('v3'));
    },
    ({ name }) => name,
  );
  const waiting = await step(
    'Every offline gate is green',
    (note) => untilDecided(installation, v3.name, note),
    ({ outcome }) => outcome ?? 'waits for approval',
  );
  if (waiting.waiting !== undefined) await approve({ view: waiting, name: v3.name });
  const view = await underTraffic('v3', days.canary, () =>
    step(
      'Canary under real traffic',
      (note) => untilEnded(installation, v3.name, note),
      ({ outcome, reason }) => `${outcome}: ${reason ?? ''}`,
    ),
  );
  facts.v3 = { ...v3, view, exit: await exitOf(slipway, v3.name) };
};
