import type { HoldNotice, OverrideNotice } from './types.js';
import { sayInstant } from '../sayInstant.js';

/** One line for people: what holds, why, by whom, until when, and what can be done. */
export const sayHold = ({ id, kind, reason, by, until, override }: HoldNotice): string => {
  return `${sayWhat({ id, kind, reason, by, until })} (${wayOut({ id, kind, override })})`;
};

/** The same of what would hold a release back once it is approved; before that there is nothing to override. */
export const sayHoldAhead = (environment: string, hold: HoldNotice): string =>
  `once approved it is held back from ${environment} by ${hold.kind === 'hold' ? sayHold(hold) : `${sayWhat(hold)} (${whoLetsPass(hold)})`}`;

export const sayOverride = ({ freeze, environment, by, reason, at }: OverrideNotice): string =>
  `freeze ${freeze} of ${environment} was overridden by ${by}, ${sayInstant(at)}: ${reason}`;

const sayWhat = ({
  id,
  kind,
  reason,
  by,
  until,
}: Pick<HoldNotice, 'id' | 'kind' | 'reason' | 'by'> & { readonly until?: number | undefined }): string =>
  `${kind} ${id} by ${by}, ${until === undefined ? 'until somebody lifts it' : `until ${sayInstant(until)}`}: ${reason}`;

const whoLetsPass = ({ override }: Pick<HoldNotice, 'override'>): string =>
  override.length === 0 ? 'nobody may override it' : `one of ${override.join(', ')} may override it then`;

const wayOut = ({ id, kind, override }: Pick<HoldNotice, 'id' | 'kind' | 'override'>): string => {
  if (kind === 'hold') return `\`slipway hold lift ${id}\` ends it`;
  return override.length === 0
    ? 'nobody may override it'
    : `\`slipway override\` by one of ${override.join(', ')} lets one release pass`;
};
