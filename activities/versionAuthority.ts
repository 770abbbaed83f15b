import type { DecisionStatement } from '../src/domain/approval/types.js';
import type { Digest, Version } from '../src/domain/artifact/types.js';
import {
  asksNobody,
  judgeApproval,
  ranBefore,
  ranLast,
  hadChampion,
  type Authority,
} from '../src/domain/environment/deploymentAuthority.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { isCountedDecision, signedDecision } from '../src/domain/ledger/judgeDecision.js';
import { verifyChain } from '../src/domain/ledger/verifyChain.js';
import type { EnvironmentSpec } from '../src/domain/spec/types.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import { provenanceOf } from '../src/recovery/attestedVersion.js';
import { environmentId } from '../workflows/messages.js';
import { readSpec } from './artifactContents.js';
import { digestOf } from './documents.js';
import type { Ports } from './ports.js';

export interface Place {
  readonly model: string;
  readonly environment: string;
}

/**
 * May this version run there? Where the artifact's own spec asks nobody, where the ledger holds the signed approvals that
 * it asks for, or where it ran before. Anything else is `deployment_unauthorised`, whoever asks for it.
 */
export const assertMayRun = async (ports: Ports, place: Place, version: Version): Promise<void> => {
  const { model, environment } = place;
  const { artifactDigest } = version;
  // Whoever can write to the store can put an artifact there; only what our builder attested is deployed.
  await provenanceOf(ports, model, artifactDigest);
  const here = await specHere(ports, place, artifactDigest);
  if (asksNobody(here)) return;
  const approval = await approvalOf(ports, place, version, here);
  if (approval.kind === 'authorised') return;
  if (ranBefore(await readChain(ports, environmentId(model, environment)), artifactDigest)) return;
  throw unauthorised(
    `${artifactDigest} may not run in ${environment}: it never ran there as far as the ledger knows, and ${approval.reason}; release its commit again where the ledger was lost`,
    { artifactDigest, environment, releaseId: version.releaseId },
  );
};

/** An environment may be left without any version only where its first one never became its champion. */
export const assertMayRetire = async (ports: Ports, { model, environment }: Place): Promise<void> => {
  if (hadChampion(await readChain(ports, environmentId(model, environment))))
    throw unauthorised(`${environment} may not be left without a version: it had a champion`, { environment });
};

/** What the artifact's own spec says of this environment: it is part of the artifact, so nobody can hand in another. */
const specHere = async (
  { store }: Ports,
  { model, environment }: Place,
  artifactDigest: Digest,
): Promise<EnvironmentSpec | undefined> => {
  const spec = await readSpec(store, artifactDigest);
  if (spec.model !== model)
    throw unauthorised(`${artifactDigest} is a version of ${spec.model}, not of ${model}`, { artifactDigest });
  return spec.environments.find(({ name }) => name === environment);
};

const approvalOf = async (
  ports: Ports,
  { model, environment }: Place,
  version: Version,
  here: EnvironmentSpec | undefined,
): Promise<Authority> => {
  if (here?.approval.kind !== 'required')
    return { kind: 'unauthorised', reason: `its slipway.yaml has no environment ${environment}` };
  const entries = await readChain(ports, version.releaseId);
  const signed = new Map<number, DecisionStatement>();
  for (const entry of entries.filter(isCountedDecision)) {
    const claims = await signedDecision(entry, (statement) => ports.decisions.verify(statement));
    if (claims !== undefined) signed.set(entry.seq, claims);
  }
  return judgeApproval({
    model,
    version,
    environment,
    approval: here.approval,
    policyDigest: digestOf(here.approval),
    audience: ports.settings.installation,
    entries,
    signed,
  });
};

/**
 * What an environment runs, as far as the ledger knows: whoever reaches the engine can start an arbiter that says
 * otherwise. Undefined where nothing was ever deployed.
 */
export const runsOnRecord = async (
  ports: Pick<Ports, 'ledger'>,
  { model, environment }: Place,
): Promise<Digest | undefined> => ranLast(await readChain(ports, environmentId(model, environment)));

/** Entries are authority here: a chain that was changed is none. */
export const readChain = async ({ ledger }: Pick<Ports, 'ledger'>, stream: string): Promise<readonly LedgerEntry[]> => {
  const entries = await ledger.read(stream);
  const verdict = verifyChain(
    stream,
    entries.map((entry) => ({ entry, digest: digestOf(entry) })),
  );
  if (!verdict.ok) throw new SlipwayError('ledger_tampered', `${stream}: ${verdict.reason}`);
  return entries;
};

export const unauthorised = (reason: string, details: Readonly<Record<string, unknown>>): SlipwayError =>
  new SlipwayError('deployment_unauthorised', reason, details);
