/** serving of an environment: how many processes serve a version there. */
import type { z } from 'zod';
import { duration, parseDuration } from '../names.js';
import type { RuleBreach } from '../yaml/checkYaml.js';
import { mapping, wholeNumber } from '../yaml/expected.js';
import { valueAt } from '../yaml/problemsOf.js';
import type { YamlPath } from '../yaml/readYaml.js';
import type { ServingSpec } from '../../domain/spec/types.js';

const replicas = mapping({
  min: wholeNumber().min(0).max(32).default(1).describe('Fewest; 0: none where nobody asks for idle.'),
  max: wholeNumber().min(1).max(32).exactOptional().describe('Most; the operator may have a lower limit. min or 1.'),
  inFlight: wholeNumber()
    .min(1)
    .max(10_000)
    .default(16)
    .describe('Requests under way that one of them should have, on average; more are answered by one more.'),
  coolDown: duration('1s', '1d').prefault('5m').describe('How long fewer must have been enough before one is ended.'),
});

export const serving = mapping({
  replicas: replicas.prefault({}).describe('How many, by the requests under way.'),
  idle: duration('1s', '30d')
    .exactOptional()
    .describe('Without a request for so long a version sleeps, where min is 0 (15m).'),
  coldStart: duration('100ms', '5m')
    .prefault('10s')
    .describe('How long a request waits for a version that slept; then it is answered with 503 and Retry-After.'),
}).describe('Processes by load; absent: one.');

const IDLE = '15m';

export const toServing = ({ replicas: written, idle, coldStart }: z.output<typeof serving>): ServingSpec => {
  const { min, max, inFlight, coolDown } = written;
  return {
    replicas: { min, max: max ?? Math.max(min, 1), inFlight, coolDownMs: coolDown },
    ...(min > 0 ? {} : { idleMs: idle ?? parseDuration(IDLE)! }),
    coldStartMs: coldStart,
  };
};

/** @param path of the environment */
export const servingRules = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const at = [...path, 'serving'];
  const [min, max] = ['min', 'max'].map((key) => valueAt(value, [...at, 'replicas', key]));
  const fewest = min ?? 1;
  return [
    ...(typeof fewest === 'number' && typeof max === 'number' && max < fewest
      ? [{ path: [...at, 'replicas', 'max'], message: `is below min (${fewest})`, expected: 'max of at least min' }]
      : []),
    ...(valueAt(value, [...at, 'idle']) !== undefined && typeof fewest === 'number' && fewest > 0
      ? [
          {
            path: [...at, 'idle'],
            message: `says when none runs, and replicas.min is ${fewest}`,
            expected: 'replicas: { min: 0 }, or no idle',
          },
        ]
      : []),
  ];
};
