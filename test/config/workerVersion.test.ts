import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inherited, readVariables } from '../../src/config/variables.js';
import { workerVersionOf } from '../../src/config/workerVersion.js';

const BOTH = { TEMPORAL_DEPLOYMENT_NAME: 'slipway/slipway-worker-control', TEMPORAL_WORKER_BUILD_ID: '1.0.0-ab12' };

describe('the version of a worker', () => {
  it('is what the Worker Controller gives its Pods, and there is none where nobody says one', () => {
    assert.deepEqual(workerVersionOf(readVariables(BOTH)), {
      version: { deploymentName: 'slipway/slipway-worker-control', buildId: '1.0.0-ab12' },
    });
    assert.deepEqual(workerVersionOf(readVariables({})), {});
    assert.deepEqual(
      workerVersionOf(readVariables({ ...BOTH, TEMPORAL_DEPLOYMENT_NAME: '', TEMPORAL_WORKER_BUILD_ID: '' })),
      {},
    );
  });

  for (const name of Object.keys(BOTH))
    it(`is refused with ${name} alone`, () => {
      assert.throws(() => workerVersionOf(readVariables({ [name]: 'x' })), {
        code: 'config_invalid',
        message: /TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID together/,
      });
    });

  it('is not handed down to the processes of slipway dev, nor to commands', () => {
    assert.deepEqual(inherited({ ...BOTH, TEMPORAL_CLI: 'kept' }), { TEMPORAL_CLI: 'kept' });
  });
});
