import type { DriftWindow } from '../../domain/drift/types.js';
import { literal, runQuery } from './database.js';
import { ofCallers } from './ofCallers.js';
import type { SegmentCache } from './segmentCache.js';

/** First and last event time of a segment's real rows, epoch milliseconds; probes have none of production's time. */
interface Range {
  readonly first: number;
  readonly last: number;
}

/**
 * Which segment holds which event times. Segments are filed by arrival, and replayed rows may have any event time; so
 * each is looked into once, and from then on only the segments of a window are read.
 */
export interface SegmentIndex {
  /** Local paths of those that hold rows of the window. */
  within(keys: readonly string[], window: DriftWindow): Promise<readonly string[]>;
  /** Of all rows of these segments; undefined where there is none. */
  span(keys: readonly string[]): Promise<Range | undefined>;
}

/** About 100 bytes each. */
const MOST_RANGES = 200_000;
const FILES_PER_LOOK = 500;

export const createSegmentIndex = (cache: SegmentCache): SegmentIndex => {
  const ranges = new Map<string, Range | undefined>();

  const learn = async (keys: readonly string[]): Promise<void> => {
    const unknown = keys.filter((key) => !ranges.has(key));
    if (ranges.size + unknown.length > MOST_RANGES) ranges.clear();
    for (let from = 0; from < unknown.length; from += FILES_PER_LOOK) {
      const some = unknown.slice(from, from + FILES_PER_LOOK);
      const paths = await cache.fetch(some);
      const found = await rangesOf(paths);
      some.forEach((key, index) => ranges.set(key, found.get(paths[index] ?? '')));
    }
  };

  return {
    within: async (keys, window) => {
      await learn(keys);
      const wanted = keys.filter((key) => {
        const range = ranges.get(key);
        return range !== undefined && range.last >= window.start && range.first < window.end;
      });
      return cache.fetch(wanted);
    },
    span: async (keys) => {
      await learn(keys);
      const known = keys.flatMap((key) => ranges.get(key) ?? []);
      return known.reduce<Range | undefined>(
        (sum, range) => ({
          first: Math.min(sum?.first ?? range.first, range.first),
          last: Math.max(sum?.last ?? range.last, range.last),
        }),
        undefined,
      );
    },
  };
};

const rangesOf = async (paths: readonly string[]): Promise<ReadonlyMap<string, Range>> => {
  const { columns } = await runQuery(
    `SELECT filename, CAST(min(event_time) AS DOUBLE) AS first, CAST(max(event_time) AS DOUBLE) AS last
     FROM read_parquet([${paths.map(literal).join(', ')}], filename = true, union_by_name = true)
     WHERE event_time IS NOT NULL AND ${ofCallers('route')} GROUP BY filename`,
  );
  const names = columns['filename'] ?? [];
  return new Map(
    names.map((name, row) => [
      String(name),
      { first: Number(columns['first']?.[row]), last: Number(columns['last']?.[row]) },
    ]),
  );
};
