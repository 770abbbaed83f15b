// Calls of ModelInfer one after the other on each connection, without a library that would cost more than the server.
import { connect, constants } from 'node:http2';
import { codec } from '../../dist/test/fixtures/grpc/proto.js';
import { requestOf } from './model.mjs';

/** The same tensors as `requestOf` with binary data, as one message with its frame. */
export const callOf = (rows, output) => {
  const { body, headers } = requestOf(rows, { binary: true, output });
  const length = Number(headers['inference-header-content-length']);
  const [{ name, shape, datatype }] = JSON.parse(body.subarray(0, length).toString()).inputs;
  const message = codec('ModelInferRequest').encode({
    model_name: 'late',
    inputs: [{ name, shape, datatype }],
    outputs: [{ name: output }],
    raw_input_contents: [body.subarray(length)],
  });
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
};

/** @returns {Promise<number[]>} milliseconds of each call; a call that is not OK rejects */
export const loadGrpc = async (address, call, { connections, seconds }) => {
  const until = performance.now() + seconds * 1_000;
  const latencies = [];
  const caller = async () => {
    const session = connect(`http://${address}`, { settings: { initialWindowSize: 1 << 20 } });
    while (performance.now() < until) {
      const began = performance.now();
      await ask(session, call);
      latencies.push(performance.now() - began);
    }
    await new Promise((resolve) => session.close(resolve));
  };
  await Promise.all(Array.from({ length: connections }, caller));
  return latencies;
};

const HEADERS = {
  [constants.HTTP2_HEADER_METHOD]: 'POST',
  [constants.HTTP2_HEADER_PATH]: '/inference.GRPCInferenceService/ModelInfer',
  [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
  [constants.HTTP2_HEADER_TE]: 'trailers',
};

const ask = (session, call) =>
  new Promise((resolve, reject) => {
    const stream = session.request(HEADERS);
    let status;
    stream.on('response', (headers) => (status = headers['grpc-status']));
    stream.on('trailers', (trailers) => (status = trailers['grpc-status']));
    stream.on('error', reject);
    stream.on('close', () => (status === '0' ? resolve() : reject(new Error(`the call ended with ${status}`))));
    stream.resume().end(call);
  });
