import { makeArtifact, SIGNATURE } from '../../dist/test/fixtures/artifact.js';
import { trees } from '../../dist/test/fixtures/onnx/graphs.js';

const FEATURES = Array.from({ length: 20 }, (_, index) => `f${index}`);
const TREES = 100;

/** Boosted trees over twenty features, the usual shape of a model of tables. */
export const benchArtifact = () =>
  makeArtifact(trees(TREES, FEATURES), {
    smoke: null,
    signature: { ...SIGNATURE, features: FEATURES.map((name) => ({ name, type: 'number', log: 'value' })) },
  });

/** A request with rows that differ from each other: the same row again and again flatters trees. */
export const requestOf = (rows) =>
  JSON.stringify({
    inputs: FEATURES.map((name, feature) => ({
      name,
      shape: [rows, 1],
      datatype: 'FP32',
      data: Array.from({ length: rows }, (_, row) => Math.fround(Math.sin(row * 12.9898 + feature * 78.233))),
    })),
  });
