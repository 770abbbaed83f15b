// Parameters of a build: from the file that the pipeline is given, else the defaults of slipway.yaml's first version.
import { readFileSync } from 'node:fs';

const DEFAULTS = {
  'data.from': '2001-03-05',
  'data.until': '2001-05-21',
  'evaluation.days': 28,
  'retrain.evaluationDays': 14,
  'train.perDay': 1200,
  'evaluation.perDay': 800,
  trees: 60,
  depth: 5,
  learningRate: 0.15,
};

export const readParams = () => {
  const file = process.env.SLIPWAY_PARAMS_FILE;
  return { ...DEFAULTS, ...(file === undefined ? {} : JSON.parse(readFileSync(file, 'utf8'))) };
};

/** Midnight (UTC) of `2001-02-26`, epoch milliseconds. */
export const dayOf = (text) => {
  const at = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(at)) throw new Error(`${text} is no date such as 2001-02-26`);
  return at;
};
