import type { Version } from '../domain/artifact/types.js';
import { plotShares, sharesToCome } from '../domain/rollout/plotShares.js';
import type { LookOnRecord, RolloutOnRecord } from '../domain/rollout/rolloutOnRecord.js';
import { saySteered } from '../domain/rollout/steering.js';
import type { StepAnalysis } from '../domain/rollout/types.js';
import { duration, firstLine, mark, short, when } from './output.js';
import { table } from './table.js';

type Look = LookOnRecord & Partial<Pick<StepAnalysis, 'requests' | 'measurements'>>;

/** As the API shows it. */
export interface ShownRollout extends Pick<RolloutOnRecord, 'shifts' | 'said'> {
  readonly model: string;
  readonly environment: string;
  readonly epoch: number;
  readonly kind: string;
  readonly status: string;
  readonly reason: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly candidate: Version;
  readonly champion?: Version;
  readonly step?: number;
  readonly weight: number;
  readonly waitsFor?: string;
  readonly steps: readonly { readonly weight: number }[];
  readonly looks: readonly Look[];
}

/** A rollout on one screen: what it is at, its share of the traffic over time, and what each look found. */
export const renderRollout = (shown: ShownRollout, now: number): string => {
  const { model, environment, epoch, kind, status, reason, startedAt, endedAt, said, waitsFor } = shown;
  const step = shown.step === undefined ? '' : `, step ${shown.step} of ${shown.steps.length}`;
  const going = endedAt === undefined && status !== 'aborting';
  const bars = plotShares([...shown.shifts, ...sharesToCome(shown.steps, shown.weight, going)]);
  return [
    `${kind} of ${model} in ${environment}, epoch ${epoch}: ${mark(status)}${step}, ${shown.weight} % of the traffic`,
    `${named(shown.candidate)}${beside(shown)}`,
    `began ${when(startedAt)}, ${endedAt === undefined ? 'for' : 'took'} ${duration((endedAt ?? now) - startedAt)}: ${firstLine(reason, 100)}`,
    ...(waitsFor === undefined ? [] : [`waits for ${waitsFor}`]),
    ...said.map((one) => `${when(one.at)} ${saySteered(one)}`),
    ...(bars.length === 0 ? [] : ['', ...bars]),
    ...(shown.looks.length === 0 ? [] : ['', looksTable(shown.looks), ...measurementLines(shown.looks)]),
  ].join('\n');
};

const named = ({ artifactDigest, commit }: Version): string => `${short(artifactDigest)} (commit ${short(commit)})`;

/** What came at once was never beside anything, and its record does not say what was there before. */
const beside = ({ champion, shifts, endedAt }: ShownRollout): string => {
  if (champion !== undefined) return ` beside ${named(champion)}`;
  return endedAt !== undefined && shifts.length === 0 ? '' : ' beside nothing';
};

const looksTable = (looks: readonly Look[]): string =>
  table(
    ['Looked', 'Step', 'Share', 'Requests', 'Verdict', 'Why'],
    looks.map(({ at, weight, copies, requests, verdict, reason, ...look }) => [
      when(at),
      stepOf(look),
      copies === undefined ? `${weight} %` : `${copies} % copied`,
      requests,
      mark(verdict),
      firstLine(reason, 100),
    ]),
  );

const stepOf = ({ phase, step }: Pick<Look, 'phase' | 'step'>): string => phase ?? String(step + 1);

/** Of the last look at each step: every value beside its limit. */
const measurementLines = (looks: readonly Look[]): readonly string[] => {
  const last = [...new Map(looks.map((look) => [stepOf(look), look])).values()];
  const rows = last.flatMap(({ measurements = [], ...look }) =>
    measurements.map(({ name, value, limit, verdict }) => [
      stepOf(look),
      name,
      rounded(value),
      rounded(limit),
      mark(verdict),
    ]),
  );
  return rows.length === 0 ? [] : ['', table(['Step', 'Measured', 'Value', 'Limit', 'Verdict'], rows)];
};

const rounded = (value: number): string => String(Number(value.toPrecision(4)));
