import { sayInstant } from '../sayInstant.js';

/** Two people let one release past everything that waits for people or for time in one environment. */
export interface BreakGlassNotice {
  readonly environment: string;
  readonly by: readonly string[];
  readonly reason: string;
  readonly at: number;
  readonly incidentId: string;
}

/** One line for people. */
export const sayBreakGlass = ({ environment, by, reason, at, incidentId }: BreakGlassNotice): string =>
  `break-glass for ${environment} by ${by.join(' and ')}, ${sayInstant(at)}: ${reason} (${incidentId})`;

/** What came of the last look whether two people stand. */
export interface GlassLook {
  readonly environment: string;
  readonly at: number;
  /** `looks`: no answer yet; `failed`: nobody knows. */
  readonly state: 'looks' | 'shut' | 'open' | 'failed';
  readonly reason: string;
}

/** One line for people, for as long as the release waits there; none where it is open, and said by its notice. */
export const sayGlassLook = ({ environment, at, state, reason }: GlassLook): readonly string[] => {
  if (state === 'open') return [];
  const asked = `break-glass for ${environment}, asked for ${sayInstant(at)}`;
  if (state === 'looks') return [`${asked}: who signed is being looked up`];
  if (state === 'shut') return [`${asked}, is not open: ${reason}`];
  return [
    `${asked}: nobody could look who signed, ${reason} (sign once more with \`slipway override --break-glass\`, and it looks again)`,
  ];
};
