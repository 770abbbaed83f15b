import { FREEZE_OVERRIDDEN } from '../hold/ledger.js';
import type { OverrideNotice } from '../hold/types.js';
import type { ReleaseView } from '../release/types.js';
import { GLASS_OPENED } from './breakGlass.js';
import type { BreakGlassNotice } from './glassNotice.js';

interface Entry {
  readonly kind: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a release was let pass, by its own stream: that stays with it, also when it is told on or its engine was lost. */
export const bypassesOnRecord = (entries: readonly Entry[]): Pick<ReleaseView, 'overrides' | 'breakGlass'> => {
  const overrides = entries.filter(({ kind }) => kind === FREEZE_OVERRIDDEN).map(overrideOf);
  const breakGlass = entries.filter(({ kind }) => kind === GLASS_OPENED).map(glassOf);
  return {
    ...(overrides.length === 0 ? {} : { overrides }),
    ...(breakGlass.length === 0 ? {} : { breakGlass }),
  };
};

const overrideOf = ({ at, body }: Entry): OverrideNotice => ({
  freeze: String(body['freeze']),
  environment: String(body['environment']),
  by: String(body['by']),
  reason: String(body['reason'] ?? ''),
  at,
});

const glassOf = ({ at, body }: Entry): BreakGlassNotice => ({
  environment: String(body['environment']),
  by: Array.isArray(body['by']) ? body['by'].map(String) : [],
  reason: String(body['reason'] ?? ''),
  at: typeof body['at'] === 'number' ? body['at'] : at,
  incidentId: String(body['incidentId']),
});
