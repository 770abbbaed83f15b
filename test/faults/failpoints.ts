/**
 * What proves, outside of the product, that the effect before a failpoint had happened when the failpoint killed: when
 * a source that is not ours saw it. A kill counts only with such a proof.
 */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FERRIES, type Product } from '../fixtures/product.js';
import { openBucket } from './bucket.js';
import { readHistories, withEngine } from './engine.js';
import { commandsOf } from './observe.js';
import { killedAt } from './scene.js';

/** When the effect was seen, epoch milliseconds. */
type Proof = (product: Product, release: string) => Promise<number | undefined> | number | undefined;

const newest = async (product: Product, bucket: string, prefix: string): Promise<number> => {
  const store = openBucket(product, bucket);
  const times = await Promise.all((await store.keys(prefix)).map((key) => store.writtenAt(key)));
  return Math.max(...times.map((time) => time ?? 0));
};

const statusAt: Proof = ({ repository }, release) =>
  statSync(join(`${repository.directory}.slipway`, 'status', `${release.split('/')[1]}.json`)).mtimeMs;

const toldAt: Proof = ({ home }) => statSync(join(home, '..', 'alerts.ndjson')).mtimeMs;

const carriedOutAt: Proof = (product) =>
  Math.max(...['staging', 'production'].flatMap((name) => commandsOf(product, name)).map(({ at }) => at));

const startedAt: Proof = (product, release) =>
  withEngine(product, async (client) =>
    (await client.workflow.getHandle(`release/${release}`).describe()).startTime.getTime(),
  );

const retrainedAt: Proof = async (product) => {
  const starts = await readHistories(product, "WorkflowType = 'release'");
  return Math.max(...starts.filter(({ type }) => type === 'WORKFLOW_EXECUTION_STARTED').map(({ at }) => at));
};

const scheduledAt: Proof = (product) =>
  withEngine(product, async (client) =>
    (await client.schedule.getHandle(`drift/${FERRIES}/production`).describe()).info.createdAt.getTime(),
  );

const signalledAt: Proof = async (product) => {
  const events = await readHistories(product, "WorkflowType = 'environment'");
  return Math.max(...events.filter(({ type }) => type === 'WORKFLOW_EXECUTION_SIGNALED').map(({ at }) => at));
};

const PROOFS: Readonly<Record<string, Proof>> = {
  'pollSource.started': startedAt,
  'runChecks.reported': statusAt,
  'buildModel.stored': (product) => newest(product, 'slipway', 'blobs/sha256/'),
  'packageArtifact.stored': (product) => newest(product, 'slipway', 'blobs/sha256/'),
  'packageArtifact.attested': (product) => newest(product, 'slipway', `models/${FERRIES}/attestations/`),
  'sendMessage.sent': signalledAt,
  'deployVersion.applied': carriedOutAt,
  'prepareApproval.told': toldAt,
  'notify.delivered': toldAt,
  'verifyDecision.taken': (product) => newest(product, 'slipway', 'decisions/'),
  'shiftTraffic.applied': carriedOutAt,
  'recordDeployment.recorded': (product) => newest(product, 'slipway-ledger', `ledger/environment/${FERRIES}/`),
  'recordDeployment.pointed': (product) => newest(product, 'slipway', `pointers/environments/${FERRIES}/`),
  'startMonitoring.scheduled': scheduledAt,
  'finishRelease.recorded': (product, release) => newest(product, 'slipway-ledger', `ledger/release/${release}/`),
  'finishRelease.reported': statusAt,
  'measureDrift.stored': (product) => newest(product, 'slipway', `drift/${FERRIES}/production/`),
  'moveWatermark.moved': (product) => newest(product, 'slipway', 'pointers/drift/'),
  'notifyOwner.delivered': toldAt,
  'notifyOwner.recorded': (product) => newest(product, 'slipway-ledger', `ledger/incident/${FERRIES}/`),
  'recordIncident.recorded': (product) => newest(product, 'slipway-ledger', `ledger/incident/${FERRIES}/`),
  'exportTrainingData.stored': (product) => newest(product, 'slipway', 'blobs/sha256/'),
  'startRetrain.started': retrainedAt,
};

/** Failpoints before an effect, with the same sources: none of them may have seen it yet. */
const ABSENT: Readonly<Record<string, Proof>> = {
  'verifyDecision.judged': (product) => newest(product, 'slipway', 'decisions/'),
  'shiftTraffic.asked': (product) =>
    Math.max(0, ...commandsOf(product, 'production').flatMap(({ seq, at }) => (seq > 1 ? [at] : []))),
};

/** Times of files come from a clock that ticks every few milliseconds. */
const TICK_MS = 10;
/** A Schedule is there when its creation is answered, and writes down its own time when it takes its first step. */
const WRITTEN_LATER_MS: Readonly<Record<string, number>> = { 'startMonitoring.scheduled': 1_000 };
const LOOK_MS = 10;

export interface Watch {
  /** Ends the watch; what each kill was, with what was seen of its effect. Throws where an effect was not there. */
  end(): Promise<readonly { readonly failpoint: string; readonly at: number }[]>;
}

/** Looks for kills while the scenario goes on, and at the effect at once: before anybody could have repeated it. */
export const watchKills = (product: Product, release: string, failpoints: readonly string[]): Watch => {
  const kills: { failpoint: string; at: number }[] = [];
  const problems: string[] = [];
  let over = false;
  const look = async (failpoint: string): Promise<void> => {
    const at = killedAt(product, failpoint);
    if (at === undefined || kills.some((kill) => kill.failpoint === failpoint)) return;
    kills.push({ failpoint, at });
    const before = ABSENT[failpoint];
    const seen = await Promise.resolve((before ?? PROOFS[failpoint])?.(product, release)).catch(String);
    const happened = typeof seen === 'number' && seen > 0 && seen <= at + (WRITTEN_LATER_MS[failpoint] ?? TICK_MS);
    if (happened === (before !== undefined))
      problems.push(`${failpoint}: killed at ${at}, its effect was seen at ${seen}`);
  };
  const watching = (async () => {
    while (!over) {
      for (const failpoint of failpoints) await look(failpoint);
      await delay(LOOK_MS);
    }
  })();
  return {
    end: async () => {
      over = true;
      await watching;
      assert.deepEqual(problems, []);
      const missed = failpoints.filter((name) => !kills.some(({ failpoint }) => failpoint === name));
      assert.deepEqual(missed, [], 'failpoints that no worker passed');
      return kills;
    },
  };
};

/** From a kill until the engine has the result of the activity that was killed, as its histories tell, milliseconds. */
export const resumedAfter = async (
  product: Product,
  kills: readonly { readonly failpoint: string; readonly at: number }[],
): Promise<Readonly<Record<string, number>>> => {
  const done = (await readHistories(product)).filter(({ type }) => type === 'ACTIVITY_TASK_COMPLETED');
  return Object.fromEntries(
    kills.map(({ failpoint, at }) => {
      const after = done.filter((one) => failpoint.startsWith(`${one.activity}.`) && one.at > at).map((one) => one.at);
      return [failpoint, Math.min(...after) - at];
    }),
  );
};
