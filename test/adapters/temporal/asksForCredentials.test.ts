import assert from 'node:assert/strict';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { asksForCredentials } from '../../../src/adapters/temporal/asksForCredentials.js';
import { startTemporal } from '../../servers/temporal.js';

const engine = await startTemporal();
after(() => engine.stop());

/** An engine that answers every call with this gRPC status. */
const answering = async (status: number): Promise<{ readonly address: string; close(): void }> => {
  const server = createServer();
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': status }, { endStream: true });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
};

describe('asksForCredentials', () => {
  it('finds an engine that lets everybody in', async () => {
    assert.equal(await asksForCredentials(engine.address), false);
  });

  for (const [status, expected] of [
    [7, true],
    [16, true],
    [5, false],
    [12, undefined],
  ] as const)
    it(`takes status ${status} for ${String(expected)}`, async () => {
      const other = await answering(status);
      assert.equal(await asksForCredentials(other.address), expected);
      other.close();
    });

  it('says nothing of an engine that is away', async () => {
    assert.equal(await asksForCredentials('127.0.0.1:9'), undefined);
  });
});
