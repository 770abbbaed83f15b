import type { DriftWindow } from '../../domain/drift/types.js';
import type { BlobStore } from '../../ports/blobStore.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const predictionPrefix = (model: string, environment: string): string => `inference/${model}/${environment}/`;
export const labelPrefix = (model: string, environment: string): string => `labels/${model}/${environment}/`;

/** All keys below a prefix that end like a segment, in pages. */
export const listSegments = async (store: BlobStore, prefix: string): Promise<readonly string[]> => {
  const found: string[] = [];
  for (let startAfter: string | undefined; ;) {
    const page = await store.listDocuments(prefix, {
      limit: 1_000,
      ...(startAfter === undefined ? {} : { startAfter }),
    });
    found.push(...page.filter((key) => key.endsWith('.parquet')));
    if (page.length < 1_000) return found;
    startAfter = page.at(-1);
  }
};

/**
 * Segments are filed by the hour of their arrival. With live traffic a row arrives at its event time or later, so
 * hours before the window cannot hold it; replayed rows may have any event time, and all hours are looked at.
 */
export const mayHold = (key: string, window: DriftWindow): boolean => {
  const arrival = arrivalHour(key);
  return Number.isNaN(arrival) || arrival + HOUR_MS > window.start;
};

/** Of the segment that arrived first; undefined where none says when. */
export const firstHour = (keys: readonly string[]): number | undefined => {
  const hours = keys.map(arrivalHour).filter((hour) => !Number.isNaN(hour));
  return hours.length === 0 ? undefined : hours.reduce((first, hour) => Math.min(first, hour));
};

const arrivalHour = (key: string): number => {
  const found = /\/(\d{4}-\d{2}-\d{2})\/(\d{2})\/[^/]+$/.exec(key);
  return found === null ? Number.NaN : Date.parse(`${found[1]}T${found[2]}:00:00Z`);
};

/** Labels are filed by the day of the newest one in their batch. The truth is known after the event, never before. */
export const mayLabel = (key: string, window: DriftWindow): boolean => {
  const found = /\/(\d{4}-\d{2}-\d{2})\/[^/]+$/.exec(key);
  const day = found === null ? Number.NaN : Date.parse(`${found[1]}T00:00:00Z`);
  return Number.isNaN(day) || day + DAY_MS > window.start;
};
