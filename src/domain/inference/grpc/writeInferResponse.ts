import type { Parameter } from './parameters.js';
import { boolField, element, int64s, textField, type Part } from './write.js';

/** The JSON part of an answer with binary tensors, as a model server writes it. */
export interface InferAnswerHead {
  readonly model_name: string;
  readonly model_version?: string;
  readonly id?: string;
  readonly parameters?: Readonly<Record<string, Parameter>>;
  readonly outputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly parameters?: { readonly binary_data_size?: number };
  }[];
}

/**
 * `inference.ModelInferResponse`, in parts that follow each other; raw_output_contents are the very bytes of the answer.
 *
 * @param binary what follows the JSON part, one tensor after the other
 */
export const writeInferResponse = (answer: InferAnswerHead, binary: Uint8Array): readonly Part[] => {
  const parts: Part[] = [
    ...textField(1, answer.model_name),
    ...textField(2, answer.model_version ?? ''),
    ...textField(3, answer.id ?? ''),
    ...Object.entries(answer.parameters ?? {}).flatMap(([name, value]) =>
      element(4, [...textField(1, name), ...element(2, parameter(value))]),
    ),
  ];
  const contents: Part[] = [];
  let at = 0;
  for (const { name, datatype, shape, parameters } of answer.outputs) {
    const size = parameters?.binary_data_size ?? 0;
    parts.push(...element(5, [...textField(1, name), ...textField(2, datatype), ...int64s(3, shape)]));
    contents.push(...element(6, [binary.subarray(at, at + size)]));
    at += size;
  }
  return [...parts, ...contents];
};

/** Model servers say texts and whether something is so; numbers would be doubles. */
const parameter = (value: Parameter): readonly Part[] =>
  typeof value === 'boolean' ? boolChoice(value) : textField(3, String(value));

/** One of several is written also where it has its default value, or nobody would know which it is. */
const boolChoice = (value: boolean): readonly Part[] => (value ? boolField(1, true) : [Uint8Array.from([8, 0])]);
