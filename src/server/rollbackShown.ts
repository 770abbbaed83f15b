import { setTimeout as delay } from 'node:timers/promises';
import { inputDifferences, type InputDifference } from '../domain/artifact/inputDifferences.js';
import { layerByPath, LAYERS } from '../domain/artifact/manifest.js';
import { acceptManifest } from '../domain/artifact/readManifest.js';
import type { Digest, Version } from '../domain/artifact/types.js';
import { rollbackAct, type RollbackPlan } from '../domain/environment/planRollback.js';
import type { DeploymentEntry, EnvironmentState } from '../domain/environment/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { holdsAt, noticeOf } from '../domain/hold/holdsAt.js';
import type { SignatureSpec } from '../domain/spec/types.js';
import type { CommitInfo } from '../ports/sourceControl.js';
import { digestOf } from '../contract/canonicalDigest.js';
import { environmentId } from '../../workflows/messages.js';
import { holdsOf } from './holdRecords.js';
import { eachOf, knownModel } from './known.js';
import type { ServerPorts } from './ports.js';
import { readChain } from './readChain.js';
import { listIncidents } from './routes/incidents.js';
import { storedJson } from './storedJson.js';

const WIDTH = 8;
/** What Git says later than this is left out. */
const COMMITS_WITHIN_MS = 2_000;
/** Of open incidents of the model; a list of its own has the rest. */
const INCIDENTS = 100;

/** Everything that was deployed there: by the ledger, or what the arbiter remembers while that cannot be read. */
export const deploymentsOf = async (
  ports: ServerPorts,
  { model, environment, history }: EnvironmentState,
): Promise<readonly DeploymentEntry[]> => {
  try {
    const entries = await readChain(ports, environmentId(model, environment));
    const found = entries.filter(({ kind }) => kind.startsWith('deployment.'));
    if (found.length > 0) return found.map(({ body }) => body as unknown as DeploymentEntry);
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
  }
  return history.toReversed();
};

/**
 * A plan with what people look at before they agree. None of it holds a rollback up: what cannot be read is left out, and
 * what decides is in the plan's own digest.
 */
export const rollbackShown = async (ports: ServerPorts, planned: RollbackPlan) => {
  const { model, environment, from, to, undone } = planned;
  const place = { model, environment };
  const [target, commits, evidence, inputs, holds, incidents] = await Promise.all([
    commitOf(ports, model, to),
    eachOf(undone, WIDTH, ({ version }) => commitOf(ports, model, version)),
    evidenceOf(ports, to),
    inputsOf(ports, from, to),
    orLeftOut(holdsOf(ports, place)),
    openIncidents(ports, place),
  ]);
  const newest = commits[0]?.order ?? undone[0]?.order;
  return {
    ...planned,
    plan: digestOf(rollbackAct(planned)),
    undone: undone.map((one, at) => ({ ...one, ...subjectOf(commits[at]) })),
    ...(target === undefined || newest === undefined ? {} : { commits: newest - target.order }),
    ...(target === undefined ? {} : { committedAt: target.at }),
    ...subjectOf(target),
    evidence,
    inputs,
    holds: holdsAt(holds ?? [], place, ports.now()).inForce.map(noticeOf),
    incidents,
  };
};

const subjectOf = (commit: CommitInfo | undefined) => (commit === undefined ? {} : { subject: commit.subject });

const orLeftOut = async <T>(asked: Promise<T>): Promise<T | undefined> => {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof SlipwayError) return undefined;
    throw error;
  }
};

/** A repository that does not answer now must not hold up who wants to go back. */
const commitOf = (ports: ServerPorts, model: string, { commit }: Version): Promise<CommitInfo | undefined> =>
  Promise.race([
    orLeftOut(ports.source.describe(knownModel(ports, model).repository, commit)),
    delay(COMMITS_WITHIN_MS, undefined, { ref: false }),
  ]);

/** The last word of the ledger on each stage of the release that made it. */
const evidenceOf = async (ports: ServerPorts, { releaseId }: Version) => {
  const entries = (await orLeftOut(readChain(ports, releaseId))) ?? [];
  const last = new Map<string, object>();
  for (const { kind, body } of entries) {
    if (!kind.startsWith('stage.')) continue;
    const { environment, verdict, reason, evidence } = body;
    const stage = kind.slice('stage.'.length);
    last.set(`${stage} ${String(environment)}`, {
      ...{ stage, verdict, reason },
      ...(environment === undefined ? {} : { environment }),
      ...(evidence === undefined ? {} : { evidence }),
    });
  }
  return [...last.values()];
};

/** Null where one of the two cannot be read: not the same as no difference. */
const inputsOf = async (
  ports: ServerPorts,
  from: Version | undefined,
  to: Version,
): Promise<readonly InputDifference[] | null> => {
  if (from === undefined) return [];
  const [was, is] = await Promise.all(
    [from, to].map(({ artifactDigest }) => orLeftOut(signatureOf(ports, artifactDigest))),
  );
  return was === undefined || is === undefined ? null : inputDifferences(was, is);
};

const signatureOf = async (ports: ServerPorts, artifact: Digest): Promise<SignatureSpec | undefined> => {
  const manifest = await storedJson<unknown>(ports, artifact);
  if (manifest === undefined) return undefined;
  const layer = layerByPath(acceptManifest(manifest, artifact), LAYERS.signature);
  return layer === undefined ? undefined : storedJson<SignatureSpec>(ports, layer.digest);
};

export const openIncidents = async (
  ports: ServerPorts,
  { model, environment }: { model: string; environment: string },
) => {
  const listed = await orLeftOut(listIncidents(ports, { model, open: 'true', limit: INCIDENTS }));
  return (listed?.incidents ?? [])
    .filter((incident) => incident.environment === environment && incident.status !== 'resolved')
    .map(({ incidentId, kind, subject, status, openedAt }) => ({ incidentId, kind, subject, status, openedAt }));
};
