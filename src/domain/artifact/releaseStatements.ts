import type { Statement } from './statements.js';
import type { Digest } from './types.js';
import { ATTESTATION_PREDICATES } from './verification.js';

/** What the ledger says of a release, as far as attestations need it. */
export interface RecordedEntry {
  readonly kind: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Did the ledger see this release make this artifact? */
export const madeBy = (entries: readonly RecordedEntry[], artifact: Digest): boolean =>
  entries.some(({ kind, body }) => kind === 'stage.package' && body['artifactDigest'] === artifact);

/**
 * What was tested, and how it went (https://in-toto.io/attestation/test-result/v0.1): every stage that judged, each with
 * the digest of its evidence. Of several attempts the last one counts; each is in the ledger.
 */
export const testStatement = (model: string, artifact: Digest, entries: readonly RecordedEntry[]): Statement => {
  const judged = new Map<string, RecordedEntry>();
  for (const entry of entries) if (JUDGING.has(entry.kind)) judged.set(nameOf(entry), entry);
  const names = [...judged.keys()].sort();
  const passed = names.filter((name) => judged.get(name)?.body['verdict'] === 'pass');
  return about(model, artifact, 'tests', {
    result: passed.length === names.length && names.length > 0 ? 'PASSED' : 'FAILED',
    configuration: names.map((name) => ({
      name,
      digest: { sha256: String(judged.get(name)?.body['evidence']).slice('sha256:'.length) },
    })),
    passedTests: passed,
    failedTests: names.filter((name) => !passed.includes(name)),
  });
};

/** Who decided, on what: the signed statements themselves, so that they can be verified again. Undefined where nobody was asked. */
export const approvalStatement = (
  model: string,
  artifact: Digest,
  entries: readonly RecordedEntry[],
): Statement | undefined => {
  const decisions = entries.filter(
    ({ kind, body }) => kind === 'decision' && body['counted'] === true && body['artifactDigest'] === artifact,
  );
  if (decisions.length === 0) return undefined;
  return about(model, artifact, 'approval', {
    decisions: decisions.map(({ at, body }) => ({
      at,
      environment: body['environment'],
      subject: body['subject'],
      decision: body['decision'],
      reason: body['reason'],
      evidenceDigest: body['evidenceDigest'],
      statement: body['statement'],
    })),
  });
};

const JUDGING: ReadonlySet<string> = new Set(['stage.integrate', 'stage.verify', 'stage.gate']);

const nameOf = ({ kind, body }: RecordedEntry): string =>
  `${kind.slice('stage.'.length)}${body['environment'] === undefined ? '' : `.${String(body['environment'])}`}`;

const about = (
  name: string,
  artifact: Digest,
  attestation: string,
  predicate: Readonly<Record<string, unknown>>,
): Statement => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name, digest: { sha256: artifact.slice('sha256:'.length) } }],
  predicateType: ATTESTATION_PREDICATES[attestation] ?? '',
  predicate,
});
