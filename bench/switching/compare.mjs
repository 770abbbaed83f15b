import { startLoad } from '../../dist/test/fixtures/steadyLoad.js';
import { infer } from '../../dist/test/fixtures/inferRequests.js';
import { MODEL, ONE_ROW, openScene, targetVersion } from '../../dist/test/serving/scene.js';

const SWITCHES_PER_ROUND = 50;
/** Answers between two commands: the next one comes while requests are under way. */
const BETWEEN = 20;

/**
 * How long all traffic takes from one version to another, under the load of eight callers, and how many requests fail meanwhile.
 * Nobody else is measured: how others switch is their cluster's matter.
 */
export const compareSwitching = async ({ rounds }) => {
  const scene = await openScene();
  // Callers come when there is somebody to answer them.
  await scene.apply(targetVersion(scene.first, 100));
  await scene.ready(scene.first.artifactDigest);
  const load = startLoad(`${scene.node.url()}/v2/models/${MODEL}/infer`, ONE_ROW);
  const switches = [];
  const rollbacks = [];
  try {
    const { first, second } = scene;
    for (let round = 0; round < rounds; round += 1) {
      await scene.apply(targetVersion(first, 100), targetVersion(second, 0, 'candidate'));
      await scene.ready(first.artifactDigest, second.artifactDigest);
      for (let turn = 0; turn < SWITCHES_PER_ROUND; turn += 1) {
        const weight = turn % 2 === 0 ? 100 : 0;
        const [old, next] = weight === 100 ? [first, second] : [second, first];
        const versions = [targetVersion(old, 0, 'candidate'), targetVersion(next, 100)];
        switches.push(await secondsUntil(scene, next, () => scene.apply(...versions)));
        await load.pass(BETWEEN);
      }
      await scene.apply(targetVersion(first, 100));
      // The other has no process any more: its artifact is in the node's cache, and the first answers until it is loaded.
      for (const next of [second, first])
        rollbacks.push(await secondsUntil(scene, next, () => scene.apply(targetVersion(next, 100))));
    }
    const { answered, failures } = await load.stop();
    if (failures.length > 0) console.error(`bench: ${failures.length} requests failed: ${failures[0]}`);
    return { rows: [], notes: tableOf({ switches, rollbacks }, answered, failures.length) };
  } finally {
    await load.stop();
    await scene.node.discard();
  }
};

/** From the command to the first answer of the version, asked for by a caller of its own. */
const secondsUntil = async ({ node }, { artifactDigest }, command) => {
  const wanted = artifactDigest.slice('sha256:'.length);
  const began = performance.now();
  await command();
  while ((await infer(node.url(), ONE_ROW)).body.model_version !== wanted);
  return (performance.now() - began) / 1_000;
};

const tableOf = (seconds, answered, failed) => {
  const line = (what, values) => {
    const sorted = [...values].sort((a, b) => a - b);
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(3);
    return `| ${what} | ${sorted.length} | ${at(0.5)} s | ${at(0.99)} s |`;
  };
  return [
    '| Router, eight callers | Times | p50 | p99 |',
    '| --- | --- | --- | --- |',
    line('switch to a version that is loaded', seconds.switches),
    line('rollback to one that has no process', seconds.rollbacks),
    '',
    `${answered} requests were answered meanwhile, ${failed} of them refused or failed.`,
  ].join('\n');
};
