// ONNX Runtime alone: `node bare.mjs <model.onnx> <rows> <milliseconds>` prints how many runs a second it does.
import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';

const [, , path, rows, milliseconds] = process.argv;
const FEATURES = 20;
const session = await ort.InferenceSession.create(readFileSync(path), { intraOpNumThreads: 1, interOpNumThreads: 1 });
const data = Float32Array.from(
  { length: Number(rows) * FEATURES },
  (_, at) => Math.sin(at * 12.9898 + (at % FEATURES) * 78.233) * 2,
);
const run = () => session.run({ X: new ort.Tensor('float32', data, [Number(rows), FEATURES]) }, ['probabilities']);
for (let index = 0; index < 100; index += 1) await run();
const began = performance.now();
let runs = 0;
for (; performance.now() - began < Number(milliseconds); runs += 1) await run();
console.log((runs * 1_000) / (performance.now() - began));
