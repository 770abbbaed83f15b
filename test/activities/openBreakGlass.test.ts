import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createOpenBreakGlass, type OpenedGlass } from '../../activities/openBreakGlass.js';
import { testPorts } from '../fakes/ports.js';
import { askedBy } from '../fixtures/askedBy.js';

it('opens the glass with the incident of this very version and place, and with no other workflow', async () => {
  const version = { artifactDigest: `sha256:${'a'.repeat(64)}`, releaseId: 'release/m/c', commit: 'c' } as const;
  const open = (workflowId: string, workflowType = 'incident') =>
    askedBy(version.releaseId).run(createOpenBreakGlass(testPorts()), {
      ...{ model: 'm', environment: 'production', version },
      incident: { workflowType, workflowId, input: {}, summary: '', searchAttributes: {} },
    }) as Promise<OpenedGlass>;
  const named = 'incident/m/production/breakglass.c';
  for (const other of ['incident/m/production/breakglass.d', 'incident/m/staging/breakglass.c', 'mine'])
    await assert.rejects(open(other), { code: 'record_mismatch' }, other);
  await assert.rejects(open(named, 'release'), { code: 'record_mismatch' });
  assert.equal((await open(named)).kind, 'shut', 'nobody broke it');
});
