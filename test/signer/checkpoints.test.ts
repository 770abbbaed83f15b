import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, describe, it } from 'node:test';
import { createDecisionKeyring } from '../../src/adapters/decision-keys/decisionVerifier.js';
import { openCheckpoint } from '../../src/adapters/dsse/openCheckpoint.js';
import { createOpenCheckpoints } from '../../src/adapters/dsse/openCheckpoints.js';
import { createFolderDocuments } from '../../src/adapters/folder/documents.js';
import { openLedgerArchive } from '../../src/adapters/store-ledger/archive.js';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import { createSignedHeads } from '../../src/adapters/store-ledger/signedHeads.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { LedgerAudit } from '../../src/domain/ledger/auditLedger.js';
import { checkpointKey, ledgerKey } from '../../src/domain/ledger/keys.js';
import { createCheckpoints } from '../../src/signer/checkpoints.js';
import { loadKeys, type SigningKey } from '../../src/signer/keys.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';

const folder = await mkdtemp(join(tmpdir(), 'slipway-checkpoints-'));
after(() => rm(folder, { recursive: true }));
const { ledger: ours } = await loadKeys(join(folder, 'ours'));
const { ledger: foreign } = await loadKeys(join(folder, 'foreign'));
const trusted = [{ keyid: ours.keyid, role: 'ledger' as const, jwk: { ...ours.publicKey.export({ format: 'jwk' }) } }];

const RELEASE = 'release/ferry/c1';
const ENVIRONMENT = 'environment/ferry/production';
const nobody = createDecisionKeyring(async () => []);
let scenes = 0;

/** A ledger of two streams with four and two entries, signed after the second and at the end. */
const openScene = async (key: SigningKey = ours) => {
  const bucket = createMemoryBlobStore();
  const memory = join(folder, `memory-${(scenes += 1)}.json`);
  const signer = createCheckpoints(bucket, key, memory, () => 1_000);
  const ledger = createStoreLedger(bucket, (streams) => signer.cover(streams));
  for (const [index, name] of ['started', 'integrate', 'gate', 'ended'].entries()) {
    await ledger.append(RELEASE, name, `stage.${name}`, index, { verdict: 'pass' });
    if (index === 1) assert.equal(await ledger.checkpoint([RELEASE]), undefined);
  }
  for (const epoch of ['1', '2']) await ledger.append(ENVIRONMENT, epoch, 'deployment.deployed', 9, {});
  assert.equal(await ledger.checkpoint([RELEASE, ENVIRONMENT]), undefined);
  const objects = bucket.objects as Map<string, Uint8Array>;
  const audit = (known?: Digest): Promise<LedgerAudit> =>
    openLedgerArchive(bucket, (bytes) => openCheckpoint(bytes, trusted), nobody).audit(
      known === undefined ? {} : { known },
    );
  const again = () => createCheckpoints(bucket, key, memory, () => 2_000);
  return { bucket, objects, ledger, signer, audit, again, memory };
};

const edited = (bytes: Uint8Array | undefined, from: string, to: string): Uint8Array =>
  new TextEncoder().encode(new TextDecoder().decode(bytes).replace(from, to));

/** Keys that name the second entry of the release to whoever reads them generously. */
const spellings = (key: string): readonly string[] => [
  key.replace('0000000002', '00000000002'),
  key.replace('0000000002', '0000000000000000002'),
  key.replace('release/ferry', 'release%2Fferry'),
  key.replace('ferry', '%66erry'),
];

const kinds = ({ faults }: LedgerAudit): readonly string[] =>
  faults.map(({ kind, stream, seq }) => `${kind} ${stream ?? 'checkpoints'} ${seq}`);

describe('an audit of the ledger', () => {
  it('finds nothing in one that was left alone, and says what it read', async () => {
    const { audit } = await openScene();
    const { ok, streams, entries, checkpoints, unsigned, newest } = await audit();
    assert.deepEqual([ok, streams, entries, checkpoints, unsigned, newest?.seq], [true, 2, 6, 2, 0, 2]);
  });

  it('says how many entries no checkpoint covers yet', async () => {
    const { audit, ledger } = await openScene();
    await ledger.append(ENVIRONMENT, '3', 'deployment.deployed', 10, {});
    const { ok, unsigned } = await audit();
    assert.deepEqual([ok, unsigned], [true, 1]);
  });

  const tamperings: readonly (readonly [string, (objects: Map<string, Uint8Array>) => unknown, readonly string[]])[] = [
    [
      'a changed entry',
      (objects) => objects.set(ledgerKey(RELEASE, 1), edited(objects.get(ledgerKey(RELEASE, 1)), '"pass"', '"fail"')),
      [`entry_changed ${RELEASE} 1`],
    ],
    [
      'a changed last entry, which no other follows',
      (objects) => objects.set(ledgerKey(RELEASE, 4), edited(objects.get(ledgerKey(RELEASE, 4)), '"pass"', '"fail"')),
      [`entry_changed ${RELEASE} 4`],
    ],
    ['a removed middle', (objects) => objects.delete(ledgerKey(RELEASE, 3)), [`entry_missing ${RELEASE} 3`]],
    ['a removed beginning', (objects) => objects.delete(ledgerKey(RELEASE, 1)), [`entry_missing ${RELEASE} 1`]],
    [
      'a cut tail',
      (objects) => [3, 4].forEach((seq) => objects.delete(ledgerKey(RELEASE, seq))),
      [`tail_cut ${RELEASE} 3`],
    ],
    [
      'a stream that was removed whole',
      (objects) => [1, 2].forEach((seq) => objects.delete(ledgerKey(ENVIRONMENT, seq))),
      [`tail_cut ${ENVIRONMENT} 1`],
    ],
    [
      'a swapped order',
      (objects) => {
        const [second, third] = [objects.get(ledgerKey(RELEASE, 2))!, objects.get(ledgerKey(RELEASE, 3))!];
        objects.set(ledgerKey(RELEASE, 2), third).set(ledgerKey(RELEASE, 3), second);
      },
      [`entry_moved ${RELEASE} 2`, `entry_moved ${RELEASE} 3`],
    ],
    [
      'an entry of another stream',
      (objects) => objects.set(ledgerKey(ENVIRONMENT, 2), objects.get(ledgerKey(RELEASE, 2))!),
      [`entry_moved ${ENVIRONMENT} 2`],
    ],
    [
      'bytes that are no entry',
      (objects) => objects.set(ledgerKey(RELEASE, 2), new TextEncoder().encode('nothing')),
      [`entry_unreadable ${RELEASE} 2`],
    ],
    [
      'a changed entry with the right one beside it, under other spellings of its key',
      (objects) => {
        const [key, right] = [ledgerKey(RELEASE, 2), objects.get(ledgerKey(RELEASE, 2))!];
        objects.set(key, edited(right, '"pass"', '"fail"'));
        for (const other of spellings(key)) objects.set(other, right);
      },
      [`entry_changed ${RELEASE} 2`, ...spellings('').map(() => 'key_foreign checkpoints 0')],
    ],
    [
      'a right checkpoint beside a changed one',
      (objects) => {
        objects.set(checkpointKey(2).replace('0000000002', '00000000002'), objects.get(checkpointKey(2))!);
        objects.set(checkpointKey(2), new TextEncoder().encode('nothing'));
      },
      ['checkpoint_unreadable checkpoints 2', 'key_foreign checkpoints 0'],
    ],
    [
      'an entry of number 0',
      (objects) => objects.set(ledgerKey(RELEASE, 0), objects.get(ledgerKey(RELEASE, 1))!),
      ['key_foreign checkpoints 0'],
    ],
    [
      'a hole of billions, at once',
      (objects) => objects.set(ledgerKey(RELEASE, 9_999_999_999), new TextEncoder().encode('nothing')),
      [`entry_missing ${RELEASE} 5`, `entry_unreadable ${RELEASE} 9999999999`],
    ],
    [
      'a hole of billions among the checkpoints, at once',
      (objects) => objects.set(checkpointKey(9_999_999_999), objects.get(checkpointKey(2))!),
      ['checkpoint_missing checkpoints 3', 'checkpoint_moved checkpoints 9999999999'],
    ],
    ['a removed checkpoint', (objects) => objects.delete(checkpointKey(1)), ['checkpoint_missing checkpoints 1']],
    [
      'a changed checkpoint',
      (objects) => {
        const envelope = JSON.parse(new TextDecoder().decode(objects.get(checkpointKey(2)))) as { payload: string };
        const payload = Buffer.from(envelope.payload, 'base64').toString().replace('"at":1000', '"at":1001');
        const changed = { ...envelope, payload: Buffer.from(payload).toString('base64') };
        objects.set(checkpointKey(2), new TextEncoder().encode(JSON.stringify(changed)));
      },
      ['checkpoint_changed checkpoints 2'],
    ],
  ];
  for (const [name, tamper, expected] of tamperings) {
    it(`names ${name}`, async () => {
      const { objects, audit } = await openScene();
      tamper(objects);
      assert.deepEqual(kinds(await audit()), expected);
    });
  }

  it('names a foreign signer, and believes nothing that it signed', async () => {
    const { audit } = await openScene(foreign);
    const found = await audit();
    assert.deepEqual(kinds(found), ['signer_foreign checkpoints 1', 'signer_foreign checkpoints 2']);
    assert.match(found.faults[0]?.reason ?? '', new RegExp(foreign.keyid.slice(0, 16)));
    assert.deepEqual([found.unsigned, found.newest], [6, undefined]);
  });

  it('misses checkpoints that were cut off together with what they signed, unless one was kept elsewhere', async () => {
    const { objects, audit } = await openScene();
    const { newest } = await audit();
    for (const key of [checkpointKey(2), ledgerKey(RELEASE, 4), ledgerKey(RELEASE, 3)]) objects.delete(key);
    assert.equal((await audit()).ok, true);
    assert.deepEqual(kinds(await audit(newest?.digest)), ['checkpoint_missing checkpoints 2']);
  });

  it('reads a copy in a folder as it reads the store', async () => {
    const { objects, audit } = await openScene();
    const copy = join(folder, 'copy');
    for (const [key, bytes] of objects) {
      await mkdir(dirname(join(copy, key)), { recursive: true });
      await writeFile(join(copy, key), bytes);
    }
    const open = (path: string) =>
      openLedgerArchive(createFolderDocuments(path), (bytes) => openCheckpoint(bytes, trusted), nobody);
    const archive = open(copy);
    for (const same of [copy, `${copy}/`, relative(process.cwd(), copy)])
      assert.deepEqual(await open(same).audit(), await audit(), same);
    assert.deepEqual(await archive.streams('ledger/release/'), [RELEASE]);
    assert.equal((await archive.read(RELEASE)).length, 4);
  });
});

describe('the chain of a stream', () => {
  it('is what stands under the keys of its entries, whatever lies beside them', async () => {
    const { objects, bucket, ledger } = await openScene();
    const before = await ledger.read(RELEASE);
    for (const other of spellings(ledgerKey(RELEASE, 2))) objects.set(other, objects.get(ledgerKey(RELEASE, 2))!);
    assert.deepEqual(await createStoreLedger(bucket).read(RELEASE), before);
    assert.equal((await createStoreLedger(bucket).append(RELEASE, 'next', 'k', 1, {})).seq, 5);
  });
});

describe('a stream that is read beside the checkpoints', () => {
  const openReader = async (keys = async () => trusted) => {
    const scene = await openScene();
    const heads = createSignedHeads(scene.bucket, createOpenCheckpoints(keys));
    const reader = createStoreLedger(scene.bucket, undefined, heads);
    return { ...scene, reader };
  };
  const refused = (reason: RegExp) => (error: unknown) =>
    error instanceof SlipwayError && error.code === 'ledger_tampered' && reason.test(error.message);

  it('is what was signed, and what was appended since', async () => {
    const { reader, ledger } = await openReader();
    assert.equal((await reader.read(RELEASE)).length, 4);
    await ledger.append(RELEASE, 'late', 'k', 5, {});
    assert.equal((await reader.read(RELEASE)).length, 5);
    assert.equal((await reader.read('release/ferry/unsigned')).length, 0);
  });

  it('is refused where its tail was cut, whole or in part, or its last entry is another one', async () => {
    for (const [cut, reason] of [
      [[4], /release\/ferry\/c1: entry 4 is missing from the end: checkpoint 2 signed entry 4/],
      [[1, 2, 3, 4], /entries 1 to 4 are missing from the end/],
    ] as const) {
      const { reader, objects } = await openReader();
      for (const seq of cut) objects.delete(ledgerKey(RELEASE, seq));
      await assert.rejects(reader.read(RELEASE), refused(reason));
      assert.equal((await reader.read(ENVIRONMENT)).length, 2, 'the others are whole');
    }
    const { reader, objects } = await openReader();
    objects.set(ledgerKey(RELEASE, 4), edited(objects.get(ledgerKey(RELEASE, 4)), 'pass', 'fail'));
    await assert.rejects(reader.read(RELEASE), refused(/entry 4 was changed: checkpoint 2 signed another one/));
  });

  it('is compared with checkpoints that come later, and with those that somebody removed since', async () => {
    const { reader, ledger, objects } = await openReader();
    await reader.read(RELEASE);
    await ledger.append(RELEASE, 'late', 'k', 5, {});
    await ledger.checkpoint([RELEASE]);
    assert.equal((await reader.read(RELEASE)).length, 5);
    objects.delete(checkpointKey(3));
    objects.delete(ledgerKey(RELEASE, 5));
    await assert.rejects(reader.read(RELEASE), refused(/entry 5 is missing from the end: checkpoint 3/));
  });

  it('believes no checkpoint that the signer did not sign, or that stands at the place of another', async () => {
    const { reader, objects } = await openReader();
    const stranger = createMemoryBlobStore();
    const forged = createStoreLedger(stranger, (streams) =>
      createCheckpoints(stranger, foreign, join(folder, 'stranger.json')).cover(streams),
    );
    for (let seq = 1; seq <= 9; seq += 1) await forged.append(RELEASE, `${seq}`, 'k', seq, {});
    await forged.checkpoint([RELEASE]);
    objects.set(checkpointKey(3), (stranger.objects as Map<string, Uint8Array>).get(checkpointKey(1))!);
    objects.set(checkpointKey(4), objects.get(checkpointKey(2))!);
    objects.set(checkpointKey(5), new TextEncoder().encode('{'));
    assert.equal((await reader.read(RELEASE)).length, 4);
  });

  it('reads what is signed later, whatever was put behind it', async () => {
    const { reader, ledger, objects } = await openReader();
    const planted = ['checkpoints/~', checkpointKey(9_999_999_999)];
    for (const key of planted) objects.set(key, objects.get(checkpointKey(2))!);
    assert.equal((await reader.read(RELEASE)).length, 4);
    for (const key of planted) objects.delete(key);
    await ledger.append(RELEASE, 'late', 'k', 5, {});
    await ledger.checkpoint([RELEASE]);
    assert.equal((await reader.read(RELEASE)).length, 5);
    objects.delete(ledgerKey(RELEASE, 5));
    await assert.rejects(reader.read(RELEASE), refused(/entry 5 is missing from the end: checkpoint 3/));
  });

  it('goes on while the signer is down, with the keys that it had; without any nothing is read', async () => {
    let up = true;
    const { reader, ledger, objects } = await openReader(async () => {
      if (!up) throw new SlipwayError('signer_unreachable', 'the signer does not answer');
      return trusted;
    });
    await reader.read(RELEASE);
    up = false;
    await ledger.append(RELEASE, 'late', 'k', 5, {});
    await ledger.checkpoint([RELEASE]);
    assert.equal((await reader.read(RELEASE)).length, 5);
    objects.delete(ledgerKey(RELEASE, 5));
    await assert.rejects(reader.read(RELEASE), refused(/entry 5/));
    const { reader: late } = await openReader(async () => {
      throw new SlipwayError('signer_unreachable', 'the signer does not answer');
    });
    await assert.rejects(late.read(RELEASE), { code: 'signer_unreachable' });
  });
});

describe('the signer of checkpoints', () => {
  const tampered = (error: unknown) => error instanceof SlipwayError && error.code === 'ledger_tampered';

  it('signs nothing where nothing was appended', async () => {
    const { signer } = await openScene();
    assert.deepEqual(await signer.cover([RELEASE, 'release/ferry/nothing']), { seq: 2, signed: 0 });
  });

  it('goes on after a restart, and finds what was written while it was away', async () => {
    const { ledger, again, audit } = await openScene();
    await ledger.append('incident/ferry/production/drift.wind', 'opened', 'incident.opened', 1, {});
    assert.deepEqual(await again().coverAll(), { seq: 3, signed: 1 });
    const { ok, unsigned } = await audit();
    assert.deepEqual([ok, unsigned], [true, 0]);
  });

  it('does not sign a chain that does not continue what it signed before, and signs the others', async () => {
    const { objects, ledger, again, audit } = await openScene();
    await ledger.append(RELEASE, 'late', 'release.ended', 5, {});
    await ledger.append(ENVIRONMENT, '3', 'deployment.deployed', 5, {});
    objects.set(
      ledgerKey(RELEASE, 5),
      edited(objects.get(ledgerKey(RELEASE, 5)), '"previous":"sha256:', '"previous":"sha256:f'),
    );
    await assert.rejects(again().cover([RELEASE, ENVIRONMENT]), tampered);
    const { checkpoints, unsigned } = await audit();
    assert.deepEqual([checkpoints, unsigned], [3, 1]);
  });

  it('remembers outside of the store how far it signed, and refuses a ledger that was set back', async () => {
    const { objects, again } = await openScene();
    objects.delete(checkpointKey(2));
    await assert.rejects(again().cover([RELEASE]), tampered);
  });

  it('leaves a record that cannot be signed now for the next checkpoint', async () => {
    const bucket = createMemoryBlobStore();
    const asked: (readonly string[])[] = [];
    let up = false;
    const ledger = createStoreLedger(bucket, async (streams) => {
      asked.push(streams);
      if (!up) throw new SlipwayError('signer_unreachable', 'the signer does not answer');
    });
    assert.match((await ledger.checkpoint(['a'])) ?? '', /does not answer/);
    up = true;
    assert.equal(await ledger.checkpoint(['b']), undefined);
    assert.deepEqual(asked, [['a'], ['a', 'b']]);
  });
});
