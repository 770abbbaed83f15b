import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPeer } from '../peers.mjs';
import { makeArtifact, SIGNATURE } from '../../dist/test/fixtures/artifact.js';

const FEATURES = 20;

/** Trained by this Python, in a folder of its own; the same rows and settings give the same trees. */
export const trainWith = (python) => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-trees-'));
  execFileSync(python, ['bench/serving/train.py', folder], { stdio: ['ignore', 'inherit', 'inherit'] });
  return folder;
};

/** The trees as ONNX, out of scikit-learn and its converter. */
export const trainOnnx = () =>
  join(trainWith(installPeer('sklearn', ['skl2onnx==1.20.0', 'scikit-learn==1.9.1'])('python')), 'model.onnx');

/** As a version of Slipway. */
export const benchArtifact = (onnx, logged = true) =>
  makeArtifact(readFileSync(onnx), {
    smoke: null,
    signature: {
      ...SIGNATURE,
      prediction: 'probabilities',
      features: Array.from({ length: FEATURES }, (_, index) => ({
        name: `f${index}`,
        type: 'number',
        log: logged ? 'value' : 'drop',
      })),
    },
  });

/** Rows that differ from each other: the same row again and again flatters trees. */
const rowsOf = (rows) =>
  Float32Array.from({ length: rows * FEATURES }, (_, at) => Math.sin(at * 12.9898 + (at % FEATURES) * 78.233) * 2);

/** A request of the Open Inference Protocol for the output of this name, as JSON or with binary tensors. */
export const requestOf = (rows, { binary, output }) => {
  const data = rowsOf(rows);
  const about = { name: 'X', shape: [rows, FEATURES], datatype: 'FP32' };
  if (!binary) {
    const body = JSON.stringify({ inputs: [{ ...about, data: [...data] }], outputs: [{ name: output }] });
    return { body, headers: { 'content-type': 'application/json' } };
  }
  const head = JSON.stringify({
    parameters: { binary_data_output: true },
    inputs: [{ ...about, parameters: { binary_data_size: data.byteLength } }],
    outputs: [{ name: output, parameters: { binary_data: true } }],
  });
  return {
    body: Buffer.concat([Buffer.from(head), Buffer.from(data.buffer)]),
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(Buffer.byteLength(head)),
    },
  };
};
