import type { StepSpec } from '../spec/types.js';
import { overlaps } from './matchPath.js';

/** A stage of a dvc.yaml after its templates were filled in; paths are below the root of the repository. */
export interface Stage {
  readonly name: string;
  /** Each must succeed before the next one starts. */
  readonly commands: readonly string[];
  /** Folder that they run in; the root where it is empty. */
  readonly folder: string;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Names of the parameters that it depends on. */
  readonly params: readonly string[];
  /** Runs also when nothing has changed. */
  readonly always: boolean;
}

const TIMEOUT_MS = 30 * 60_000;

/**
 * The steps of the stages, in the same order: a stage needs those that write what it reads, and no others, wherever
 * they are written.
 *
 * @example stepsOfStages([{ name: 'train', commands: ['python train.py'], folder: 'src', reads: ['src/rows.csv'], writes: ['src/m.onnx'], params: [], always: false }])
 *   // [{ name: 'train', run: "cd 'src' || exit\npython train.py", needs: [], inputs: ['src/rows.csv'], outputs: ['src/m.onnx'], ... }]
 */
export const stepsOfStages = (stages: readonly Stage[]): readonly StepSpec[] =>
  stages.map((stage) => ({
    name: stage.name,
    run: commandOf(stage),
    env: {},
    timeoutMs: TIMEOUT_MS,
    needs: stages.filter((other) => other !== stage && feeds(other, stage)).map(({ name }) => name),
    inputs: stage.reads,
    // Without outputs a step is never skipped.
    ...(stage.writes.length === 0 || stage.always ? {} : { outputs: stage.writes }),
    params: stage.params,
  }));

/** Does one write what the other reads? */
export const feeds = (writer: Stage, reader: Stage): boolean =>
  writer.writes.some((path) => reader.reads.some((read) => overlaps(read, path)));

const commandOf = ({ commands, folder }: Stage): string => {
  const [only] = commands;
  const body = commands.length === 1 ? only! : commands.map((one) => `(${one}\n) || exit`).join('\n');
  return folder === '' ? body : `cd '${folder.replaceAll("'", `'\\''`)}' || exit\n${body}`;
};
