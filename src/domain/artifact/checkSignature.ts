import type { SignatureSpec } from '../spec/types.js';
import type { TensorSpec } from './types.js';

const DATATYPES = { number: 'FP32', integer: 'INT64', string: 'BYTES' } as const;

/**
 * Where a model differs from its declared signature; empty where it does not. One input per feature with the
 * declared type and shape [rows, 1], rows dynamic; the prediction FP32 with shape [rows, 1] or [rows].
 */
export const checkSignature = (
  signature: SignatureSpec,
  model: { readonly inputs: readonly TensorSpec[]; readonly outputs: readonly TensorSpec[] },
): readonly string[] => [...inputMismatches(signature, model.inputs), ...outputMismatches(signature, model.outputs)];

const inputMismatches = (signature: SignatureSpec, inputs: readonly TensorSpec[]): readonly string[] => {
  const declared = new Set(signature.features.map((feature) => feature.name));
  const undeclared = inputs
    .filter((input) => !declared.has(input.name))
    .map((input) => `the model has an input ${input.name} that slipway.yaml does not declare`);
  const differing = signature.features.flatMap((feature) => {
    const input = inputs.find((candidate) => candidate.name === feature.name);
    if (input === undefined) return [`slipway.yaml declares ${feature.name}, which is no input of the model`];
    const problems: string[] = [];
    if (input.datatype !== DATATYPES[feature.type]) {
      problems.push(
        `${feature.name} is declared as ${feature.type} (${DATATYPES[feature.type]}), the model takes ${input.datatype}`,
      );
    }
    if (!isColumn(input.shape))
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
  if (output.datatype !== 'FP32') problems.push(`${output.name} is ${output.datatype}, expected FP32`);
  if (!isColumn(output.shape) && !(output.shape.length === 1 && output.shape[0] === -1)) {
    problems.push(`${output.name} has shape [${output.shape.join(', ')}], expected [rows, 1]`);
  }
  return problems;
};

const isColumn = (shape: readonly number[]): boolean =>
  shape.length === 2 && shape[0] === -1 && (shape[1] === 1 || shape[1] === -1);
