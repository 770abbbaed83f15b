// A server in a process of its own: `node server.mjs slipway|echo`. It writes its address on its first line.
import { createServer } from 'node:http';

if (process.argv[2] === 'slipway') {
  const { startStandalone } = await import('../../dist/test/serving/standalone.js');
  const { benchArtifact } = await import('./model.mjs');
  const server = await startStandalone(benchArtifact());
  await server.server.ready;
  console.log(server.url);
  process.once('SIGTERM', () => void server.stop().then(() => process.exit(0)));
} else {
  // What Node's HTTP alone can do: reads the whole body, and answers as many bytes as the model server would.
  const server = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const answer = Buffer.concat(parts).subarray(0, 512);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
    });
  });
  server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
  process.once('SIGTERM', () => process.exit(0));
}
