/** Rules between the steps of a build, on the raw value: what they need, write and read must fit together. */
import { cycleThrough } from '../../domain/build/graph.js';
import { matchesPath, newEffort, overlaps } from '../../domain/build/matchPath.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { valueAt } from '../yaml/problemsOf.js';
import type { RuleBreach } from '../yaml/checkYaml.js';
import { unknownName } from '../yaml/unknownName.js';
import { checkpointRules } from './checkpointRules.js';
import { BROUGHT } from './unreadParams.js';

/** A step as far as it has the right shape; what has not is the schema's to say. */
interface RawStep {
  readonly name: string;
  readonly needs: readonly unknown[] | undefined;
  readonly inputs: readonly unknown[];
  readonly outputs: readonly unknown[];
  readonly params: readonly unknown[];
}

export const stepRules = (value: unknown): readonly RuleBreach[] => {
  const twice = stepsOnce(value);
  if (twice.length > 0) return twice;
  const steps = readSteps(value).slice(0, MAX_STEPS);
  const tooMany = sizeRules(steps);
  if (tooMany.length > 0) return tooMany;
  return [
    ...needRules(steps),
    ...outputRules(steps),
    ...inputRules(steps),
    ...checkpointRules(value, MAX_STEPS),
    ...paramRules(value, steps),
  ];
};

const stepsOnce = (value: unknown): readonly RuleBreach[] => {
  const build = valueAt(value, ['build']);
  if (typeof build !== 'object' || build === null || Array.isArray(build)) return [];
  const [steps, dvc, params, stages] = ['steps', 'dvc', 'params', 'stages'].map(
    (key) => valueAt(build, [key]) !== undefined,
  );
  if (steps === dvc)
    return [
      { path: ['build'], message: steps ? 'has its steps twice' : 'has no steps', expected: 'either steps or dvc' },
    ];
  if (steps && stages)
    return [{ path: ['build', 'stages'], message: 'are of a dvc.yaml', expected: 'the same keys in each of steps' }];
  return dvc && params
    ? [
        {
          path: ['build', 'params'],
          message: 'are of steps',
          expected: 'the parameters in params.yaml, as stages read them',
        },
      ]
    : [];
};

/** Every input is compared with every output: in all steps together there are limits, so that no file takes long. */
const MAX_STEPS = 50;
const MAX_INPUTS = 500;
const MAX_OUTPUTS = 100;

const sizeRules = (steps: readonly RawStep[]): readonly RuleBreach[] =>
  (
    [
      ['inputs', MAX_INPUTS],
      ['outputs', MAX_OUTPUTS],
    ] as const
  ).flatMap(([key, most]) => {
    const count = steps.reduce((sum, step) => sum + step[key].length, 0);
    return count <= most
      ? []
      : [{ path: ['build', 'steps'], message: `its steps have ${count} ${key}`, expected: `at most ${most} in all` }];
  });

const readSteps = (value: unknown): readonly RawStep[] => {
  const written = valueAt(value, ['build', 'steps']);
  if (!Array.isArray(written)) return [];
  return written.map((step: unknown) => {
    const list = (key: string): readonly unknown[] | undefined => {
      const found = valueAt(step, [key]);
      return Array.isArray(found) ? found : undefined;
    };
    const name = valueAt(step, ['name']);
    return {
      name: typeof name === 'string' ? name : '',
      needs: list('needs'),
      inputs: list('inputs') ?? [],
      outputs: list('outputs') ?? [],
      params: list('params') ?? [],
    };
  });
};

const needRules = (steps: readonly RawStep[]): readonly RuleBreach[] => {
  const names = steps.map((step) => step.name);
  const graph = graphOf(steps);
  const told = new Set<string>();
  return steps.flatMap((step, index) =>
    (step.needs ?? []).flatMap((need, position): readonly RuleBreach[] => {
      if (typeof need !== 'string') return [];
      const path = ['build', 'steps', index, 'needs', position];
      if (!names.includes(need)) {
        return [
          unknownName(
            path,
            need,
            names.filter((name) => name !== step.name),
            'step',
          ),
        ];
      }
      const way = need === step.name ? [need, need] : cycleFrom(graph, step.name, need);
      if (way === undefined || way.some((name) => told.has(name))) return [];
      for (const name of way) told.add(name);
      return [
        { path, message: `the steps wait for each other: ${way.join(' → ')}`, expected: 'steps without a cycle' },
      ];
    }),
  );
};

type Graph = ReadonlyMap<string, readonly string[]>;

const graphOf = (steps: readonly RawStep[]): Graph =>
  new Map(
    steps.map((step, index) => {
      const before = steps[index - 1];
      const implied = before === undefined ? [] : [before.name];
      return [step.name, step.needs?.filter((need) => typeof need === 'string') ?? implied];
    }),
  );

/** The cycle that goes from a step through this need of it. */
const cycleFrom = (graph: Graph, step: string, need: string): readonly string[] | undefined =>
  cycleThrough(new Map([...graph, [step, [need]]]), step);

const outputRules = (steps: readonly RawStep[]): readonly RuleBreach[] => {
  const claimed: { readonly output: string; readonly step: string }[] = [];
  return steps.flatMap((step, index) =>
    step.outputs.flatMap((output, position): readonly RuleBreach[] => {
      if (typeof output !== 'string') return [];
      const path = ['build', 'steps', index, 'outputs', position];
      if (/[*?]/.test(output)) return [{ path, message: 'is a pattern', expected: 'the path of a file or folder' }];
      const other = claimed.find((one) => overlaps(one.output, output));
      claimed.push({ output, step: step.name });
      if (other === undefined) return [];
      return [
        {
          path,
          message:
            other.output === output
              ? `${output} is an output of ${other.step}, too`
              : `${output} and ${other.output} of ${other.step} lie in each other`,
          expected: 'each file as the output of one step',
        },
      ];
    }),
  );
};

/** What a step reads of another must have been written before it runs. */
const inputRules = (steps: readonly RawStep[]): readonly RuleBreach[] => {
  try {
    return comparedInputs(steps);
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    const message = 'its inputs and outputs take too long to compare';
    return [{ path: ['build', 'steps'], message, expected: 'folders, or fewer patterns' }];
  }
};

const comparedInputs = (steps: readonly RawStep[]): readonly RuleBreach[] => {
  const effort = newEffort();
  const graph = graphOf(steps);
  return steps.flatMap((step, index) => {
    const before = reachable(graph, step.name);
    return step.inputs.flatMap((input, position): readonly RuleBreach[] => {
      const read = typeof input === 'string' ? input : valueAt(input, ['path']);
      if (typeof read !== 'string') return [];
      const path = ['build', 'steps', index, 'inputs', position];
      const writer = steps.find((other) =>
        other.outputs.some(
          (output) => typeof output === 'string' && (overlaps(read, output) || matchesPath(read, output, effort)),
        ),
      );
      if (writer === undefined) return [];
      if (typeof input !== 'string')
        return [{ path, message: `${read} is an output of ${writer.name}`, expected: 'a path that no step writes' }];
      if (before.has(writer.name)) return [];
      const why = writer.name === step.name ? 'which is this step' : 'which may run after it';
      return [
        {
          path,
          message: `${read} is written by ${writer.name}, ${why}`,
          expected:
            writer.name === step.name ? 'an input that another step or nobody writes' : `needs: [${writer.name}]`,
        },
      ];
    });
  });
};

const reachable = (graph: Graph, from: string): ReadonlySet<string> => {
  const found = new Set<string>();
  for (let queue = [...(graph.get(from) ?? [])]; queue.length > 0;) {
    const fresh = queue.filter((name) => !found.has(name));
    for (const name of fresh) found.add(name);
    queue = fresh.flatMap((name) => graph.get(name) ?? []);
  }
  return found;
};

const paramRules = (value: unknown, steps: readonly RawStep[]): readonly RuleBreach[] => {
  const params = valueAt(value, ['build', 'params']);
  const known = [...(typeof params === 'object' && params !== null ? Object.keys(params) : []), ...BROUGHT];
  return steps.flatMap((step, index) =>
    step.params.flatMap((param, position): readonly RuleBreach[] => {
      if (typeof param !== 'string' || known.includes(param)) return [];
      return [unknownName(['build', 'steps', index, 'params', position], param, known, 'parameter')];
    }),
  );
};
