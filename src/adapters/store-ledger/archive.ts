import { createHash } from 'node:crypto';
import type { Digest } from '../../domain/artifact/types.js';
import type { OpenedCheckpoint, PlacedCheckpoint } from '../../domain/ledger/auditCheckpoints.js';
import { auditLedger } from '../../domain/ledger/auditLedger.js';
import type { PlacedEntry } from '../../domain/ledger/auditStream.js';
import { isCountedDecision, signedDecision } from '../../domain/ledger/judgeDecision.js';
import { CHECKPOINTS, checkpointOfKey, entryOfKey, ledgerPrefix } from '../../domain/ledger/keys.js';
import type { DecisionVerifier } from '../../ports/decisionKeys.js';
import type { LedgerArchive } from '../../ports/ledgerArchive.js';
import type { LedgerEntry } from '../../ports/ledger.js';
import { eachOf } from './eachOf.js';
import { readBytes, type LedgerBucket } from './readBytes.js';
import type { SignedHeads } from './signedHeads.js';

const PAGE = 1_000;

/**
 * @param open says whose a checkpoint is
 * @param decisions with the keys that are trusted for what people signed
 */
export const openLedgerArchive = (
  bucket: LedgerBucket,
  open: (bytes: Uint8Array) => OpenedCheckpoint,
  decisions: DecisionVerifier,
): LedgerArchive => ({
  audit: async ({ known, only } = {}) => {
    const { streams, foreign } = await readEntries(
      bucket,
      only === undefined ? ['ledger/'] : only.map(ledgerPrefix),
      only,
    );
    const signed = await readCheckpoints(bucket, open);
    return auditLedger(
      {
        streams: await withSigned(decisions, streams),
        checkpoints: signed.checkpoints,
        foreign: [...foreign, ...signed.foreign],
      },
      { ...(known === undefined ? {} : { known }), ...(only === undefined ? {} : { only }) },
    );
  },
  streams: (prefix) => listStreams(bucket, prefix),
  read: async (stream) =>
    ((await readEntries(bucket, [ledgerPrefix(stream)], [stream])).streams.get(stream) ?? [])
      .flatMap(({ entry }) => (entry === undefined ? [] : [entry as LedgerEntry]))
      .sort((a, b) => a.seq - b.seq),
});

/** Names of the streams whose keys begin so; with those that only a checkpoint knows of any more, where it is asked. */
export const listStreams = async (
  bucket: LedgerBucket,
  prefix: string,
  signed?: Pick<SignedHeads, 'streams'>,
): Promise<readonly string[]> => {
  const stored = (await allKeys(bucket, prefix)).flatMap((key) => entryOfKey(key)?.stream ?? []);
  const known = (await signed?.streams()) ?? [];
  return [...new Set([...stored, ...known.filter((stream) => ledgerPrefix(stream).startsWith(prefix))])];
};

const readEntries = async (
  bucket: LedgerBucket,
  prefixes: readonly string[],
  only?: readonly string[],
): Promise<{ readonly streams: ReadonlyMap<string, readonly PlacedEntry[]>; readonly foreign: readonly string[] }> => {
  const streams = new Map<string, PlacedEntry[]>();
  const foreign: string[] = [];
  for (const prefix of prefixes) {
    await eachOf(await allKeys(bucket, prefix), async (key) => {
      const place = entryOfKey(key);
      if (place === undefined) foreign.push(key);
      if (place === undefined || only?.includes(place.stream) === false) return;
      const placed = streams.get(place.stream) ?? [];
      streams.set(place.stream, placed);
      placed.push({ seq: place.seq, ...(await readPlaced(bucket, key)) });
    });
  }
  return { streams, foreign };
};

/** The entries, each decision that counted with what was signed. */
const withSigned = async (
  decisions: DecisionVerifier,
  streams: ReadonlyMap<string, readonly PlacedEntry[]>,
): Promise<ReadonlyMap<string, readonly PlacedEntry[]>> => {
  const judged = new Map<string, readonly PlacedEntry[]>();
  for (const [stream, placed] of streams)
    judged.set(stream, await Promise.all(placed.map((one) => opened(decisions, one))));
  return judged;
};

const opened = async (decisions: DecisionVerifier, placed: PlacedEntry): Promise<PlacedEntry> => {
  const { kind = '', body = {} } = placed.entry ?? {};
  if (!isCountedDecision({ kind, body })) return placed;
  const signed = await signedDecision({ body }, (statement) => decisions.verify(statement));
  return signed === undefined ? placed : { ...placed, signed };
};

const readCheckpoints = async (
  bucket: LedgerBucket,
  open: (bytes: Uint8Array) => OpenedCheckpoint,
): Promise<{ readonly checkpoints: readonly PlacedCheckpoint[]; readonly foreign: readonly string[] }> => {
  const checkpoints: PlacedCheckpoint[] = [];
  const foreign: string[] = [];
  await eachOf(await allKeys(bucket, CHECKPOINTS), async (key) => {
    const seq = checkpointOfKey(key);
    if (seq === undefined) return void foreign.push(key);
    const bytes = await readBytes(bucket, key);
    checkpoints.push({ seq, digest: digestOf(bytes), opened: open(bytes) });
  });
  return { checkpoints: checkpoints.sort((a, b) => a.seq - b.seq), foreign };
};

const allKeys = async (bucket: LedgerBucket, prefix: string): Promise<readonly string[]> => {
  const found: string[] = [];
  for (;;) {
    const startAfter = found.at(-1);
    const page = await bucket.listDocuments(prefix, {
      limit: PAGE,
      ...(startAfter === undefined ? {} : { startAfter }),
    });
    found.push(...page);
    if (page.length < PAGE) return found;
  }
};

const readPlaced = async (bucket: LedgerBucket, key: string): Promise<Omit<PlacedEntry, 'seq'>> => {
  const bytes = await readBytes(bucket, key);
  const entry = parse(bytes);
  return { digest: digestOf(bytes), ...(entry === undefined ? {} : { entry }) };
};

const parse = (bytes: Uint8Array): LedgerEntry | undefined => {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes)) as Partial<LedgerEntry> | null;
    const whole =
      typeof value === 'object' &&
      typeof value?.stream === 'string' &&
      typeof value.seq === 'number' &&
      typeof value.entryId === 'string';
    return whole ? (value as LedgerEntry) : undefined;
  } catch {
    return undefined;
  }
};

const digestOf = (body: Uint8Array): Digest => `sha256:${createHash('sha256').update(body).digest('hex')}`;
