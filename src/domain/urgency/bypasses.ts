import { sayOverride } from '../hold/sayHold.js';
import type { ReleaseView } from '../release/types.js';
import { whereItWaits } from './breakGlass.js';
import { sayBreakGlass, sayGlassLook } from './glassNotice.js';

/** How often people went around what every other release waits for. */
export interface Bypasses {
  readonly hotfixes: number;
  readonly freezeOverrides: number;
  readonly breakGlass: number;
}

type Bypassing = Pick<ReleaseView, 'trigger' | 'overrides' | 'breakGlass'>;

/** In these releases; a release is counted for ever, however it ended. */
export const countBypasses = (releases: readonly Bypassing[]): Bypasses => ({
  hotfixes: releases.filter(({ trigger }) => trigger.kind === 'hotfix').length,
  freezeOverrides: releases.reduce((sum, { overrides = [] }) => sum + overrides.length, 0),
  breakGlass: releases.reduce((sum, { breakGlass = [] }) => sum + breakGlass.length, 0),
});

export const sumBypasses = (all: readonly Bypasses[]): Bypasses => ({
  hotfixes: all.reduce((sum, { hotfixes }) => sum + hotfixes, 0),
  freezeOverrides: all.reduce((sum, { freezeOverrides }) => sum + freezeOverrides, 0),
  breakGlass: all.reduce((sum, { breakGlass }) => sum + breakGlass, 0),
});

/** One line for each. */
export const sayBypasses = ({ trigger, overrides = [], breakGlass = [] }: Bypassing): readonly string[] => [
  ...(trigger.kind === 'hotfix' ? [`hotfix by ${trigger.by}: ${trigger.reason ?? 'no reason'}`] : []),
  ...overrides.map(sayOverride),
  ...breakGlass.map(sayBreakGlass),
];

/** That somebody asked for break-glass where it waits, and it did not open. */
export const sayGlassAsked = (
  view: Pick<ReleaseView, 'waiting' | 'held' | 'stages' | 'outcome' | 'glassLook'>,
): readonly string[] => {
  const { glassLook } = view;
  return glassLook !== undefined && whereItWaits(view)?.environment === glassLook.environment
    ? sayGlassLook(glassLook)
    : [];
};

export const sayBypassed = ({ hotfixes, freezeOverrides, breakGlass }: Bypasses): string =>
  `bypasses: ${hotfixes} hotfixes, ${freezeOverrides} freeze overrides, ${breakGlass} times break-glass`;
