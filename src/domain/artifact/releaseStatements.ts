import { LAYERS, type Manifest } from './manifest.js';
import { fileOf, statementAbout, type Statement } from './statements.js';
import type { Digest } from './types.js';

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
 * What was tested, and how it went (https://in-toto.io/attestation/test-result/v0.1): every stage that judged, by the
 * spec that says how, with the digests of their evidence as its annotation. Of several attempts the last one counts;
 * each is in the ledger.
 *
 * @param manifest of the artifact, which holds the spec
 */
export const testStatement = (
  model: string,
  artifact: Digest,
  manifest: Manifest,
  entries: readonly RecordedEntry[],
): Statement => {
  const judged = new Map<string, RecordedEntry>();
  for (const entry of entries) if (JUDGING.has(entry.kind)) judged.set(nameOf(entry), entry);
  const names = [...judged.keys()].sort();
  const passed = names.filter((name) => judged.get(name)?.body['verdict'] === 'pass');
  const evidence = Object.fromEntries(
    names.flatMap((name) => {
      const found = judged.get(name)?.body['evidence'];
      return typeof found === 'string' ? [[name, found]] : [];
    }),
  );
  return statementAbout(model, artifact, 'tests', {
    result: passed.length === names.length && names.length > 0 ? 'PASSED' : 'FAILED',
    configuration: fileOf(manifest, LAYERS.spec).map((spec) => ({ ...spec, annotations: { [EVIDENCE]: evidence } })),
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
  return statementAbout(model, artifact, 'approval', {
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

/** Annotation of ours: digests of evidence by the name of the test. */
const EVIDENCE = 'https://slipway.dev/evidence';

const JUDGING: ReadonlySet<string> = new Set(['stage.integrate', 'stage.verify', 'stage.gate']);

const nameOf = ({ kind, body }: RecordedEntry): string =>
  `${kind.slice('stage.'.length)}${body['environment'] === undefined ? '' : `.${String(body['environment'])}`}`;
