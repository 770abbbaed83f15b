import { findConfinement, type Confinement } from '../../src/adapters/process/confinement.js';
import { createStepRunner } from '../../src/adapters/process/stepRunner.js';
import { createScriptedStepRunner } from '../fakes/scriptedStepRunner.js';
import { describeCommands } from './commands.js';
import { CONTRACT_STEPS, describeStepRunner } from './stepRunner.js';

const path = process.env['PATH'] ?? '';

describeStepRunner('scripted', () => createScriptedStepRunner(CONTRACT_STEPS));

const adapter = new URL('../../src/adapters/process/stepRunner.js', import.meta.url).href;
const best = await findConfinement(path);
const confinements: readonly Confinement[] = best.kind === 'namespace' ? [{ kind: 'group' }, best] : [best];

for (const confinement of confinements) {
  const options = { path, graceMs: 300, confinement };
  const name = `a process ${confinement.kind}`;
  describeStepRunner(name, () => createStepRunner(options));
  describeCommands(name, {
    runner: createStepRunner(options),
    source: `import { createStepRunner } from ${JSON.stringify(adapter)};
      const runner = createStepRunner(${JSON.stringify(options)});`,
    missesDaemons: confinement.kind === 'group',
  });
}
