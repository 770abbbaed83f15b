// 1 to 8: the first version, from its commit to all of the traffic.
import { chapter, fit, say, seconds, step } from '../progress.mjs';
import { showRelease, until, untilDecided, untilEnded } from '../waiting.mjs';
import { EXAMPLE } from './scene.mjs';

export const tellFirstVersion = async ({ installation, slipway, facts, approve, commitAndSee, underTraffic, days }) => {
  chapter('Version 1: from a commit to production');
  const v1 = await step(
    'The author commits; the poll Schedule sees it, and the commit alone starts the release',
    () => commitAndSee(EXAMPLE, 'Predict late flights\n'),
    ({ name }) => name,
  );
  const waiting = await step(
    'Integrate, build, package, test, staging, gates',
    (note) => untilDecided(installation, v1.name, note),
    (view) => `${view.outcome ?? 'waits for approval'}`,
  );
  if (waiting.waiting === undefined) throw new Error(`version 1 ended ${waiting.outcome}: ${waiting.reason}`);
  for (const stage of waiting.stages.filter((one) => one.status === 'passed'))
    say(
      fit(
        `    ${stage.name}${stage.environment ? ` ${stage.environment}` : ''}: ${seconds(stage.endedAt - stage.startedAt)}, ${stage.reason ?? ''}`,
        2,
      ),
    );
  const refused = await step(
    'The author tries to approve the own release',
    () => slipway(['approve', v1.name, '--yes'], { as: 'author', expect: [3] }),
    ({ output }) => `refused: ${output.error.code}`,
  );
  facts.selfApproval = { exit: refused.exit, code: refused.output.error.code };

  facts.killed = await killWhileItWaits(installation, v1.name);

  await approve({ view: await showRelease(installation, v1.name), name: v1.name });
  const promoted = await underTraffic('v1', days.canary, () =>
    step(
      'Canary 10, 50, 100 % under real traffic',
      (note) => untilEnded(installation, v1.name, note),
      (view) => view.outcome,
    ),
  );
  facts.v1 = { ...v1, view: promoted };
  if (promoted.outcome !== 'promoted') throw new Error(`version 1 ended ${promoted.outcome}: ${promoted.reason}`);
};

const killWhileItWaits = async (installation, name) => {
  const killed = {};
  await step('While it waits: kill -9 of the worker of the workflows', () =>
    killAndWait(installation, 'worker-control', killed),
  );
  await step('While it waits: kill -9 of Temporal', () => killAndWait(installation, 'temporal', killed));
  await step('Nothing is lost', () =>
    until('the release to answer', async () => (await showRelease(installation, name).catch(() => undefined))?.waiting),
  );
  return killed;
};

/** Kills one process of the installation the hard way and waits until its supervisor has another one running. */
const killAndWait = async (installation, name, killed) => {
  const before = installation.process(name).pid;
  process.kill(before, 'SIGKILL');
  const after = await until(`${name} to come back`, () => {
    const { pid } = installation.process(name) ?? {};
    return pid !== undefined && pid !== 0 && pid !== before ? pid : undefined;
  });
  killed[name] = { before, after };
};
