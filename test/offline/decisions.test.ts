/** What a copy of the ledger shows of who decided, with the keys that the signer published and nothing else. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createDecisionSigner } from '../../src/adapters/decision-keys/decisionSigner.js';
import { createDecisionVerifier } from '../../src/adapters/decision-keys/decisionVerifier.js';
import { decisionKeyFiles } from '../../src/adapters/decision-keys/keyFiles.js';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import type { DecisionStatement } from '../../src/domain/approval/types.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { openOfflineLedger } from '../../src/offline/ledger.js';
import type { DecisionSigner } from '../../src/ports/decisionKeys.js';
import { createCheckpoints } from '../../src/signer/checkpoints.js';
import { loadKeys, publicKeysOf } from '../../src/signer/keys.js';
import { createKeyPublisher, publishing } from '../../src/signer/publishKeys.js';
import { createSigner } from '../../src/signer/sign.js';
import { decisionClaims } from '../fixtures/decisionClaims.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-offline-'));
after(() => rmSync(folder, { recursive: true }));

const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;
const STREAM = 'release/ferry/c1';

const claims = decisionClaims({
  workflowId: STREAM,
  model: 'ferry',
  artifactDigest: digest('a'),
  evidenceDigest: digest('b'),
});
const entryOf = (
  statement: string | undefined,
  { sub, jti }: DecisionStatement,
): Readonly<Record<string, unknown>> => ({
  counted: true,
  jti,
  subject: sub,
  decision: 'approve',
  environment: 'production',
  artifactDigest: digest('a'),
  evidenceDigest: digest('b'),
  ...(statement === undefined ? {} : { statement }),
});

let scenes = 0;
/** An installation with a signer and a decision key, that keeps a ledger of one release. */
const openScene = async () => {
  const home = join(folder, `home-${(scenes += 1)}`);
  mkdirSync(join(home, 'keys'), { recursive: true });
  const keys = join(home, 'keys');
  const bucket = createMemoryBlobStore();
  const signing = await loadKeys(join(keys, 'signer'));
  const decisions = createDecisionVerifier(decisionKeyFiles(keys));
  const publisher = createKeyPublisher(keys, bucket, publicKeysOf(signing), decisions);
  const checkpoints = createCheckpoints(bucket, signing.ledger, join(keys, 'checkpoint.json'));
  const signer = publishing(createSigner(bucket, bucket, checkpoints, signing, decisions), publisher);
  await publisher.publish();
  const ledger = createStoreLedger(bucket, (streams) => signer.checkpoint(streams));
  const decide = async (by: DecisionSigner | undefined, changes: Partial<DecisionStatement> = {}): Promise<void> => {
    const made = { ...claims, ...changes };
    await ledger.append(STREAM, made.jti, 'decision', 1, entryOf(await by?.sign(made), made));
    assert.equal(await ledger.checkpoint([STREAM]), undefined);
  };
  /** As who has a copy of the bucket sees it. */
  const audit = async (source: { readonly keys?: string; readonly home?: string } = {}) => {
    const copy = join(home, `copy-${(scenes += 1)}`);
    for (const [key, bytes] of bucket.objects as Map<string, Uint8Array>) {
      mkdirSync(dirname(join(copy, key)), { recursive: true });
      writeFileSync(join(copy, key), bytes);
    }
    const { keys: file } = source;
    const opened = await openOfflineLedger(
      { folder: copy, ...(file === undefined ? {} : { keys: file }) },
      source.home ?? join(folder, 'nowhere'),
      () => assert.fail('the store is not asked'),
    );
    const { faults } = await opened.audit();
    return faults.map(({ kind, seq, reason }) => `${kind} ${seq}: ${reason}`);
  };
  return { home, keys, decide, audit, people: () => createDecisionSigner(decisionKeyFiles(keys)) };
};

describe('a decision in a copy of the ledger', () => {
  it('verifies with the keys of the home, those of a file, and those of the bucket', async () => {
    const scene = await openScene();
    // The API makes its key after the signer has started.
    await scene.decide(await scene.people());
    const file = join(scene.keys, 'public.json');
    for (const source of [{}, { home: scene.home }, { keys: file }]) assert.deepEqual(await scene.audit(source), []);
  });

  it('verifies with a key that is used no more, also where its public half is only left in what was published', async () => {
    const scene = await openScene();
    await scene.decide(await scene.people());
    rmSync(decisionKeyFiles(scene.keys).privateFile);
    rmSync(decisionKeyFiles(scene.keys).publicFile);
    await scene.decide(await scene.people(), { jti: 'decision-0002', sub: 'oncall' });
    for (const source of [{}, { home: scene.home }, { keys: join(scene.keys, 'public.json') }])
      assert.deepEqual(await scene.audit(source), []);
    const published = JSON.parse(readFileSync(join(scene.keys, 'public.json'), 'utf8')) as { role: string }[];
    assert.equal(published.filter(({ role }) => role === 'decision').length, 2);
  });

  it('is found where nobody signed it, though its chain is whole and a checkpoint covers it', async () => {
    const scene = await openScene();
    await scene.decide(undefined);
    const expected = ['decision_unsigned 1: entry 1 counts a decision, and no decision key that is trusted signed it'];
    for (const source of [{}, { home: scene.home }]) assert.deepEqual(await scene.audit(source), expected);
  });

  it('is found where somebody else signed it, or the entry says another thing than what was signed', async () => {
    const scene = await openScene();
    await scene.people();
    await scene.decide(await createDecisionSigner(decisionKeyFiles(join(folder, 'stranger'))));
    const [fault] = await scene.audit();
    assert.match(fault ?? '', /^decision_unsigned 1: .*no decision key/);
    const other = await openScene();
    await other.decide(await other.people(), { artifactDigest: digest('f'), env: 'staging' });
    const [told] = await other.audit();
    assert.match(told ?? '', /^decision_unsigned 1: .*environment is production, signed was staging; artifact is /);
  });
});
