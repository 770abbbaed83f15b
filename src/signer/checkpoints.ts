import { createHash, verify } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { signedBytes } from '../domain/artifact/dsse.js';
import type { Digest } from '../domain/artifact/types.js';
import { canonicalJson } from '../domain/canonical.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { checkpointOf, checkpointStatement, type Checkpoint } from '../domain/ledger/checkpoint.js';
import { CHECKPOINTS, checkpointKey, checkpointOfKey, entryOfKey, ledgerKey } from '../domain/ledger/keys.js';
import { verifyChain, type ChainHead, type StoredEntry } from '../domain/ledger/verifyChain.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { DsseEnvelope, SignedCheckpoint } from '../ports/signer.js';
import { seal } from './envelope.js';
import type { SigningKey } from './keys.js';

const PAGE = 1_000;

interface Known {
  readonly heads: Map<string, ChainHead>;
  readonly last?: { readonly seq: number; readonly digest: Digest };
}

export interface Checkpoints {
  /** Signs the heads of these streams, after reading what was appended since the last checkpoint. */
  cover(streams: readonly string[]): Promise<SignedCheckpoint>;
  /** Signs whatever no checkpoint covers yet: entries whose writer could not reach the signer. */
  coverAll(): Promise<SignedCheckpoint>;
}

/**
 * Checkpoints over the ledger's chains. The signer reads every new entry itself and follows it back to the head that it
 * signed before; a chain that does not continue is not signed (`ledger_tampered`).
 *
 * @param memory file that remembers the newest checkpoint outside of the store: one that was cut off there is missed
 */
export const createCheckpoints = (
  ledger: BlobStore,
  key: SigningKey,
  memory: string,
  now: () => number = Date.now,
): Checkpoints => {
  let known: Known | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const cover = async (streams: readonly string[]): Promise<SignedCheckpoint> => {
    const { heads, last } = (known ??= await readKnown(ledger, key, memory));
    const grown: Record<string, ChainHead> = {};
    const broken: string[] = [];
    for (const stream of new Set(streams)) {
      const found = await newHead(ledger, stream, heads.get(stream));
      if (found.kind === 'broken') broken.push(`${stream}: ${found.reason}`);
      if (found.kind === 'grown') grown[stream] = found.head;
    }
    const signed = Object.keys(grown).length;
    const checkpoint: Checkpoint = {
      seq: (last?.seq ?? 0) + 1,
      ...(last === undefined ? {} : { previous: last.digest }),
      at: now(),
      heads: grown,
    };
    if (signed > 0) {
      const body = new TextEncoder().encode(canonicalJson(seal(key, checkpointStatement(checkpoint))));
      const digest = digestOf(body);
      await ledger.createDocument(checkpointKey(checkpoint.seq), body);
      for (const [stream, head] of Object.entries(grown)) heads.set(stream, head);
      known = { heads, last: { seq: checkpoint.seq, digest } };
      await remember(memory, known.last);
    }
    if (broken.length > 0) throw new SlipwayError('ledger_tampered', broken.join('; '), { broken });
    return { seq: known.last?.seq ?? 0, signed };
  };

  /** One after the other: each checkpoint names the one before. What failed is read anew. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    turn = done.catch(() => undefined);
    return done;
  };

  return {
    cover: (streams) => inTurn(() => cover(streams)),
    coverAll: () => inTurn(async () => cover(await allStreams(ledger))),
  };
};

type NewHead =
  | { readonly kind: 'grown'; readonly head: ChainHead }
  | { readonly kind: 'same' }
  | { readonly kind: 'broken'; readonly reason: string };

const newHead = async (ledger: BlobStore, stream: string, head: ChainHead | undefined): Promise<NewHead> => {
  const chain: StoredEntry[] = [];
  for (let seq = (head?.seq ?? 0) + 1; ; seq += 1) {
    const body = await ledger.getDocument(ledgerKey(stream, seq));
    if (body === undefined) break;
    chain.push({ digest: digestOf(body), entry: JSON.parse(new TextDecoder().decode(body)) as StoredEntry['entry'] });
  }
  const verdict = verifyChain(stream, chain, head);
  if (!verdict.ok) return { kind: 'broken', reason: verdict.reason };
  const last = chain.at(-1);
  return last === undefined
    ? { kind: 'same' }
    : { kind: 'grown', head: { seq: (head?.seq ?? 0) + chain.length, digest: last.digest } };
};

const readKnown = async (ledger: BlobStore, key: SigningKey, memory: string): Promise<Known> => {
  const heads = new Map<string, ChainHead>();
  let last: Known['last'];
  for (const name of await allKeys(ledger, CHECKPOINTS)) {
    const seq = checkpointOfKey(name);
    const body = seq === undefined ? undefined : await ledger.getDocument(name);
    if (seq === undefined || body === undefined) continue;
    const checkpoint = open(body, key);
    if (checkpoint?.seq !== seq || checkpoint.previous !== last?.digest)
      throw new SlipwayError('ledger_tampered', `checkpoint ${seq} is not one that this signer signed here`);
    for (const [stream, head] of Object.entries(checkpoint.heads)) heads.set(stream, head);
    last = { seq, digest: digestOf(body) };
  }
  const remembered = await recall(memory);
  if (remembered !== undefined && remembered.seq > (last?.seq ?? 0))
    throw new SlipwayError(
      'ledger_tampered',
      `the ledger has ${last?.seq ?? 0} checkpoints, and this signer signed ${remembered.seq}`,
    );
  return { heads, ...(last === undefined ? {} : { last }) };
};

/** What this very key signed; undefined for anything else. */
const open = (body: Uint8Array, key: SigningKey): Checkpoint | undefined => {
  const envelope = JSON.parse(new TextDecoder().decode(body)) as DsseEnvelope;
  const payload = Buffer.from(envelope.payload, 'base64');
  const signed = signedBytes(payload);
  const ours = envelope.signatures.some(({ sig }) => verify(null, signed, key.publicKey, Buffer.from(sig, 'base64')));
  return ours ? checkpointOf(JSON.parse(payload.toString('utf8'))) : undefined;
};

const allStreams = async (ledger: BlobStore): Promise<readonly string[]> => [
  ...new Set((await allKeys(ledger, 'ledger/')).flatMap((key) => entryOfKey(key)?.stream ?? [])),
];

const allKeys = async (ledger: BlobStore, prefix: string): Promise<readonly string[]> => {
  const found: string[] = [];
  for (;;) {
    const startAfter = found.at(-1);
    const page = await ledger.listDocuments(prefix, {
      limit: PAGE,
      ...(startAfter === undefined ? {} : { startAfter }),
    });
    found.push(...page);
    if (page.length < PAGE) return found;
  }
};

const remember = async (memory: string, last: Known['last']): Promise<void> => {
  await writeFile(`${memory}.new`, JSON.stringify(last), { mode: 0o600 });
  await rename(`${memory}.new`, memory);
};

const recall = async (memory: string): Promise<Known['last']> => {
  try {
    return JSON.parse(await readFile(memory, 'utf8')) as Known['last'];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

const digestOf = (body: Uint8Array): Digest => `sha256:${createHash('sha256').update(body).digest('hex')}`;
