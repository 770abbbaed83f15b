import type { FeatureSpec, SignatureSpec } from '../spec/types.js';
import { DATATYPES_OF, isMatrix, USUAL_DATATYPES } from '../inference/featureColumns.js';
import type { TensorSpec } from './types.js';

/** Datatypes that a prediction may have. */
const PREDICTIONS: readonly string[] = ['FP32', 'FP64', 'FP16'];

/**
 * Where a model differs from its declared signature; empty where it does not. One input per feature, of a datatype that can
 * carry it and shape [rows, 1], or one input that has all of them as its columns, [rows, features]; rows are dynamic. The
 * prediction is a floating-point tensor of shape [rows], [rows, 1], or [rows, 2] with the positive class last.
 */
export const checkSignature = (
  signature: SignatureSpec,
  model: { readonly inputs: readonly TensorSpec[]; readonly outputs: readonly TensorSpec[] },
): readonly string[] => [
  ...(isMatrix(signature.features, model.inputs)
    ? matrixMismatches(signature.features, model.inputs[0]!)
    : inputMismatches(signature, model.inputs)),
  ...outputMismatches(signature, model.outputs),
];

const matrixMismatches = (features: readonly FeatureSpec[], input: TensorSpec): readonly string[] => {
  const problems = features.flatMap((feature) => datatypeMismatch(feature, input));
  if (!isColumns(input.shape, features.length))
    problems.push(
      `${input.name} has shape [${input.shape.join(', ')}], expected [rows, ${features.length}] with dynamic rows: one column per feature`,
    );
  return problems;
};

const datatypeMismatch = ({ name, type }: FeatureSpec, input: TensorSpec): string[] =>
  DATATYPES_OF[type].includes(input.datatype)
    ? []
    : [`${name} is declared as ${type} (${USUAL_DATATYPES[type]}), the model takes ${input.datatype}`];

const inputMismatches = (signature: SignatureSpec, inputs: readonly TensorSpec[]): readonly string[] => {
  const declared = new Set(signature.features.map((feature) => feature.name));
  const undeclared = inputs
    .filter((input) => !declared.has(input.name))
    .map((input) => `the model has an input ${input.name} that slipway.yaml does not declare`);
  const differing = signature.features.flatMap((feature) => {
    const input = inputs.find((candidate) => candidate.name === feature.name);
    if (input === undefined) return [`slipway.yaml declares ${feature.name}, which is no input of the model`];
    const problems = datatypeMismatch(feature, input);
    if (!isColumns(input.shape, 1))
      problems.push(`${feature.name} has shape [${input.shape.join(', ')}], expected [rows, 1] with dynamic rows`);
    return problems;
  });
  return [...undeclared, ...differing];
};

const outputMismatches = (signature: SignatureSpec, outputs: readonly TensorSpec[]): readonly string[] => {
  const output = outputs.find((candidate) => candidate.name === signature.prediction);
  if (output === undefined) {
    return [
      `slipway.yaml names ${signature.prediction} as prediction, the model has ${outputs.map((candidate) => candidate.name).join(', ') || 'no output'}`,
    ];
  }
  const problems: string[] = [];
  if (!PREDICTIONS.includes(output.datatype)) problems.push(`${output.name} is ${output.datatype}, expected FP32`);
  if (!isPrediction(output.shape)) {
    problems.push(
      `${output.name} has shape [${output.shape.join(', ')}], expected [rows, 1], or [rows, 2] with the positive class last`,
    );
  }
  return problems;
};

/** [rows, width], where the model leaves the rows open, and perhaps the width. */
const isColumns = (shape: readonly number[], width: number): boolean =>
  shape.length === 2 && shape[0] === -1 && (shape[1] === width || shape[1] === -1);

const isPrediction = (shape: readonly number[]): boolean =>
  (shape.length === 1 && shape[0] === -1) || isColumns(shape, 1) || isColumns(shape, 2);
