// Data step: of the flights of [data.from, data.until) the last days are held out, the earlier ones are for training:
// split by time, as production will meet it. Rows that production logged, where the release brings some, take the
// place of our own from their first day on.
import { mkdirSync } from 'node:fs';
import { readFlights } from '../lib/flights.mjs';
import { readExported } from '../lib/exported.mjs';
import { dayOf, readParams } from '../lib/params.mjs';
import { rowOf, writeTable } from '../lib/table.mjs';

const DAY_MS = 86_400_000;
const REFERENCE_ROWS = 15_000;

const params = readParams();
const exportedFile = process.env.SLIPWAY_EXPORTED_DATA;
const from = dayOf(params['data.from']);
const until = dayOf(params['data.until']);
// Production has known only the last weeks: holding four of them out would leave nothing new to learn from.
const heldOutDays = exportedFile === undefined ? params['evaluation.days'] : params['retrain.evaluationDays'];
const split = until - heldOutDays * DAY_MS;

const flights = await readFlights({ from, until: split, perDay: params['train.perDay'] });
const exported = await readExported(exportedFile, split);
const firstExported = exported.reduce((first, row) => Math.min(first, row.event_time), Number.POSITIVE_INFINITY);
const training = [...flights.map(rowOf).filter((row) => row.event_time < firstExported), ...exported];
const evaluation = (await readFlights({ from: split, until, perDay: params['evaluation.perDay'] })).map(rowOf);
if (training.length === 0 || evaluation.length === 0)
  throw new Error(`no flights from ${params['data.from']} to ${params['data.until']}`);

mkdirSync('build', { recursive: true });
writeTable('build/training.csv', training);
writeTable('build/evaluation.csv', evaluation);
const every = Math.max(1, Math.floor(training.length / REFERENCE_ROWS));
writeTable(
  'build/reference.csv',
  training.filter((_, index) => index % every === 0),
);
console.log(
  `${training.length} rows to train on (${exported.length} of them from production), ${evaluation.length} held out`,
);
