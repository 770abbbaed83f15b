/** monitoring of slipway.yaml: measured in the last environment. */
import { z } from 'zod';
import { duration } from '../names.js';
import { mapping, wholeNumber } from '../yaml/expected.js';

const remediation = mapping({
  rollback: z.boolean().default(false).describe('Go back to the version before, where it would be better.'),
  retrain: z.boolean().default(false).describe('Start a release on what production has logged since.'),
  cooldown: duration('0s', '365d').prefault('1d').describe('No second remediation within this time.'),
  maxRetrains: wholeNumber().min(0).max(10).default(1).describe('Retrains that one incident may start.'),
});

export const monitoring = mapping({
  every: duration('1s', '30d').prefault('1d').describe('Interval of the checks.'),
  window: duration('1m', '365d').prefault('7d').describe('Length of a window of predictions, in event time.'),
  labelDelay: duration('0s', '365d')
    .prefault('1d')
    .describe('A window is scored with labels this long after it ended.'),
  minRows: wholeNumber().min(1).default(500).describe('Fewer in a window are insufficient_data.'),
  drift: mapping({
    maxDistance: z
      .number()
      .gt(0)
      .max(1)
      .default(0.1)
      .describe('Jensen-Shannon distance (base 2) that does not matter yet.'),
    alpha: z.number().gt(0).max(0.2).default(0.01).describe('False alarms per window, over all features together.'),
  })
    .prefault({})
    .describe('Of features and predictions, against training.'),
  performance: mapping({
    metric: z.enum(['brier', 'log_loss']).default('brier').describe('Of predictions whose labels are known.'),
    maxIncrease: z
      .number()
      .min(0)
      .max(10)
      .default(0.02)
      .describe('In units of the metric, over the evaluation set when it was packaged.'),
  })
    .prefault({})
    .describe('Of what came true.'),
  remediation: remediation.prefault({}).describe('What is repaired without a person; nothing unless it is said here.'),
});
