// A server in a process of its own: `node server.mjs slipway|router|echo <model.onnx>`. It writes its address on its first line,
// and where it speaks gRPC after it.
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';

const [, , kind, onnx, log = 'on'] = process.argv;

/** One model server, as a node starts it; what it logs is made into segments, and thrown away instead of stored. */
const serveModel = async () => {
  const { startModelServer } = await import('../../dist/src/model-server/start.js');
  const { servingLimitsSchema } = await import('../../dist/src/contract/servingLimits.js');
  const { layDown } = await import('../../dist/test/fixtures/artifact.js');
  const { benchArtifact } = await import('./model.mjs');
  const directory = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  const artifact = benchArtifact(onnx, log === 'on');
  const server = await startModelServer(
    {
      model: 'late',
      environment: 'bench',
      artifactDirectory: await layDown(directory, artifact),
      address: { host: '127.0.0.1', port: 0 },
      limits: servingLimitsSchema.parse({}),
    },
    { createDocument: async () => undefined },
    pino({ level: 'silent' }),
    (reason) => {
      throw new Error(reason);
    },
  );
  await server.ready;
  return {
    url: `http://127.0.0.1:${server.port}`,
    stop: async () => {
      await server.stop();
      await rm(directory, { recursive: true });
    },
  };
};

/** A serving node with its router, and the same model server behind it. */
const serveNode = async () => {
  const { startTestNode } = await import('../../dist/test/fixtures/servingNode.js');
  const { storeArtifact, targetVersion } = await import('../../dist/test/fixtures/artifact.js');
  const { benchArtifact } = await import('./model.mjs');
  const node = await startTestNode();
  const artifact = await storeArtifact(node.store, benchArtifact(onnx));
  await node.target.apply({
    model: 'late',
    environment: 'test',
    fence: { epoch: 1, seq: 1 },
    versions: [targetVersion(artifact, 100)],
  });
  while (!(await node.target.observe('late', 'test')).versions[0]?.ready) await delay(100);
  return { url: `${node.url()} ${node.grpcAddress()}`, stop: () => node.discard() };
};

/** What Node's HTTP alone can do: reads the whole body, and answers about as many bytes as the model server would. */
const serveEcho = async () => {
  const server = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const answer = Buffer.concat(parts).subarray(0, 512);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: async () => undefined };
};

const { url, stop } = await { slipway: serveModel, router: serveNode, echo: serveEcho }[kind]();
console.log(url);
process.once('SIGTERM', () => void stop().then(() => process.exit(0)));
