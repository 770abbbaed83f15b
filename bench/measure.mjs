// Fair comparisons: two ways of doing the same work, interleaved ABBA, the first round dropped, the median of the
// per-round ratios with a bootstrap interval. A round during which the machine itself changed is void.
import { createHash } from 'node:crypto';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const VOID_ABOVE = 0.1;
const PEER_LIMIT_MS = 10 * 60_000;

/** Milliseconds of hashing 64 MiB, and of twenty small synced writes: what the machine does by itself. */
export const calibrate = () => {
  const block = Buffer.alloc(4 * 1024 * 1024, 7);
  const hash = createHash('sha256');
  let started = performance.now();
  for (let index = 0; index < 16; index += 1) hash.update(block);
  hash.digest();
  const sha = performance.now() - started;
  const directory = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  const file = openSync(join(directory, 'sync'), 'w');
  started = performance.now();
  for (let index = 0; index < 20; index += 1) {
    writeSync(file, 'x');
    fdatasyncSync(file);
  }
  const sync = performance.now() - started;
  closeSync(file);
  rmSync(directory, { recursive: true });
  return { sha, sync };
};

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const timed = async (work) => {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const value = await work();
  const used = process.cpuUsage(cpu);
  return { ms: performance.now() - started, cpuMs: (used.user + used.system) / 1000, value };
};

/** A peer that has not finished in time is left behind; the row says so. */
const inTime = async (deadline, work) => {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, Math.max(0, deadline - Date.now()), LATE);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
};
const LATE = Symbol('late');

/** Deterministic resampling, so that the same rounds print the same interval. */
const interval = (ratios) => {
  let seed = 12_345;
  const random = () => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  const medians = Array.from({ length: 2_000 }, () =>
    median(ratios.map(() => ratios[Math.floor(random() * ratios.length)])),
  ).sort((a, b) => a - b);
  return [medians[50], medians[1_949]];
};

/**
 * @param {{name: string, unit?: string, rounds?: number, ours: () => Promise<unknown>, peer: () => Promise<unknown>, peerName: string,
 *   between?: () => Promise<unknown>, value?: (sample: {ms: number, value: unknown}) => number, higherIsBetter?: boolean}} comparison
 *   `between` runs before each sample and is not timed. `value` turns a sample into the number that is compared; milliseconds where absent.
 */
export const compare = async ({
  name,
  unit = 'ms',
  rounds = 9,
  ours,
  peer,
  peerName,
  between = async () => undefined,
  value = (sample) => sample.ms,
  higherIsBetter = false,
}) => {
  const kept = { ours: [], peer: [], ratios: [] };
  let voided = 0;
  const started = Date.now();
  for (let round = 0; round <= rounds; round += 1) {
    const before = calibrate();
    const order = round % 2 === 0 ? ['ours', 'peer', 'peer', 'ours'] : ['peer', 'ours', 'ours', 'peer'];
    const samples = { ours: [], peer: [] };
    for (const who of order) {
      await between();
      const sample = await inTime(started + PEER_LIMIT_MS, () => timed(who === 'ours' ? ours : peer));
      if (sample === LATE) return { name, peerName, unit, finished: false, higherIsBetter, late: who, voided };
      samples[who].push(value(sample));
    }
    const after = calibrate();
    if (round === 0) continue; // warm-up
    if (Math.abs(after.sha / before.sha - 1) > VOID_ABOVE) {
      voided += 1;
      if (voided <= rounds) continue;
    }
    const mean = (list) => list.reduce((sum, one) => sum + one, 0) / list.length;
    const pair = { ours: mean(samples.ours), peer: mean(samples.peer) };
    kept.ours.push(pair.ours);
    kept.peer.push(pair.peer);
    kept.ratios.push(pair.ours / pair.peer);
  }
  if (kept.ratios.length === 0) return { name, peerName, unit, finished: false, higherIsBetter, voided };
  return {
    name,
    peerName,
    unit,
    higherIsBetter,
    finished: true,
    rounds: kept.ratios.length,
    voided,
    ours: median(kept.ours),
    peer: median(kept.peer),
    ratio: median(kept.ratios),
    interval: interval(kept.ratios),
  };
};

const digits = (number) => (number >= 100 ? number.toFixed(0) : number >= 10 ? number.toFixed(1) : number.toFixed(2));

/** Ten minutes are for both; the row says who took longer. */
const lateCells = ({ late }) => {
  if (late === undefined) return ['', 'the machine was never steady'];
  return late === 'ours' ? ['did not finish', ''] : ['', 'did not finish'];
};

export const printTable = (rows) => {
  const lines = rows.map((row) =>
    row.finished
      ? [
          row.name,
          row.peerName,
          `${digits(row.ours)} ${row.unit}`,
          `${digits(row.peer)} ${row.unit}`,
          `${row.ratio.toFixed(2)} (${row.interval.map((bound) => bound.toFixed(2)).join(' to ')})`,
          row.higherIsBetter ? 'higher' : 'lower',
          `${row.rounds}${row.voided > 0 ? `, ${row.voided} void` : ''}`,
        ]
      : [row.name, row.peerName, ...lateCells(row), '', '', `${row.voided} void`],
  );
  const header = ['Work', 'Compared with', 'Slipway', 'Peer', 'Ratio (95 %)', 'Better is', 'Rounds'];
  return [header, header.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
};
