import { METRICS } from '../spec/metrics.js';
import type { GateRule, GateSpec } from '../spec/gates.js';
import type { EnvironmentSpec } from '../spec/types.js';

export interface GateProblem {
  readonly gate: string;
  /** Position among the gate's rules, where the problem is in one. */
  readonly rule?: number;
  readonly problem: string;
}

/**
 * Everything in gates that could never do what its author meant: no rules, no limit, a limit that no value or every
 * value meets, a champion rule without any threshold for the first version, names that are used twice or not known.
 */
export const validateGates = (
  gates: readonly GateSpec[],
  environments: readonly EnvironmentSpec[] = [],
): readonly GateProblem[] => [
  ...gates.flatMap((gate, position) => [
    ...(gates.findIndex((other) => other.name === gate.name) < position
      ? [{ gate: gate.name, problem: 'the name is used twice' }]
      : []),
    ...validateGate(gate),
  ]),
  ...environments.flatMap(({ name, gates: asked }) =>
    asked
      .filter((gate) => !gates.some((known) => known.name === gate))
      .map((gate) => ({ gate, problem: `${name} asks for it, and there is none of this name` })),
  ),
];

const validateGate = ({ name, minRows, rules }: GateSpec): readonly GateProblem[] => {
  const whole = [
    ...(rules.length === 0 ? ['it has no rules: nothing would be required'] : []),
    ...(Number.isInteger(minRows) && minRows >= 1 ? [] : [`minRows is ${minRows}, must be a whole number from 1`]),
    ...(rules.length > 0 && rules.every((rule) => rule.kind === 'champion')
      ? ['it only compares with a champion: the first version has none, and could never pass']
      : []),
  ];
  return [
    ...whole.map((problem) => ({ gate: name, problem })),
    ...rules.flatMap((rule, position) =>
      validateRule(rule).map((problem) => ({ gate: name, rule: position, problem })),
    ),
  ];
};

const validateRule = (rule: GateRule): readonly string[] => {
  if (rule.kind === 'champion') {
    return [
      ...(rule.margin >= 0 && rule.margin < 1 ? [] : [`margin is ${rule.margin}, must be from 0 to below 1`]),
      ...(rule.confidence >= 0.5 && rule.confidence < 1
        ? []
        : [`confidence is ${rule.confidence}, must be from 0.5 to below 1`]),
    ];
  }
  // The others are checked where they are written, by the schema of slipway.yaml.
  if (rule.kind !== 'threshold') return [];
  const { metric, min, max } = rule;
  if (min === undefined && max === undefined) return [`${metric} has neither min nor max`];
  const [lowest, highest] = METRICS[metric].range;
  const impossible = (name: string, limit: number | undefined): readonly string[] =>
    limit === undefined || (limit >= lowest && limit <= highest && Number.isFinite(limit))
      ? []
      : [`${name} of ${limit} is impossible: ${metric} lies between ${lowest} and ${highest}`];
  const range = [...impossible('min', min), ...impossible('max', max)];
  if (range.length > 0) return range;
  if (min !== undefined && max !== undefined && min > max)
    return [`min of ${min} is above max of ${max}: nothing could pass`];
  return (min ?? lowest) <= lowest && (max ?? highest) >= highest
    ? [`every ${metric} is within its limits: nothing would be required`]
    : [];
};
