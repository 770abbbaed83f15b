import type { Digest, Version } from '../src/domain/artifact/types.js';
import {
  asksNobody,
  judgeApproval,
  hadChampion,
  ranBefore,
  type Authority,
} from '../src/domain/environment/deploymentAuthority.js';
import { sayBefore } from '../src/domain/environment/retire.js';
import { RETIRE_ROLES, retirementOnRecord, wordFor } from '../src/domain/environment/retirementWord.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { passageEnd } from '../src/domain/hold/passageEnd.js';
import { mayDecide } from '../src/domain/identity/mayDecide.js';
import { judgeAutomatic } from '../src/domain/release/judgeAutomatic.js';
import { packagedLast } from '../src/domain/release/lastFound.js';
import { pusherOnRecord } from '../src/domain/release/onRecord.js';
import { allowsHotfix } from '../src/domain/spec/minimum.js';
import type { EnvironmentSpec, RequiredApproval, Spec } from '../src/domain/spec/types.js';
import { soakFault, soaksBefore } from '../src/domain/rollout/soakFault.js';
import { asHotfix, isDeclaredHotfix } from '../src/domain/urgency/hotfix.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import { provenanceOf } from '../src/recovery/attestedVersion.js';
import { environmentId } from '../workflows/messages.js';
import { readSpec } from './artifactContents.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { termsFault } from './heldToTerms.js';
import { askedBy } from './judgedBy.js';
import type { Place } from '../src/domain/hold/types.js';
import { ranHere, readChain } from './onRecord.js';
import type { Ports } from './ports.js';
import { authorsHere } from './releaseAuthors.js';
import { signedDecisions } from './signedDecisions.js';
import { unauthorised } from './unauthorised.js';

/**
 * May this version run there? Where the artifact's own spec asks nobody, where the ledger holds the signed approvals that
 * it asks for, or where it ran before. Anything else is `deployment_unauthorised`, whoever asks for it; and what the
 * operator's minimum of now does not allow is `spec_below_minimum`, unless it ran before.
 *
 * @param besides what else may let in a version that its spec has this environment for
 */
export const assertMayRun = async (
  ports: Ports,
  place: Place,
  version: Version,
  besides: () => Promise<boolean> = async () => false,
): Promise<void> => {
  const { model, environment } = place;
  const { artifactDigest } = version;
  // Whoever can write to the store can put an artifact there; only what our builder attested is deployed.
  await provenanceOf(ports, model, artifactDigest);
  await assertNotLate(ports, place, version);
  const spec = await specHere(ports, place, artifactDigest);
  const here = spec.environments.find(({ name }) => name === environment);
  const fault = here === undefined ? undefined : termsFault(ports.settings, model, here);
  const soaks = soaksBefore(spec.environments, environment).length > 0;
  if (fault === undefined && asksNobody(here) && !soaks) return;
  // Before anything else is asked: the way back must not wait for a Git host, nor for what the operator asks since.
  if (await ranHere(ports, place, artifactDigest)) return;
  if (fault !== undefined) throw fault;
  await assertPackagedBy(ports, environment, version);
  if (soaks) await assertSoaked(ports, spec, place, version);
  if (asksNobody(here)) return;
  const approval =
    here?.approval.kind === 'automatic'
      ? await evidenceOf(ports, spec, place, version)
      : await approvalOf(ports, place, version, here);
  if (approval.kind === 'authorised') return;
  // Two people stand for people's word, never for evidence.
  if (here?.approval.kind === 'required' && (await besides())) return;
  throw unauthorised(
    `${artifactDigest} may not run in ${environment}: it never ran there as far as the ledger knows, and ${approval.reason}; release its commit again where the ledger was lost`,
    { artifactDigest, environment, releaseId: version.releaseId },
  );
};

/**
 * Authors, approvals, stages and the hotfix rule are read from the stream of the release that the version names: whoever
 * reaches the engine could name one that somebody else wrote.
 */
const assertPackagedBy = async (
  ports: Ports,
  environment: string,
  { artifactDigest, releaseId }: Version,
): Promise<void> => {
  const packaged = packagedLast(await readChain(ports, releaseId));
  if (packaged !== artifactDigest)
    throw unauthorised(
      `${artifactDigest} may not run in ${environment}: it is not of ${releaseId}; the ledger has ${String(packaged ?? 'nothing')} as what that release packaged last. Name the release that built it, or release its commit again`,
      { artifactDigest, environment, releaseId },
    );
};

/**
 * A model that was retired comes back by who asked for it since, and knew: not by a release that had begun before, nor in the
 * name of another one. Its arbiter refuses that, too; whoever reaches the engine can ask past it.
 */
const assertNotLate = async (ports: Ports, { model, environment }: Place, version: Version): Promise<void> => {
  const { artifactDigest, releaseId } = version;
  const passages = await readChain(ports, environmentId(model, environment));
  const retired = retirementOnRecord(passages);
  if (retired === undefined || ranBefore(passages, artifactDigest)) return;
  await assertPackagedBy(ports, environment, version);
  const began = (await readChain(ports, releaseId)).findLast(({ kind }) => BEGINS.has(kind))?.at;
  if (began === undefined || began > retired.at) return;
  throw new SlipwayError('model_retired', sayBefore(environment, retired), { artifactDigest, environment, releaseId });
};

const BEGINS: ReadonlySet<string> = new Set(['release.started', 'release.resumed']);

/** The release waits for it itself; whoever reaches the engine can ask for its deployment before. */
const assertSoaked = async (
  ports: Ports,
  { environments: all }: Spec,
  { model, environment }: Place,
  { artifactDigest, releaseId }: Version,
): Promise<void> => {
  const entries = await readChain(ports, releaseId);
  const environments = isDeclaredHotfix(entries) ? all.map(asHotfix) : all;
  const passages: Record<string, readonly LedgerEntry[]> = {};
  for (const { name } of soaksBefore(environments, environment))
    passages[name] = await readChain(ports, environmentId(model, name));
  const fault = soakFault({ environments, environment, artifactDigest, entries, passages });
  if (fault !== undefined)
    throw unauthorised(`${artifactDigest} may not run in ${environment}: ${fault}`, {
      ...{ artifactDigest, environment, releaseId },
    });
};

/**
 * An environment may be left without any version where its first one never became its champion; and where an operator said
 * so: in the ledger, for the passage of this very epoch, not long ago. Whether they are one is judged now.
 *
 * @param now epoch milliseconds; undefined: it was carried out, and is to be written down
 */
export const assertMayRetire = async (
  ports: Ports,
  { model, environment }: Place,
  epoch: number,
  now?: number,
): Promise<void> => {
  const entries = await readChain(ports, environmentId(model, environment));
  if (!hadChampion(entries)) return;
  const identities = await ports.directory.identities();
  const found = wordFor(
    entries,
    epoch,
    (by) => {
      const standing = mayDecide(identities, by, RETIRE_ROLES, { model, environment });
      return standing.ok ? undefined : standing.reason;
    },
    now,
  );
  if (found.kind === 'expired')
    throw new SlipwayError('retirement_expired', `${environment} was not left: ${found.reason}`, {
      environment,
      epoch,
    });
  if (found.kind === 'missing')
    throw unauthorised(`${environment} may not be left without a version: it had a champion, and ${found.reason}`, {
      environment,
      epoch,
    });
};

/** What the artifact's own spec says of its environments: it is part of the artifact, so nobody can hand in another. */
const specHere = async ({ store }: Ports, { model }: Place, artifactDigest: Digest): Promise<Spec> => {
  const spec = await readSpec(store, artifactDigest);
  if (spec.model !== model)
    throw unauthorised(`${artifactDigest} is a version of ${spec.model}, not of ${model}`, { artifactDigest });
  return spec;
};

/** The same question that the release asked itself, from the ledger: whoever starts a release may leave its stages out. */
const evidenceOf = async (
  ports: Ports,
  spec: Spec,
  { environment }: Place,
  { artifactDigest, releaseId }: Version,
): Promise<Authority> => {
  const entries = await readChain(ports, releaseId);
  const judged = judgeAutomatic({
    ...{ environments: spec.environments, environment, artifactDigest, entries },
    askedBy: askedBy(spec),
  });
  return judged.kind === 'approved' ? { kind: 'authorised' } : { kind: 'unauthorised', reason: judged.reason };
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
  const signed = await signedDecisions(ports, entries);
  const { releaseId } = version;
  const usedAt = passageEnd(await readChain(ports, environmentId(model, environment)), releaseId);
  // Authors are counted from what runs there now: it may be another version than when people decided.
  const authorship =
    signed.size === 0
      ? { authors: [], unknown: [], trigger: '' }
      : await authorsHere(ports, { model, environment }, { releaseId, trigger: pusherOnRecord(entries) });
  const judge = async (approval: RequiredApproval): Promise<Authority> =>
    judgeApproval({
      model,
      version,
      environment,
      approval,
      policyDigest: digestOf(approval),
      audience: ports.settings.installation,
      entries,
      ...(usedAt === undefined ? {} : { usedAt }),
      signed,
      authorship,
      identities: await ports.directory.identities(),
    });
  const usual = await judge(here.approval);
  const own = here.hotfix?.approval;
  // A rule of its own lets in only what was declared a hotfix, and only as the operator lets be.
  if (usual.kind === 'authorised' || own === undefined || !isDeclaredHotfix(entries)) return usual;
  return allowsHotfix(here, ports.settings.models[model]?.minimum ?? []) ? judge(own) : usual;
};
