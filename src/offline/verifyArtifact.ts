import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDecisionKeyring } from '../adapters/decision-keys/decisionVerifier.js';
import { openEnvelope, type PublicKeys } from '../adapters/dsse/openEnvelope.js';
import { verifyEnvelope } from '../adapters/dsse/verifyEnvelope.js';
import { attestedDecisionFault, attestedDecisions } from '../domain/artifact/attestedDecisions.js';
import { FILEPATH, type Descriptor } from '../domain/artifact/manifest.js';
import {
  ATTESTATION_PREDICATES,
  REQUIRED_ATTESTATION,
  type ArtifactCheck,
  type ArtifactVerification,
} from '../domain/artifact/verification.js';
import { filesOf, readModelSignature } from '../domain/artifact/modelSignature.js';
import type { Statement } from '../domain/artifact/statements.js';
import { canonicalJson } from '../domain/canonical.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { signedDecision } from '../domain/ledger/judgeDecision.js';
import type { ShelvedArtifact } from '../ports/artifactShelf.js';
import type { DsseEnvelope } from '../ports/signer.js';

/** Hashes every byte of an artifact again, and checks its attestations, and the decisions in them, against these keys. */
export const verifyArtifact = async (artifact: ShelvedArtifact, keys: PublicKeys): Promise<ArtifactVerification> => {
  const checks = [
    await manifestCheck(artifact),
    ...(await layerChecks(artifact)),
    ...(await attestationChecks(artifact, keys)),
  ];
  return { ok: checks.every(({ ok }) => ok), digest: artifact.digest, checks };
};

const manifestCheck = async ({ manifestBytes, digest }: ShelvedArtifact): Promise<ArtifactCheck> => {
  const found = `sha256:${createHash('sha256').update(manifestBytes).digest('hex')}`;
  return { what: 'manifest', ok: found === digest, detail: found === digest ? digest : `it has the digest ${found}` };
};

const layerChecks = async (artifact: ShelvedArtifact): Promise<readonly ArtifactCheck[]> => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-verify-'));
  try {
    const checks: ArtifactCheck[] = [];
    for (const part of [artifact.manifest.config, ...artifact.manifest.layers])
      checks.push(await partCheck(artifact, part, join(directory, 'part')));
    return checks;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const partCheck = async (artifact: ShelvedArtifact, part: Descriptor, scratch: string): Promise<ArtifactCheck> => {
  const what = part.annotations?.[FILEPATH] ?? 'config';
  try {
    const { size } = await artifact.copyTo(part, scratch);
    await rm(scratch, { force: true });
    if (size !== part.size) return { what, ok: false, detail: `it has ${size} bytes, not ${part.size}` };
    return { what, ok: true, detail: part.digest };
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code === 'store_unreachable') throw error;
    return { what, ok: false, detail: error.message };
  }
};

const attestationChecks = async (artifact: ShelvedArtifact, keys: PublicKeys): Promise<readonly ArtifactCheck[]> => {
  const found = await artifact.attestations();
  const names = [...new Set([REQUIRED_ATTESTATION, ...Object.keys(found)])].filter((name) =>
    Object.hasOwn(ATTESTATION_PREDICATES, name),
  );
  const checks: ArtifactCheck[] = [];
  for (const name of names) checks.push(...(await checksOf(artifact, name, found[name], keys)));
  return checks;
};

const checksOf = async (
  artifact: ShelvedArtifact,
  name: string,
  envelope: DsseEnvelope | undefined,
  keys: PublicKeys,
): Promise<readonly ArtifactCheck[]> => {
  const what = `attestation ${name}`;
  if (envelope === undefined) return [{ what, ok: false, detail: 'there is none' }];
  try {
    if (name === 'model') return [modelCheck(artifact, envelope, keys)];
    const predicateType = ATTESTATION_PREDICATES[name] ?? '';
    const statement = verifyEnvelope(envelope, keys, { role: 'builder', predicateType, subject: artifact.digest });
    const detail = `signed by ${envelope.signatures.map(({ keyid }) => keyid.slice(0, 12)).join(', ')}`;
    const decisions = name === 'approval' ? await decisionChecks(artifact, statement, keys) : [];
    return [{ what, ok: true, detail }, ...decisions];
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    return [{ what, ok: false, detail: error.message }];
  }
};

/** The envelope says what the signer read in the ledger; each decision in it must bear its person's own signature. */
const decisionChecks = async (
  artifact: ShelvedArtifact,
  statement: Statement,
  keys: PublicKeys,
): Promise<readonly ArtifactCheck[]> => {
  const keyring = createDecisionKeyring(async () => keys.filter(({ role }) => role === 'decision'));
  const model = statement.subject[0]?.name ?? '';
  const decisions = attestedDecisions(statement);
  if (decisions.length === 0) return [{ what: 'decisions', ok: false, detail: 'the approval holds none' }];
  const checks: ArtifactCheck[] = [];
  for (const [index, decision] of decisions.entries()) {
    const claims = await signedDecision({ body: decision }, (signed) => keyring.verify(signed));
    const fault = attestedDecisionFault(model, artifact.digest, decision, claims);
    const detail = `${claims?.sub} signed ${claims?.decision} for ${claims?.env}`;
    checks.push({ what: `decision ${index + 1}`, ok: fault === undefined, detail: fault ?? detail });
  }
  return checks;
};

/** A model signature is about the files, not about the manifest: they must be exactly those of the manifest. */
const modelCheck = (artifact: ShelvedArtifact, envelope: DsseEnvelope, keys: PublicKeys): ArtifactCheck => {
  const what = 'attestation model';
  const opened = openEnvelope(envelope, keys, 'model');
  if (opened.kind !== 'signed') return { what, ok: false, detail: 'no model key of this installation signed it' };
  const read = readModelSignature(opened.payload);
  const expected = canonicalJson(filesOf(artifact.manifest, artifact.digest));
  const ok = read.ok && canonicalJson(read.files) === expected;
  return { what, ok, detail: ok ? `signed by ${opened.keyid.slice(0, 12)}` : 'it is about other files' };
};
