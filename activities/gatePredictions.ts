import type { Digest } from '../src/domain/artifact/types.js';
import { probeOf, type Probe } from '../src/domain/gate/rules/behaviour.js';
import type { ProbeAnswers, TableColumns, Unavailable } from '../src/domain/gate/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { ReleaseView } from '../src/domain/release/types.js';
import type { GateSpec } from '../src/domain/spec/gates.js';
import type { SignatureSpec } from '../src/domain/spec/types.js';
import { withArtifactFiles } from './artifactContents.js';
import { readDocument } from './documents.js';
import type { Ports } from './ports.js';

/** Another version's predictions of these rows, with its own signature: a feature that it does not find is missing. */
export const predictWith = (ports: Ports, artifact: Digest, columns: TableColumns): Promise<readonly number[]> =>
  withArtifactFiles(ports, artifact, ({ model, signature: { features, prediction } }) =>
    ports.inference.predict(model, features, prediction, columns),
  );

/** Predictions of every version that the gates name, by what they call it. */
export const predictAnchors = async (
  ports: Ports,
  model: string,
  gates: readonly GateSpec[],
  columns: TableColumns,
): Promise<Readonly<Record<string, Float64Array | Unavailable>>> => {
  const names = gates.flatMap((gate) => gate.rules.flatMap((rule) => (rule.kind === 'anchor' ? [rule.at] : [])));
  const predicted: Record<string, Float64Array | Unavailable> = {};
  for (const at of new Set(names)) predicted[at] = await predictAnchor(ports, model, at, columns);
  return predicted;
};

const predictAnchor = async (
  ports: Ports,
  model: string,
  at: string,
  columns: TableColumns,
): Promise<Float64Array | Unavailable> => {
  const digest = at.startsWith('sha256:') ? (at as Digest) : await artifactOfCommit(ports, model, at);
  if (digest === undefined) return { unavailable: `no release of ${model} ended with an artifact of ${at}` };
  try {
    return Float64Array.from(await predictWith(ports, digest, columns));
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'artifact_unknown') return { unavailable: error.message };
    throw error;
  }
};

const artifactOfCommit = async (ports: Ports, model: string, commit: string): Promise<Digest | undefined> =>
  (await readDocument<ReleaseView>(ports.store, `releases/${model}/${commit}/release.json`))?.artifactDigest;

/** What the candidate says of all rows that behaviour rules ask for, in one question; by gate and rule. */
export const predictProbes = async (
  ports: Ports,
  modelFile: string,
  { features, prediction }: SignatureSpec,
  gates: readonly GateSpec[],
  { evaluation, candidate }: { readonly evaluation: TableColumns; readonly candidate: readonly number[] },
): Promise<readonly Readonly<Record<number, ProbeAnswers>>[]> => {
  const names = features.map(({ name }) => name);
  const probes = gates.flatMap((gate, at) =>
    gate.rules.flatMap((rule, position) => {
      const probe = probeOf(rule, names, evaluation);
      return probe === undefined ? [] : [{ gate: at, position, probe }];
    }),
  );
  const columns = Object.fromEntries(
    names.map((name) => [name, probes.flatMap(({ probe }) => probe.columns[name] ?? [])]),
  );
  const answers = probes.length === 0 ? [] : await ports.inference.predict(modelFile, features, prediction, columns);
  let from = 0;
  const answered = probes.map(({ gate, position, probe }) => {
    const after = answers.slice(from, from + probe.count);
    from += probe.count;
    return { gate, position, answers: { before: before(probe, candidate), after } };
  });
  return gates.map((_, at) =>
    Object.fromEntries(answered.filter(({ gate }) => gate === at).map((one) => [one.position, one.answers])),
  );
};

const before = ({ rows }: Probe, candidate: readonly number[]): readonly number[] =>
  rows.map((row) => candidate[row] ?? Number.NaN);
