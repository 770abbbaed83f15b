import { usualMonitoring } from '../src/contract/spec/usualMonitoring.js';
import type { Digest } from '../src/domain/artifact/types.js';
import type { ServingDrift } from '../src/domain/drift/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { Unavailable } from '../src/domain/gate/types.js';
import type { Spec } from '../src/domain/spec/types.js';
import { readFrozenReference } from './artifactContents.js';
import { measureWindow } from './measureWindow.js';
import type { Ports } from './ports.js';

export interface ServingQuestion {
  readonly releaseId: string;
  readonly model: string;
  readonly artifactDigest: Digest;
  readonly spec: Pick<Spec, 'signature' | 'monitoring'>;
  /** The environment whose traffic the candidate is meant for. */
  readonly championOf: string;
}

/** Beyond this many rows a distance hardly gets surer, and memory is to be had for other releases, too. */
const MOST_ROWS = 50_000;

/**
 * The candidate's training data against what is served now: the last window of the log, by the same statistics, limits
 * and window that drift will be watched with. Only the features: the predictions that are logged are another model's.
 * It holds nothing back, so that a log that is not there, or cannot be read, is told and no more.
 */
export const servingDrift = async (
  ports: Ports,
  {
    releaseId,
    model,
    artifactDigest,
    spec: { signature, monitoring = usualMonitoring() },
    championOf,
  }: ServingQuestion,
  signal: AbortSignal,
): Promise<ServingDrift | Unavailable> => {
  try {
    const newest = await ports.log.newestEventTime(model, championOf);
    if (newest === undefined) return { unavailable: `${championOf} has logged no prediction yet` };
    const window = { start: newest + 1 - monitoring.windowMs, end: newest + 1 };
    const { features } = signature;
    const rows = await ports.log.read(model, championOf, window, features, MOST_ROWS);
    const report = await measureWindow(
      {
        model,
        environment: championOf,
        artifactDigest,
        releaseId,
        window,
        rows,
        features,
        reference: await readFrozenReference(ports.store, artifactDigest),
        spec: monitoring,
        now: newest,
      },
      signal,
    );
    const { rows: compared, windowRows } = rows;
    return { environment: championOf, window, rows: compared, windowRows, features: report.features };
  } catch (error) {
    if (!(error instanceof SlipwayError && error.code === 'table_invalid')) throw error;
    return { unavailable: error.message };
  }
};
