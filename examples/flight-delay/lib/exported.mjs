// Rows that production logged and that have labels by now: a Parquet table with our own columns.
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/** @returns {Promise<Record<string, string | number>[]>} rows before `until` (epoch milliseconds), ascending */
export const readExported = async (path, until) => {
  if (path === undefined) return [];
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path), compressors });
  return rows
    .map((row) => ({
      origin: String(row.origin),
      destination: String(row.destination),
      hour: Number(row.hour),
      weekday: Number(row.weekday),
      distance: Number(row.distance),
      late: Number(row.late),
      event_time: row.event_time instanceof Date ? row.event_time.getTime() : Number(row.event_time),
    }))
    .filter((row) => row.event_time < until)
    .sort((a, b) => a.event_time - b.event_time);
};
