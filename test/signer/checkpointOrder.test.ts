/** What a signer makes of checkpoints that stand in another place or order than it signed them in. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createDecisionKeyring } from '../../src/adapters/decision-keys/decisionVerifier.js';
import { openCheckpoint } from '../../src/adapters/dsse/openCheckpoint.js';
import { openLedgerArchive } from '../../src/adapters/store-ledger/archive.js';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import { canonicalJson } from '../../src/domain/canonical.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { checkpointStatement, type Checkpoint } from '../../src/domain/ledger/checkpoint.js';
import { checkpointKey } from '../../src/domain/ledger/keys.js';
import { createCheckpoints } from '../../src/signer/checkpoints.js';
import { seal } from '../../src/signer/envelope.js';
import { loadKeys } from '../../src/signer/keys.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';

const folder = await mkdtemp(join(tmpdir(), 'slipway-order-'));
after(() => rm(folder, { recursive: true }));
const { ledger: key } = await loadKeys(join(folder, 'keys'));
const trusted = [{ keyid: key.keyid, role: 'ledger' as const, jwk: { ...key.publicKey.export({ format: 'jwk' }) } }];
const nobody = createDecisionKeyring(async () => []);
const tampered = (error: unknown) => error instanceof SlipwayError && error.code === 'ledger_tampered';
let scenes = 0;

/** Three entries, each with a checkpoint of its own. */
const openScene = async () => {
  const bucket = createMemoryBlobStore();
  const ledger = createStoreLedger(bucket, async () => undefined);
  const append = (name: string) => ledger.append('release/m/c', name, 'stage.gate', 1, {});
  const start = (memory = `memory-${(scenes += 1)}.json`) =>
    createCheckpoints(bucket, key, join(folder, memory), () => 1);
  const signer = start();
  for (const name of ['a', 'b', 'c']) {
    await append(name);
    await signer.cover(['release/m/c']);
  }
  const objects = bucket.objects as Map<string, Uint8Array>;
  const audit = async () =>
    (await openLedgerArchive(bucket, (bytes) => openCheckpoint(bytes, trusted), nobody).audit()).faults.map(
      ({ kind, seq }) => `${kind} ${seq}`,
    );
  /** Signs what it is told to, as somebody could who had the key for a moment. */
  const plant = (place: number, checkpoint: Checkpoint) =>
    objects.set(
      checkpointKey(place),
      new TextEncoder().encode(canonicalJson(seal(key, checkpointStatement(checkpoint)))),
    );
  return { bucket, objects, append, start, signer, audit, plant };
};

describe('a checkpoint', () => {
  it('counts at its own place alone', async () => {
    const { objects, start, audit, plant } = await openScene();
    assert.equal((await start().cover([])).seq, 3);
    objects.set(checkpointKey(4), objects.get(checkpointKey(3))!);
    await assert.rejects(start().cover([]), tampered);
    assert.deepEqual(await audit(), ['checkpoint_moved 4']);
    // Also where it says that it follows the one before this place.
    const before = createHash('sha256')
      .update(objects.get(checkpointKey(3))!)
      .digest('hex');
    plant(4, { seq: 9, previous: `sha256:${before}`, at: 1, heads: {} });
    await assert.rejects(start().cover([]), tampered);
    assert.deepEqual(await audit(), ['checkpoint_moved 4']);
  });

  it('counts after the one that it was signed after alone', async () => {
    const { start, audit, plant } = await openScene();
    plant(3, { seq: 3, previous: `sha256:${'9'.repeat(64)}`, at: 1, heads: {} });
    await assert.rejects(start().cover([]), tampered);
    assert.deepEqual(await audit(), ['checkpoint_changed 2']);
  });

  it('is signed on top of what stands there now, also after a try that failed', async () => {
    const { append, start, signer, audit } = await openScene();
    await append('d');
    // Another process of the same signer was quicker; what this one knows is not what there is.
    assert.deepEqual(await start().cover(['release/m/c']), { seq: 4, signed: 1 });
    await append('e');
    await assert.rejects(signer.cover(['release/m/c']), (error) => error instanceof SlipwayError);
    assert.deepEqual(await signer.cover(['release/m/c']), { seq: 5, signed: 1 });
    assert.deepEqual(await audit(), []);
  });
});
