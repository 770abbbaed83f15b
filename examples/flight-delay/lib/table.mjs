// Tables of the pipeline: CSV with a header; the first columns are the features.
import { readFileSync, writeFileSync } from 'node:fs';
import { featuresOf, labelOf } from './features.mjs';

const HEADER = ['origin', 'destination', 'hour', 'weekday', 'distance', 'late', 'event_time'];

/** @returns {Record<string, string | number>} */
export const rowOf = (flight) => ({ ...featuresOf(flight), late: labelOf(flight), event_time: flight.date });

export const writeTable = (path, rows) => {
  const lines = rows.map((row) => HEADER.map((column) => row[column]).join(','));
  writeFileSync(path, `${HEADER.join(',')}\n${lines.join('\n')}\n`);
};

export const readTable = (path) => {
  const [header = '', ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
  const columns = header.split(',');
  return lines.map((line) => {
    const values = line.split(',');
    return Object.fromEntries(
      columns.map((column, index) => [column, index < 2 ? values[index] : Number(values[index])]),
    );
  });
};
