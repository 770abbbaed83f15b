import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSendMessage, type SendMessageInput } from '../../activities/sendMessage.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { createMemoryWorkflows } from '../fakes/memoryWorkflows.js';
import { testPorts } from '../fakes/ports.js';

const received: unknown[] = [];
const workflows = createMemoryWorkflows({
  environment: () => ({ signals: { announce: (argument) => void received.push(argument) } }),
});
const send = createSendMessage(testPorts({ workflows }));
const message = (workflowId: string): SendMessageInput => ({ workflowId, signal: 'announce', argument: { order: 1 } });
const start = (workflowId: string) => ({
  ...{ workflowType: 'environment', workflowId, input: {}, summary: '', searchAttributes: {} },
});

describe('sendMessage', () => {
  it('says that a workflow is gone instead of failing: what nobody waits for needs no retries', async () => {
    assert.deepEqual(await send(message('environment/m/gone')), { delivered: false });
  });

  it('starts one that may be missing where it is told how', async () => {
    const id = 'environment/m/production';
    assert.deepEqual(await send({ ...message(id), start: start(id) }), { delivered: true });
    assert.deepEqual(await send(message(id)), { delivered: true });
    assert.deepEqual(received, [{ order: 1 }, { order: 1 }]);
  });

  it('fails where the engine is away, so that it is sent again', async () => {
    const away = new SlipwayError('temporal_unreachable', 'no answer');
    workflows.fail(away);
    await assert.rejects(send(message('environment/m/production')), (error) => error === away);
    workflows.fail();
  });
});
