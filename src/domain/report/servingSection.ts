import { isJudged } from '../drift/isJudged.js';
import type { FeatureDrift, ServingDrift } from '../drift/types.js';
import { isUnavailable, type Unavailable } from '../gate/types.js';
import { driftTable } from './driftTable.js';
import { escapeHtml, number } from './html.js';

/** Training against what is served now: is the model meant for the traffic that it will get? Shown, not judged. */
export const servingSection = (drift: ServingDrift | Unavailable | undefined): string => {
  if (drift === undefined) return '';
  const heading = '<h3>Training against serving data</h3>';
  if (isUnavailable(drift)) return `${heading}<p>Nothing to compare with: ${escapeHtml(drift.unavailable)}.</p>`;
  return `${heading}<p>${escapeHtml(saySample(drift))} It is shown, and no rule of these gates.</p>${driftTable(drift.features)}`;
};

const saySample = ({ environment, window, rows, windowRows }: ServingDrift): string => {
  const which = rows < windowRows ? `${rows} of ${windowRows} rows, evenly by time,` : `${rows} rows`;
  return `The candidate's training data (reference) beside what ${environment} logged from ${day(window.start)} to ${day(window.end)} UTC (event time), ${which} of whatever version answered them.`;
};

/** In one sentence, the features that differ first and furthest. */
export const sayServing = (drift: ServingDrift | Unavailable): string => {
  if (isUnavailable(drift)) return `Training beside serving data: nothing to compare with, ${drift.unavailable}.`;
  const { environment, features } = drift;
  const judged = features.filter(isJudged);
  const found = judged.filter(({ verdict }) => verdict === 'fail').sort((a, b) => b.distance - a.distance);
  const unjudged = features.length - judged.length;
  const rest = unjudged === 0 ? '' : `; ${unjudged} could not be compared`;
  const beside = `Training beside what ${environment} serves now:`;
  if (judged.length === 0) return `${beside} no feature could be compared.`;
  return found.length === 0
    ? `${beside} no drift is found in ${judged.length} features${rest}.`
    : `${beside} drift in ${found.length} of ${judged.length} features, ${found.map(sayFeature).join(', ')}${rest}.`;
};

const sayFeature = ({ feature, distance, tolerance }: FeatureDrift): string =>
  `${feature} (distance ${number(distance)}, tolerated ${tolerance})`;

const day = (at: number): string => new Date(at).toISOString().replace('T', ' ').slice(0, 16);
