import { createHash, randomUUID } from 'node:crypto';
import { ROUTES } from '../../contract/http/routes.js';
import type { OverrideStatement } from '../../domain/approval/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { holdsAt } from '../../domain/hold/holdsAt.js';
import { FREEZE_OVERRIDDEN, HOLD_LIFTED, HOLD_PLACED, holdsOnRecord } from '../../domain/hold/ledger.js';
import { mayLift } from '../../domain/hold/mayLift.js';
import { freezeGate, overrideInputs } from '../../domain/hold/overrideFault.js';
import { passageEnd } from '../../domain/hold/passageEnd.js';
import type { Hold, OverrideNotice } from '../../domain/hold/types.js';
import { rolesIn } from '../../domain/identity/roles.js';
import type { ReleaseView } from '../../domain/release/types.js';
import { environmentId } from '../../../workflows/messages.js';
import { breakGlass } from '../breakGlass.js';
import { assertMayBypass, provenRelease, type ProvenRelease } from '../bypass.js';
import type { Call, Handlers } from '../call.js';
import { digestOf } from '../../contract/canonicalDigest.js';
import { everyHold, findHold, holdsOf, nudge, recordOf, scopeOf } from '../holdRecords.js';
import { heldReleases } from '../heldReleases.js';
import { issuedNow } from '../issuedNow.js';
import { readChain } from '../readChain.js';
import { knownEnvironment, knownModel } from '../known.js';
import type { ServerPorts } from '../ports.js';

type Mine = 'listHolds' | 'placeHold' | 'liftHold' | 'overrideFreeze';

/** Roles that may override a freeze which somebody placed. */
const OVERRIDE_ROLES = ['operator'];

export const holdHandlers = (ports: ServerPorts): Pick<Handlers, Mine> => ({
  listHolds: async ({ query: { kind, all } }) => {
    const now = ports.now();
    const over = ({ lifted, until }: Hold): boolean => lifted !== undefined || (until ?? Infinity) <= now;
    const holds = (await everyHold(ports)).filter(
      (hold) => (kind === undefined || hold.kind === kind) && (all === 'true' || !over(hold)),
    );
    return { body: { holds } };
  },
  placeHold: async (call) => {
    const hold = holdFrom(ports, call);
    const { ledger } = ports;
    const before = holdsOnRecord(await ledger.read(recordOf(hold))).find(({ id }) => id === hold.id);
    if (before === undefined)
      await ledger.append(recordOf(hold), `placed/${hold.id}`, HOLD_PLACED, hold.from, { ...hold });
    await ledger.checkpoint([recordOf(hold)]);
    const placed = before ?? hold;
    await nudge(ports, placed);
    return { status: 201, body: { hold: placed } };
  },
  liftHold: async ({ params: { hold: id }, body: { reason }, identity }) => {
    const found = await findHold(ports, id);
    if (found === undefined) throw new SlipwayError('hold_unknown', `there is no ${id}`, { id });
    const standing = mayLift({
      ...{ name: identity.name, hold: found, place: scopeOf(found), lifters: ROUTES.liftHold.access },
      identities: await ports.directory.identities(),
      heldBack: await heldReleases(ports, found),
    });
    if (!standing.ok) throw new SlipwayError(standing.code, standing.reason, { id });
    const stream = recordOf(found);
    if (found.lifted === undefined)
      await ports.ledger.append(stream, `lifted/${id}`, HOLD_LIFTED, ports.now(), { id, by: identity.name, reason });
    await ports.ledger.checkpoint([stream]);
    await nudge(ports, found);
    return { body: { hold: await findHold(ports, id) } };
  },
  overrideFreeze: async (call) => {
    const release = await provenRelease(ports, call.params);
    return call.body.breakGlass === true
      ? { body: { overrides: [], breakGlass: await breakGlass(ports, call, release) } }
      : { body: { overrides: await override(ports, call, release) } };
  },
});

const holdFrom = (ports: ServerPorts, { body, identity, idempotencyKey }: Call<typeof ROUTES.placeHold>): Hold => {
  const { kind, model, environment, until, reason } = body;
  if (model === undefined && environment === undefined)
    throw new SlipwayError('request_invalid', `a ${kind} names a model, an environment, or both`);
  if (model !== undefined) knownModel(ports, model);
  if (environment !== undefined) knownEnvironment(ports, environment);
  if (kind === 'hold' && until !== undefined)
    throw new SlipwayError('request_invalid', 'until: a hold is until it is lifted; a freeze has an end');
  if (kind === 'freeze' && (until === undefined || until <= ports.now()))
    throw new SlipwayError('request_invalid', 'until: a freeze ends at an instant that is still to come');
  const name = createHash('sha256')
    .update(JSON.stringify([idempotencyKey ?? randomUUID(), identity.name, kind, model, environment]))
    .digest('hex');
  return {
    id: `${kind}-${name.slice(0, 12)}`,
    kind,
    ...(model === undefined ? {} : { models: [model] }),
    ...(environment === undefined ? {} : { environments: [environment] }),
    reason,
    by: identity.name,
    from: ports.now(),
    ...(until === undefined ? {} : { until }),
    override: kind === 'freeze' ? OVERRIDE_ROLES : [],
  };
};

/**
 * Signs for every freeze that holds this release back now, and writes it to the release's own stream. Whether it counts is
 * judged again by whoever moves traffic; what is refused here is what would be refused there.
 */
const override = async (ports: ServerPorts, call: Call<typeof ROUTES.overrideFreeze>, release: ProvenRelease) => {
  const { view } = release;
  const { model, releaseId } = view;
  const environment = heldIn(view);
  const place = { model, environment };
  const { inForce } = holdsAt(await holdsOf(ports, place), place, ports.now());
  const freezes = inForce.filter(({ kind }) => kind === 'freeze');
  if (freezes.length === 0) throw new SlipwayError('not_held', `no freeze holds ${releaseId} back from ${environment}`);
  const { name } = call.identity;
  for (const { id, override: roles } of freezes)
    await assertMayBypass(ports, name, release, {
      ...{ roles, place, forbidden: 'override_forbidden' },
      say: `${id} may be overridden by ${roles.join(', ') || 'nobody'}`,
    });
  const used = passageEnd(await readChain(ports, environmentId(model, environment)), releaseId) ?? 0;
  const overrides: (OverrideNotice & { readonly already: boolean })[] = [];
  for (const freeze of freezes) {
    // Of one occasion: once a passage ended, or another artifact came, it is signed anew.
    const occasion = digestOf({ artifact: view.artifactDigest, freeze: overrideInputs(freeze), used });
    const entryId = `override/${environment}/${freeze.id}/${occasion}/${name}`;
    const before = release.entries.find((entry) => entry.kind === FREEZE_OVERRIDDEN && entry.entryId === entryId);
    if (before !== undefined) {
      const { statement: _, ...notice } = before.body;
      overrides.push({ ...(notice as unknown as OverrideNotice), already: true });
      continue;
    }
    const statement = await ports.decisions.sign(claimsOf(ports, call, view, environment, freeze));
    const notice = { freeze: freeze.id, environment, by: name, reason: call.body.reason, at: ports.now() };
    await ports.ledger.append(releaseId, entryId, FREEZE_OVERRIDDEN, notice.at, { ...notice, statement });
    overrides.push({ ...notice, already: false });
  }
  await ports.ledger.checkpoint([releaseId]);
  await nudge(ports, { ...freezes[0]!, models: [model], environments: [environment] });
  return overrides;
};

/** Where a release waits: held in the queue, or its rollout in the middle. */
const heldIn = ({ held, stages, releaseId }: ReleaseView): string => {
  const environment =
    held?.environment ?? stages.find(({ name, status }) => name === 'deploy' && status === 'running')?.environment;
  if (environment === undefined) throw new SlipwayError('not_held', `${releaseId} does not wait to be deployed`);
  return environment;
};

const claimsOf = (
  ports: ServerPorts,
  { identity, body }: Call<typeof ROUTES.overrideFreeze>,
  { releaseId, model, artifactDigest }: ProvenRelease['view'],
  env: string,
  freeze: Hold,
): OverrideStatement => {
  const inputsDigest = digestOf(overrideInputs(freeze));
  return {
    ...issuedNow(ports, identity.name, rolesIn(identity, { model, environment: env })),
    jti: randomUUID(),
    workflowId: releaseId,
    model,
    env,
    gate: freezeGate(env),
    epoch: 0,
    artifactDigest,
    // It is about an artifact and a freeze; no evidence was shown, and no rule of approval is met by it.
    evidenceDigest: artifactDigest,
    policyDigest: inputsDigest,
    planDigest: inputsDigest,
    inputsDigest,
    decision: 'override',
    reason: body.reason,
  };
};
