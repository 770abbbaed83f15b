// Train step: boosted trees on the training table, exported as ONNX, with a report of our own for people to read.
import { writeFileSync } from 'node:fs';
import { encode, lateShares } from '../lib/encoding.mjs';
import { toOnnx } from '../lib/onnx.mjs';
import { readParams } from '../lib/params.mjs';
import { readTable } from '../lib/table.mjs';
import { predict, train } from '../lib/trees.mjs';

const params = readParams();
const training = readTable('build/training.csv');
const evaluation = readTable('build/evaluation.csv');
const encoders = { origin: lateShares(training, 'origin'), destination: lateShares(training, 'destination') };

const started = Date.now();
const model = train(
  training.map((row) => encode(row, encoders)),
  training.map((row) => row.late),
  params,
);
console.log(`${params.trees} trees of depth ${params.depth} in ${((Date.now() - started) / 1000).toFixed(1)} s`);

const predictions = evaluation.map((row) => predict(model, encode(row, encoders)));
const brier =
  predictions.reduce((sum, prediction, index) => sum + (prediction - evaluation[index].late) ** 2, 0) /
  evaluation.length;
writeFileSync('build/model.onnx', toOnnx(model, encoders));
writeFileSync('build/predictions.json', JSON.stringify(predictions));
writeFileSync(
  'build/report.json',
  JSON.stringify({ rows: evaluation.length, brier: Number(brier.toFixed(6)), trees: params.trees }, null, 2),
);
console.log(`held out: Brier score ${brier.toFixed(4)} on ${evaluation.length} rows`);
