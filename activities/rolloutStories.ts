import type { Digest } from '../src/domain/artifact/types.js';
import type { DeploymentEntry } from '../src/domain/environment/types.js';
import type { ReleaseView } from '../src/domain/release/types.js';
import type { RolloutLook, RolloutStory } from '../src/domain/report/rolloutSection.js';
import { measuredBefore, type ChampionEvidence } from '../src/domain/rollout/beforeSwitch.js';
import { ANALYSED } from '../src/domain/rollout/shareOf.js';
import { steeringOnRecord } from '../src/domain/rollout/steering.js';
import type { StepAnalysis, TrafficCounters } from '../src/domain/rollout/types.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import { environmentId, rolloutId } from '../workflows/messages.js';
import { getJson } from './documents.js';
import type { Ports } from './ports.js';

/** What `analyseStep` keeps of a look. */
interface CanaryEvidence {
  readonly input: { readonly step: { readonly minRequests: number }; readonly champion?: Digest };
  readonly measured: { readonly counters: readonly TrafficCounters[] };
  readonly analysis: StepAnalysis;
}

type Parts = Pick<Ports, 'ledger' | 'store'>;

/** How the traffic of a release's artifact moved in each environment that it came to, from the ledger. */
export const rolloutStories = async (
  ports: Parts,
  view: Pick<ReleaseView, 'releaseId' | 'model' | 'stages'>,
): Promise<readonly RolloutStory[]> => {
  const found: RolloutStory[] = [];
  for (const { name, environment, status } of view.stages) {
    if (name !== 'deploy' || environment === undefined || status === 'pending') continue;
    const entries = await ports.ledger.read(environmentId(view.model, environment));
    const own = entries
      .filter(({ kind }) => kind.startsWith('deployment.'))
      .map(({ body }) => body as unknown as DeploymentEntry)
      .filter(({ version }) => version?.releaseId === view.releaseId);
    for (const entry of own) found.push(await storyOf(ports, view.model, environment, entry));
  }
  return found;
};

const storyOf = async (
  ports: Parts,
  model: string,
  environment: string,
  { epoch, outcome, reason, startedAt, endedAt }: DeploymentEntry,
): Promise<RolloutStory> => {
  const entries = await ports.ledger.read(rolloutId(model, environment, epoch));
  const looks: RolloutLook[] = [];
  for (const entry of entries) if (entry.kind === ANALYSED) looks.push(await lookOf(ports, entry, entries));
  return { environment, epoch, outcome, reason, startedAt, endedAt, looks, said: steeringOnRecord(entries) };
};

const lookOf = async (
  ports: Parts,
  { at, body }: LedgerEntry,
  entries: readonly LedgerEntry[],
): Promise<RolloutLook> => {
  const { input, measured, analysis } = await getJson<CanaryEvidence>(ports.store, body['evidence'] as Digest);
  const before =
    analysis.phase === 'switch' && input.champion !== undefined ? measuredBefore(entries, input.champion) : undefined;
  const compared = before === undefined ? measured : (await getJson<ChampionEvidence>(ports.store, before)).measured;
  const theirs = compared.counters.find(({ artifactDigest }) => artifactDigest === input.champion);
  return { at, analysis, minRequests: input.step.minRequests, championRequests: theirs?.requests ?? 0 };
};
