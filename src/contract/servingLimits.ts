import { z } from 'zod';
import { mapping, wholeNumber } from './yaml/expected.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What one model server may take, keep and hold back; every default in one place. */
export const servingLimitsSchema = mapping({
  /** Largest body of a request, bytes. */
  requestBytes: wholeNumber()
    .min(KIB)
    .max(1024 * MIB)
    .default(16 * MIB),
  /** Bytes of all requests that are being read or answered at once; beyond, requests are answered with 429. */
  bodiesBytes: wholeNumber()
    .min(KIB)
    .max(64 * 1024 * MIB)
    .default(256 * MIB),
  /** Most rows in one request. */
  requestRows: wholeNumber().min(1).max(1_000_000).default(65_536),
  /** Rows that may wait for the model; beyond, requests are answered with 429. */
  queueRows: wholeNumber().min(1).max(10_000_000).default(8_192),
  /** Most rows that waiting requests are joined to for one run of the model. */
  batchRows: wholeNumber().min(1).max(1_000_000).default(1_024),
  /** How long a request may wait for the model, milliseconds. */
  deadlineMs: wholeNumber().min(1).max(600_000).default(10_000),
  /** Threads of one run of the model. */
  threads: wholeNumber().min(1).max(256).default(1),
  /** What one model server may have in memory, MiB: one that grew beyond is started again. */
  memoryMiB: wholeNumber().min(128).max(1_048_576).default(4_096),
  /** Most processes of one version, whatever its slipway.yaml asks for; each may have `memoryMiB`. */
  replicas: wholeNumber().min(1).max(32).default(4),
  /** Most processes of all versions of one node; absent: two for each processor, at least four. The first one of a version is never refused. */
  processes: wholeNumber().min(1).max(1_024).exactOptional(),
  /** What the processes of one node may have in memory together, MiB; absent: three quarters of what the machine has. */
  nodeMemoryMiB: wholeNumber().min(128).max(16_777_216).exactOptional(),
  /** Copies of requests that may wait for one shadow; beyond, they are dropped and counted. */
  shadowQueue: wholeNumber().min(1).max(100_000).default(256),
  /** Share of the requests that the prediction log keeps; of a request all rows or none. */
  logShare: z.number().min(0).max(1).default(1),
  /** The prediction log is written when this many rows have come together, … */
  logRows: wholeNumber().min(1).max(1_000_000).default(8_192),
  /** … or this time has passed, milliseconds. */
  logEveryMs: wholeNumber().min(10).max(3_600_000).default(2_000),
  /** Counts per feature are written this often, milliseconds. */
  countsEveryMs: wholeNumber().min(10).max(3_600_000).default(60_000),
  /** Rows of the prediction log that are kept while the store does not take them; beyond, they are dropped and counted. */
  logCapacityRows: wholeNumber().min(1).max(10_000_000).default(131_072),
});

export type ServingLimits = z.output<typeof servingLimitsSchema>;
