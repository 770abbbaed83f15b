import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createDockerStepRunner } from '../../src/adapters/docker/stepRunner.js';
import type { StepCommand, StepRunner } from '../../src/ports/stepRunner.js';
import { findContainerEngine } from '../servers/containerEngine.js';
import { ferries, openBuildScene, outcomeOf, ranOf } from './buildScene.js';

const found = await findContainerEngine();
const engine =
  typeof found === 'string' ? { socket: '', image: '', title: 'nothing', stop: async () => undefined } : found;

/** The files of an artifact by a shell alone: the image has no Node.js. */
const STEPS = `  steps:
    - name: use
      outputs: [build]
      params: [data.days]
      run: |
        head -c 100 "$SLIPWAY_PARAMS_FILE"; touch "$HOME/mine" "$TMPDIR/mine"
        mkdir -p build; for f in model.onnx evaluation.csv reference.csv report.json; do echo x > build/$f; done
`;

describe(`a build in containers of ${engine.title}`, { skip: typeof found === 'string' && found }, () => {
  after(engine.stop);
  const ran: StepCommand[] = [];
  const containers = createDockerStepRunner({
    ...{ socket: engine.socket, image: engine.image, owner: { installation: 'build', host: 'here' } },
    ...{ network: 'bridge', memoryBytes: 256 * 1024 * 1024, cpus: 2, processes: 64, writable: [] },
  });
  const steps: StepRunner = {
    run: (step, onOutput, signal) => {
      ran.push(step);
      return containers.run(step, onOutput, signal);
    },
  };
  const scene = openBuildScene({ steps }, { image: engine.image });
  after(scene.close);
  const commit = scene.repository.commit(ferries(STEPS));

  it('writes what it declares, and is skipped afterwards', async () => {
    const first = await scene.build(commit);
    outcomeOf(first.outcome);
    assert.deepEqual(ranOf(first.steps), ['use']);
    assert.match(first.log, /{"data.days":12}/);
    assert.deepEqual(ranOf((await scene.build(commit)).steps), []);
  });

  it('runs again in another image', async () => {
    Object.assign(scene.ports.settings, { image: `${engine.image.slice(0, -1)}x` });
    const { steps: told } = await scene.build(commit);
    assert.deepEqual(
      told.map(({ outcome, reason }) => [outcome, /image/.test(reason)]),
      [['ran', true]],
    );
  });

  it('tells the runner which attempt of which activity it is', () => {
    assert.ok(ran.length > 0);
    for (const { task } of ran) assert.match(JSON.stringify(task), /^{"id":"[^"]+\/[^"]+\/[^"]+","attempt":1}$/);
  });
});
