import { findConfinement } from '../../src/adapters/process/confinement.js';
import { createStepRunner } from '../../src/adapters/process/stepRunner.js';
import { createScriptedStepRunner } from '../fakes/scriptedStepRunner.js';
import { CONTRACT_STEPS, describeStepRunner } from './stepRunner.js';

const path = process.env['PATH'] ?? '';

describeStepRunner('scripted', () => createScriptedStepRunner(CONTRACT_STEPS));
describeStepRunner('process group', () => createStepRunner({ path, graceMs: 500, confinement: { kind: 'group' } }));

const best = await findConfinement(path);
if (best.kind === 'namespace')
  describeStepRunner('process namespace', () => createStepRunner({ path, graceMs: 500, confinement: best }));
