import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createDecisionSigner } from '../../src/adapters/decision-keys/decisionSigner.js';
import { createDecisionVerifier } from '../../src/adapters/decision-keys/decisionVerifier.js';
import { decisionKeyFiles, ensureDecisionKey, importKey } from '../../src/adapters/decision-keys/keyFiles.js';
import type { DecisionStatement } from '../../src/domain/approval/types.js';

const digest = `sha256:${'a'.repeat(64)}` as const;
const claims: DecisionStatement = {
  iss: 'slipway',
  aud: 'local',
  sub: 'reviewer',
  roles: ['reviewer'],
  iat: 1_000,
  exp: 1_900,
  jti: 'decision-0001',
  workflowId: 'release/m/c',
  model: 'm',
  env: 'production',
  gate: 'approve',
  epoch: 3,
  artifactDigest: digest,
  evidenceDigest: digest,
  policyDigest: digest,
  planDigest: digest,
  inputsDigest: digest,
  decision: 'approve',
  reason: 'looks right',
};
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('decision keys', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'slipway-keys-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const installation = async (name: string) => {
    const files = decisionKeyFiles(join(directory, name));
    return { files, signer: await createDecisionSigner(files), verifier: createDecisionVerifier(files) };
  };

  it('verify what they signed, also long after it expired: that is judged elsewhere', async () => {
    const { signer, verifier } = await installation('one');
    const statement = await signer.sign(claims);
    assert.equal(statement.split('.').length, 3);
    assert.deepEqual(await verifier.verify(statement), claims);
  });

  it('stay in a file of their owner, and out of the public one', async () => {
    const { files } = await installation('one');
    assert.equal((await stat(files.privateFile)).mode & 0o777, 0o600);
    assert.doesNotMatch(await readFile(files.publicFile, 'utf8'), /"d"/);
  });

  it('verify decisions of an earlier key after a new one was made', async () => {
    const { files, signer } = await installation('rotated');
    const before = await signer.sign(claims);
    await rm(files.privateFile);
    const after = await (await createDecisionSigner(files)).sign(claims);
    const verifier = createDecisionVerifier(files);
    assert.notEqual(before.split('.')[0], after.split('.')[0]);
    assert.deepEqual(await verifier.verify(before), claims);
    assert.deepEqual(await verifier.verify(after), claims);
  });

  it('are published again where the public file was lost', async () => {
    const { files, signer } = await installation('lost');
    await rm(files.publicFile);
    const verifier = createDecisionVerifier(files);
    await assert.rejects(async () => verifier.verify(await signer.sign(claims)), { code: 'statement_unsigned' });
    await createDecisionSigner(files);
    assert.deepEqual(await verifier.verify(await signer.sign(claims)), claims);
  });

  it('refuse every statement that another signed, in whatever guise', async () => {
    const { files, signer, verifier } = await installation('one');
    const { kid } = await ensureDecisionKey(files);
    const [header, payload, signature] = (await signer.sign(claims)).split('.');
    const stranger = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const foreign = (extra: object): Promise<string> =>
      new SignJWT({ ...claims }).setProtectedHeader({ alg: 'EdDSA', kid: kid!, ...extra }).sign(stranger.privateKey);
    const publicText = await readFile(files.publicFile, 'utf8');
    const confused = `${encode({ alg: 'HS256', kid })}.${payload}`;
    const forged: Readonly<Record<string, string>> = {
      'nothing at all': '',
      'no JWS': 'approve it',
      'no signature': `${header}.${payload}.`,
      'alg none': `${encode({ alg: 'none', kid })}.${payload}.`,
      'another payload': `${header}.${encode({ ...claims, sub: 'author' })}.${signature}`,
      'another key under our ID': await foreign({}),
      'a key that it brings itself': await foreign({ jwk: await exportJWK(stranger.publicKey) }),
      'a key of another installation': await (await installation('two')).signer.sign(claims),
      'our public key as a shared secret': `${confused}.${createHmac('sha256', publicText).update(confused).digest('base64url')}`,
      'no key ID': await new SignJWT({ ...claims }).setProtectedHeader({ alg: 'EdDSA' }).sign(stranger.privateKey),
      'too long': `${header}.${'A'.repeat(20_000)}.${signature}`,
    };
    for (const [name, statement] of Object.entries(forged)) {
      await assert.rejects(verifier.verify(statement), { code: 'statement_unsigned' }, name);
    }
  });

  it('refuse the same claims under another type, though our key signed them; not those from before there was one', async () => {
    const { files, verifier } = await installation('one');
    const jwk = await ensureDecisionKey(files);
    const key = await importKey(jwk);
    const typed = (typ: object): Promise<string> =>
      new SignJWT({ ...claims }).setProtectedHeader({ alg: 'EdDSA', kid: jwk.kid!, ...typ }).sign(key);
    for (const typ of [{}, { typ: 'session+jwt' }, { typ: 'slipway-decision' }])
      await assert.rejects(verifier.verify(await typed(typ)), { code: 'statement_unsigned' });
    assert.deepEqual(await verifier.verify(await typed({ typ: 'JWT' })), claims);
  });

  it('refuse what they signed for another purpose', async () => {
    const { signer, verifier } = await installation('one');
    const without = ({ evidenceDigest: _, ...rest }: DecisionStatement) => rest as DecisionStatement;
    for (const other of [
      without(claims),
      { ...claims, decision: 'maybe' as DecisionStatement['decision'] },
      { ...claims, iss: 'elsewhere' as 'slipway' },
      { ...claims, jti: '../../x' },
      { ...claims, roles: [1] as unknown as string[] },
      { ...claims, epoch: '3' as unknown as number },
    ]) {
      const statement = await signer.sign(other);
      await assert.rejects(verifier.verify(statement), { code: 'statement_unsigned' });
    }
  });
});
