import { resolve as absolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { InferenceRunner, ModelDescription } from '../../ports/inferenceRunner.js';
import { spawnUntrusted } from '../../transport/untrustedChild.js';
import type { Answer, Question } from './protocol.js';
import { refuseForeignFormats } from './sniff.js';

export interface InferenceRunnerOptions {
  /** All memory that the child may allocate, MiB; its JavaScript heap has half of it. */
  readonly memoryMiB?: number;
  /** For one question, milliseconds. */
  readonly timeoutMs?: number;
  /** Where the child's empty folder is made. */
  readonly scratch?: string;
}

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url));

/**
 * Loads models with ONNX Runtime in a child process per question: a model that crashes or eats memory takes the child
 * with it, one that finds a way to name other files finds none, and statistics never wait behind inference on the
 * event loop.
 */
export const createOnnxInferenceRunner = (options: InferenceRunnerOptions = {}): InferenceRunner => {
  const ask = async (question: Question): Promise<unknown> => {
    await refuseForeignFormats(question.modelPath);
    const asked = { ...question, modelPath: absolute(question.modelPath) };
    return inChild(asked, options.memoryMiB ?? 4_096, options.timeoutMs ?? 600_000, options.scratch);
  };
  return {
    describe: async (modelPath) => (await ask({ kind: 'describe', modelPath })) as ModelDescription,
    predict: async (modelPath, features, output, columns) => {
      const rows = Math.max(0, ...features.map((feature) => columns[feature.name]?.length ?? 0));
      if (rows === 0) return [];
      return (await ask({ kind: 'predict', modelPath, features, output, columns, rows })) as readonly number[];
    },
  };
};

const inChild = (question: Question, memoryMiB: number, timeoutMs: number, scratch?: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const child = spawnUntrusted(CHILD, memoryMiB, scratch);
    let answered = false;
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const end = (settle: () => void): void => {
      answered = true;
      clearTimeout(timer);
      settle();
    };
    child.once('message', (answer: Answer) =>
      end(() =>
        answer.ok
          ? resolve(answer.result)
          : reject(new SlipwayError('model_invalid', `the model cannot be used: ${answer.message}`)),
      ),
    );
    child.once('error', (cause) =>
      end(() => reject(new SlipwayError('internal', 'the inference process could not be started', {}, { cause }))),
    );
    child.once('exit', (code, signal) => {
      if (!answered)
        end(() =>
          reject(
            new SlipwayError(
              'model_invalid',
              `the process that loads the model ended with ${signal ?? `code ${code}`}`,
            ),
          ),
        );
    });
    child.send(question, () => undefined);
  });
