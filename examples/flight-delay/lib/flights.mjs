// Reads flights: one row per departure, from the Parquet file of the package vega-datasets (US Department of
// Transportation data, 2001-01-01 to 2001-07-01; `date` is the local time of departure).
import { fileURLToPath } from 'node:url';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/**
 * @typedef {{date: number, delay: number, distance: number, origin: string, destination: string}} Flight
 *   date: epoch milliseconds of the local departure time, read as UTC; delay: minutes; distance: miles
 */

// The package exports its code only; the data are beside it.
const FILE = fileURLToPath(new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets')));

const DAY_MS = 86_400_000;

/** Delays below this never happened: they are errors of the record. */
const EARLIEST_MINUTES = -120;

/**
 * Flights of [from, until), ascending: without impossible delays, without repeated rows, and at most `perDay` of a
 * day, evenly spread over it.
 * @param {{from: number, until: number, perDay: number}} range epoch milliseconds
 * @returns {Promise<Flight[]>}
 */
export const readFlights = async ({ from, until, perDay }) => {
  const file = await asyncBufferFromFile(FILE);
  const metadata = await parquetMetadataAsync(file);
  const days = new Map();
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const statistics = group.columns[0].meta_data?.statistics;
    if (overlaps(statistics, from, until)) {
      const rows = await parquetReadObjects({
        file,
        metadata,
        compressors,
        rowStart,
        rowEnd,
        columns: ['date', 'delay', 'distance', 'origin', 'destination'],
      });
      for (const row of rows) collect(days, row, from, until);
    }
    rowStart = rowEnd;
  }
  return [...days.entries()].sort(([a], [b]) => a - b).flatMap(([, flights]) => spread(flights, perDay));
};

const overlaps = (statistics, from, until) => {
  const low = statistics?.min_value ?? statistics?.min;
  const high = statistics?.max_value ?? statistics?.max;
  if (!(low instanceof Date) || !(high instanceof Date)) return true;
  return high.getTime() >= from && low.getTime() < until;
};

const collect = (days, row, from, until) => {
  const date = row.date.getTime();
  const delay = Number(row.delay);
  if (date < from || date >= until || delay < EARLIEST_MINUTES) return;
  const day = Math.floor(date / DAY_MS);
  const flights = days.get(day) ?? new Map();
  days.set(day, flights);
  const flight = { date, delay, distance: Number(row.distance), origin: row.origin, destination: row.destination };
  flights.set(`${date} ${delay} ${row.origin} ${row.destination}`, flight);
};

/** Every k-th of a day, so that all hours are kept. */
const spread = (flights, perDay) => {
  const all = [...flights.values()].sort((a, b) => a.date - b.date);
  if (all.length <= perDay) return all;
  return Array.from({ length: perDay }, (_, index) => all[Math.floor((index * all.length) / perDay)]);
};
