/** gates of slipway.yaml. */
import { z } from 'zod';
import { name } from '../names.js';
import { mapping, wholeNumber } from '../yaml/expected.js';

export const metricName = z.enum(['brier', 'log_loss', 'roc_auc', 'accuracy', 'calibration_error', 'positive_rate']);
const lossName = z.enum(['brier', 'log_loss']);

const threshold = mapping({
  metric: metricName.describe('Computed by Slipway from its own predictions of the evaluation rows.'),
  min: z.number().exactOptional(),
  max: z.number().exactOptional(),
});

const champion = mapping({
  champion: lossName.describe('Metric that is compared with the champion, on the same rows, paired by day.'),
  test: z.enum(['non_inferiority', 'superiority']).default('non_inferiority'),
  margin: z
    .number()
    .min(0)
    .describe('In units of the metric: how much worse is still accepted (or how much better is asked for).'),
  confidence: z.number().min(0.5).max(0.999).default(0.95),
});

const rule = z.union([threshold, champion], {
  error: 'a threshold {metric, min, max} or a comparison {champion, test, margin, confidence}',
});

export const gate = mapping({
  name,
  minRows: wholeNumber()
    .min(1)
    .default(1000)
    .describe('Fewer evaluation rows are insufficient_data, which never passes.'),
  rules: z.array(rule).min(1).max(50),
});
