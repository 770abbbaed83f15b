/** Reads large messages away from the loop of the router: 16 MiB of typed values take some 0.2 s. */
import { parentPort } from 'node:worker_threads';
import { readInferRequest } from '../../domain/inference/grpc/readInferRequest.js';
import type { ReadQuestion, ReadReply } from './messageReader.js';

const port = parentPort!;

port.on('message', ({ id, message, most }: ReadQuestion) => {
  const read = readInferRequest(message, most);
  if (read.kind !== 'request') return port.postMessage({ id, read } satisfies ReadReply);
  // Raw tensors are views of the message, of which a copy would take all of it along.
  const tensors = read.request.tensors.map((tensor) =>
    tensor.byteLength === tensor.buffer.byteLength ? tensor : tensor.slice(),
  );
  const reply: ReadReply = { id, read: { ...read, request: { ...read.request, tensors } } };
  port.postMessage(
    reply,
    tensors.map(({ buffer }) => buffer as ArrayBuffer),
  );
});
