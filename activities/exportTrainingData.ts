import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef, Digest } from '../src/domain/artifact/types.js';
import type { DriftWindow } from '../src/domain/drift/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { readSignature } from './artifactContents.js';
import { readReportIndexes } from './driftReportFiles.js';
import { whileHeartbeating } from './heartbeat.js';
import type { Ports } from './ports.js';

export interface ExportTrainingDataInput {
  readonly model: string;
  readonly environment: string;
  /** The version whose signature names the columns. */
  readonly artifactDigest: Digest;
  /** End of the newest window to export, event time. */
  readonly until: number;
}

export interface ExportedData extends BlobRef {
  readonly rows: number;
  readonly from: number;
  readonly until: number;
}

/**
 * What production saw and what turned out true, as a table to learn from: only windows whose labels were mature and
 * whose data passed quality when they were measured.
 */
export const createExportTrainingData =
  (ports: Ports) =>
  (input: ExportTrainingDataInput): Promise<ExportedData> =>
    whileHeartbeating(async () => {
      const { model, environment, artifactDigest, until } = input;
      const windows = await soundWindows(ports, model, environment, until);
      const first = windows[0];
      const last = windows.at(-1);
      if (first === undefined || last === undefined) {
        throw new SlipwayError(
          'no_window',
          `no window of ${environment} before ${new Date(until).toISOString()} is mature and sound`,
        );
      }
      const directory = join(ports.settings.workDirectory, randomUUID());
      await mkdir(directory, { recursive: true });
      try {
        const path = join(directory, 'exported.parquet');
        const { rows } = await ports.log.exportLabelled(
          model,
          environment,
          windows,
          await readSignature(ports.store, artifactDigest),
          path,
        );
        if (rows === 0) throw new SlipwayError('no_window', `no row of ${environment} has a label`);
        const exported = await ports.store.putBlob({ path });
        ports.failpoint('exportTrainingData.stored');
        return { ...exported, rows, from: first.start, until: last.end };
      } finally {
        await rm(directory, { recursive: true, force: true, maxRetries: 3 });
      }
    });

/** Neighbours are joined, so that a long history is one range and not a thousand. */
const soundWindows = async (
  ports: Ports,
  model: string,
  environment: string,
  until: number,
): Promise<readonly DriftWindow[]> => {
  const indexes = await readReportIndexes(ports.store, model, environment);
  const sound = indexes.filter(
    (index) => index.phase === 'complete' && index.quality === 'pass' && index.window.end <= until,
  );
  return sound.reduce<readonly DriftWindow[]>((joined, { window }) => {
    const last = joined.at(-1);
    return last?.end === window.start
      ? [...joined.slice(0, -1), { start: last.start, end: window.end }]
      : [...joined, window];
  }, []);
};
