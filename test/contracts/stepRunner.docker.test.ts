import { after, describe, it } from 'node:test';
import { createDockerStepRunner } from '../../src/adapters/docker/stepRunner.js';
import { findContainerEngine } from '../servers/containerEngine.js';
import { describeCommands } from './commands.js';
import { describeStepRunner } from './stepRunner.js';

const adapter = new URL('../../src/adapters/docker/stepRunner.js', import.meta.url).href;
const engine = await findContainerEngine();

if (typeof engine === 'string') {
  describe('StepRunner contract: containers', () => {
    it('was not tried here', { skip: engine }, () => undefined);
  });
} else {
  after(engine.stop);
  const options = {
    socket: engine.socket,
    image: engine.image,
    owner: { installation: 'contract', host: 'here' },
    network: 'host',
    memoryBytes: 512 * 1024 * 1024,
    cpus: 2,
    processes: 200,
    writable: [],
    graceMs: 300,
  };
  describeStepRunner(`containers of ${engine.title}`, () => createDockerStepRunner(options));
  describeCommands(`containers of ${engine.title}`, {
    runner: createDockerStepRunner(options),
    source: `import { createDockerStepRunner } from ${JSON.stringify(adapter)};
      const runner = createDockerStepRunner(${JSON.stringify(options)});`,
  });
}
