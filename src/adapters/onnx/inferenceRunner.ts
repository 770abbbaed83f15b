import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { InferenceRunner, ModelDescription } from '../../ports/inferenceRunner.js';
import type { Answer, Question } from './protocol.js';
import { refuseForeignFormats } from './sniff.js';

export interface InferenceRunnerOptions {
  /** All memory that the child may allocate, MiB; its JavaScript heap has half of it. */
  readonly memoryMiB?: number;
  /** For one question, milliseconds. */
  readonly timeoutMs?: number;
}

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url));

/** A limit in KiB that the kernel keeps; where it cannot be set, only the heap is limited. Then the shell becomes the child. */
const LIMITED = 'ulimit -d "$0" 2>/dev/null; exec "$@"';

/**
 * Loads models with ONNX Runtime in a child process per question, with nothing of our environment: a model that
 * crashes or eats memory takes the child with it, and statistics never wait behind inference on the event loop.
 */
export const createOnnxInferenceRunner = (options: InferenceRunnerOptions = {}): InferenceRunner => {
  const ask = async (question: Question): Promise<unknown> => {
    await refuseForeignFormats(question.modelPath);
    return inChild(question, options.memoryMiB ?? 4_096, options.timeoutMs ?? 600_000);
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

const inChild = (question: Question, memoryMiB: number, timeoutMs: number): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const child = spawn(
      '/bin/sh',
      ['-c', LIMITED, String(memoryMiB * 1024), process.execPath, `--max-old-space-size=${memoryMiB >> 1}`, CHILD],
      {
        env: {},
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      },
    );
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
