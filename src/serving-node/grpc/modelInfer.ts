import { CODES } from '../../domain/inference/grpc/status.js';
import { writeInferResponse, type InferAnswerHead } from '../../domain/inference/grpc/writeInferResponse.js';
import { traceHeaders } from '../../domain/routing/traceHeaders.js';
import type { Relayed } from '../route/exchange.js';
import { ANSWER_MS, STICKY_HEADER, VERSION_HEADER } from '../route/inference.js';
import { refusedBy, type Call, type Reply, type ServiceParts } from './call.js';

/**
 * ModelInfer by the way that requests over HTTP take: model servers are asked in JSON with binary tensors after it, which are
 * the bytes of the message, and answer in the same form. So numbers are not written anew, and what the router does holds.
 */
export const modelInfer = async (
  { inference, limits, reader }: ServiceParts,
  message: Buffer,
  call: Call,
): Promise<Reply> => {
  const started = performance.now();
  const read = await reader.read(message);
  if (read.kind !== 'request')
    return {
      kind: 'refused',
      code: read.kind === 'too_large' ? CODES.resourceExhausted : CODES.invalidArgument,
      details: read.reason,
    };
  const { model, version, json, tensors } = read.request;
  const deployment = inference.find(model);
  if ('status' in deployment) return refusedBy(deployment);
  const head = Buffer.from(json);
  const leftMs = Math.max(0, call.leftMs - (performance.now() - started));
  const question = {
    method: 'POST',
    path: `/v2/models/${deployment.model}/infer`,
    headers: headerLines(call, head.length, Math.min(leftMs, limits.deadlineMs)),
    body: Buffer.concat([head, ...tensors]),
    timeoutMs: limits.deadlineMs + ANSWER_MS,
  };
  const { answer, done } = await inference.infer(
    deployment,
    {
      question,
      stickyKey: call.header(STICKY_HEADER),
      only: version === '' ? call.header(VERSION_HEADER) : version,
      cancelled: call.cancelled,
      deadline: started + call.leftMs,
    },
    started,
  );
  return { ...(answer.status === 200 ? answeredBy(answer) : refusedBy(answer)), done };
};

const headerLines = (call: Call, jsonBytes: number, waitMs: number): string => {
  let lines = `content-type: application/octet-stream\r\ninference-header-content-length: ${jsonBytes}\r\nx-slipway-wait-ms: ${Math.ceil(waitMs)}\r\n`;
  const trace = traceHeaders(call.header('traceparent'), call.header('tracestate'));
  for (const [name, value] of Object.entries(trace)) lines += `${name}: ${value}\r\n`;
  return lines;
};

const answeredBy = ({ headers, body }: Relayed): Reply => {
  const length = Number(headers['inference-header-content-length'] ?? body.length);
  const head = JSON.parse(body.toString('utf8', 0, length)) as InferAnswerHead;
  const { traceparent } = headers;
  return {
    kind: 'answered',
    message: writeInferResponse(head, body.subarray(length)),
    ...(traceparent === undefined ? {} : { headers: { traceparent } }),
  };
};
