import type { RetirementPlan } from '../domain/environment/planRetirement.js';
import { duration, short, shortRelease, when } from './output.js';

/** As the API plans it. */
export interface ShownRetirement extends RetirementPlan {
  readonly plan: string;
  readonly servedSince?: number;
  readonly traffic: { readonly since?: number; readonly requests: number; readonly failures: number } | null;
  readonly schedules: readonly string[];
  readonly incidents: readonly { readonly incidentId: string; readonly status: string }[];
}

/** What a retirement would undo, for whoever is asked. */
export const renderRetirement = (plan: ShownRetirement, now: number): string => {
  const { model, environment, epoch, from, underWay, releases, schedules, incidents } = plan;
  return [
    `retirement of ${model} from ${environment}, at epoch ${epoch}`,
    `  takes away ${short(from.artifactDigest)} (commit ${short(from.commit)}, release ${shortRelease(from.releaseId)})${plan.servedSince === undefined ? '' : `, which serves since ${when(plan.servedSince)}`}`,
    `  ${sayTraffic(plan.traffic, now)}`,
    ...(underWay === undefined
      ? []
      : [
          `! refused while the ${underWay.kind} of ${short(underWay.version.commit)} is under way (epoch ${underWay.epoch}, by ${underWay.by}): abort it, or wait`,
        ]),
    ...releases.map((release) => `supersedes ${shortRelease(release)}, which is on its way there`),
    ...incidents.map(({ incidentId, status }) => `ends ${incidentId} (${status})`),
    ...schedules.map((schedule) => `deletes the Schedule ${schedule}`),
    'callers get 404 from then on; the ledger keeps everything',
  ].join('\n');
};

const sayTraffic = (traffic: ShownRetirement['traffic'], now: number): string => {
  if (traffic === null) return 'the target does not say who calls it';
  const { since, requests, failures } = traffic;
  const span = since === undefined ? '' : ` in ${duration(now - since)}`;
  return `${requests} request${requests === 1 ? '' : 's'}${span}${failures === 0 ? '' : `, ${failures} of them failed`}`;
};
