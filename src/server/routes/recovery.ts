import { createHash } from 'node:crypto';
import { canonicalJson } from '../../domain/canonical.js';
import type { Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { planRecovery, type RecoveryPlan } from '../../recovery/planRecovery.js';
import { recover } from '../../recovery/recover.js';
import type { Handlers } from '../call.js';
import type { ServerPorts } from '../ports.js';

interface Engines {
  readonly before: string;
  readonly now: string;
}

export const recoveryHandlers = (ports: ServerPorts): Pick<Handlers, 'recoveryPlan' | 'recover'> => ({
  recoveryPlan: async () => ({ body: await plan(ports) }),
  recover: async ({ body, identity }) => {
    const planned = await plan(ports);
    const { engine, ...what } = planned;
    if (engine === null) return { body: planned };
    if (planned.plan !== body.plan)
      throw new SlipwayError('plan_changed', 'ledger, store or targets say something else than when it was looked at');
    await recover(ports, { plan: what, by: identity.name, engine, at: ports.now() });
    await ports.guard.adopt(engine.now);
    return { body: planned };
  },
});

const NOTHING: RecoveryPlan = {
  environments: [],
  interrupted: [],
  unbegun: [],
  monitored: [],
  watched: [],
  incidents: [],
};

const plan = async (
  ports: ServerPorts,
): Promise<RecoveryPlan & { readonly engine: Engines | null; readonly plan: Digest }> => {
  const engine = await lostEngine(ports);
  const models = ports.settings.models.map(({ name }) => name);
  const found = engine === null ? NOTHING : await planRecovery(ports, { ...ports.settings, models }, ports.now());
  return { engine, ...found, plan: digestOf(engine, found) };
};

const lostEngine = async ({ guard }: ServerPorts): Promise<Engines | null> => {
  try {
    await guard.check();
    return null;
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'temporal_empty') throw error;
    return error.details as unknown as Engines;
  }
};

/** Of what is decided; when it was looked at is no part of it. */
const digestOf = (engine: Engines | null, { interrupted, ...rest }: RecoveryPlan): Digest => {
  const ends = interrupted.map(({ releaseId, outcome, reason }) => ({ releaseId, outcome, reason }));
  const text = canonicalJson({ engine, ...rest, ends });
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
};
