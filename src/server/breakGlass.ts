import { randomUUID } from 'node:crypto';
import type { ROUTES } from '../contract/http/routes.js';
import type { OverrideStatement } from '../domain/approval/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { personsOf } from '../domain/identity/person.js';
import { rolesIn } from '../domain/identity/roles.js';
import type { Identity } from '../domain/identity/types.js';
import type { ReleaseView } from '../domain/release/types.js';
import {
  GLASS_PERSONS,
  GLASS_SIGNED,
  glassGate,
  whereItWaits,
  type GlassSubject,
} from '../domain/urgency/breakGlass.js';
import { breakGlassSignal } from '../../workflows/messages.js';
import { assertMayBypass, type ProvenRelease } from './bypass.js';
import type { Call } from './call.js';
import { glassOccasion } from './glassAsked.js';
import { issuedNow } from './issuedNow.js';
import type { ServerPorts } from './ports.js';

export interface GlassAsked {
  readonly environment: string;
  /** Who signed so far. */
  readonly by: readonly string[];
  readonly needed: number;
  /** Who may sign. */
  readonly roles: readonly string[];
  /** Who asks had signed before: the word that is kept is the first. */
  readonly already: boolean;
}

/**
 * One person's signed word that this release may pass whatever it waits for, in its own stream of the ledger. The release
 * then looks itself whether two stand. Asked again it is the same word, and the release looks again.
 */
export const breakGlass = async (
  ports: ServerPorts,
  { identity, body }: Call<typeof ROUTES.overrideFreeze>,
  release: ProvenRelease,
): Promise<GlassAsked> => {
  const { view, entries } = release;
  const { releaseId, model } = view;
  const waits = whereItWaits(view);
  if (waits === undefined) throw new SlipwayError('not_held', `${releaseId} waits neither for people nor for time`);
  const { environment } = waits;
  const roles = ports.settings.breakGlassRoles;
  if (roles.length === 0)
    throw new SlipwayError('break_glass_unavailable', 'breakGlass.roles of the operator’s file names nobody');
  await assertMayBypass(ports, identity.name, release, {
    ...{ roles, place: { model, environment }, forbidden: 'break_glass_forbidden' },
    say: `two people of ${roles.join(', ')} may`,
  });
  const { subject, occasion, words } = await glassOccasion(ports, view, { model, environment }, entries);
  const by = words.map((word) => word.by);
  await assertAnotherPerson(ports, identity, by);
  if (!by.includes(identity.name)) {
    const claims = claimsOf(ports, identity, body.reason, view, environment, subject);
    await ports.ledger.append(releaseId, `${occasion}/${identity.name}`, GLASS_SIGNED, ports.now(), {
      ...{ environment, by: identity.name, reason: body.reason },
      statement: await ports.decisions.sign(claims),
    });
    await ports.ledger.checkpoint([releaseId]);
  }
  await ports.workflows.signal(releaseId, breakGlassSignal.name, undefined);
  return {
    environment,
    by: [...new Set([...by, identity.name])],
    ...{ needed: GLASS_PERSONS, roles, already: by.includes(identity.name) },
  };
};

/** One person with two identities is one of the two people. */
const assertAnotherPerson = async (
  { directory }: ServerPorts,
  { name }: Identity,
  by: readonly string[],
): Promise<void> => {
  const person = personsOf(await directory.identities());
  const own = by.find((other) => other !== name && person(other) === person(name));
  if (own !== undefined)
    throw new SlipwayError('break_glass_one_person', `${own} has signed, and is the same person as ${name}`);
};

const claimsOf = (
  ports: ServerPorts,
  identity: Identity,
  reason: string,
  { releaseId, model }: ReleaseView,
  env: string,
  subject: GlassSubject,
): OverrideStatement => ({
  ...issuedNow(ports, identity.name, rolesIn(identity, { model, environment: env })),
  jti: randomUUID(),
  workflowId: releaseId,
  ...{ model, env, gate: glassGate(env) },
  ...subject,
  decision: 'override',
  reason,
});
