import { log } from '@temporalio/activity';
import { targetSchedule } from '../src/contract/schedules.js';
import { pointerKey } from '../src/domain/environment/pointerKey.js';
import { RETIRED } from '../src/domain/environment/retire.js';
import type { DeploymentEntry, EmptyPointer, Pointer } from '../src/domain/environment/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { environmentId, rolloutId } from '../workflows/messages.js';
import { assertOwnStream } from './assertOwnStream.js';
import { assertRecordable } from './deploymentAuthority.js';
import { encodeJson, readDocument } from './documents.js';
import type { Ports } from './ports.js';
import { signLedger } from './recordStage.js';

export interface RecordDeploymentInput {
  readonly model: string;
  readonly environment: string;
  /** Not read: it is derived, so that nobody can write one environment's deployment into another's stream. Workflows still send it. */
  readonly stream?: string;
  readonly entry: DeploymentEntry;
  /** Who serves now, or that nothing does any more; absent where that has not changed. */
  readonly pointer?: Pointer | EmptyPointer;
}

/**
 * Writes what was deployed to the ledger, then the pointer that readers look at. Done before anybody is told. An end that
 * somebody only claimed is not written, and the arbiter keeps the champion that it had.
 */
export const createRecordDeployment =
  (ports: Ports) =>
  async (input: RecordDeploymentInput): Promise<void> => {
    const { model, environment, entry, pointer } = input;
    const stream = environmentId(model, environment);
    assertOwnStream(stream);
    assertEnd(input);
    await assertRecordable(ports, {
      model,
      environment,
      epoch: entry.epoch,
      ...(entry.outcome === 'deployed' ? { deployed: entry.version } : {}),
      ...(entry.outcome === 'retired' ? { retired: true } : {}),
    });
    await ports.ledger.append(stream, `${entry.epoch}`, `deployment.${entry.outcome}`, entry.endedAt, { ...entry });
    ports.failpoint('recordDeployment.recorded');
    await signLedger(ports, [stream, rolloutId(model, environment, entry.epoch)]);
    if (pointer !== undefined) {
      if (!('retired' in pointer)) await watchTarget(ports, pointer);
      const key = pointerKey(model, environment);
      if (await isOutdated(ports, stream, key, pointer)) return;
      await ports.store.putDocument(key, encodeJson(pointer), 'application/json');
      ports.failpoint('recordDeployment.pointed');
    }
  };

const ENDS: readonly unknown[] = [
  'deployed',
  'rolled_back',
  'refused',
  'retired',
] satisfies DeploymentEntry['outcome'][];

/**
 * Whoever reaches the engine says anything: a list with `deployed` in it is none of the ends, and reads like one in a name. And a
 * pointer says no more than what it is written down with, of which authority is asked.
 */
const assertEnd = ({ model, environment, entry, pointer }: RecordDeploymentInput): void => {
  const { outcome, epoch, version } = entry;
  const isOfEntry =
    pointer === undefined ||
    (pointer.model === model &&
      pointer.environment === environment &&
      pointer.epoch === epoch &&
      ('retired' in pointer
        ? outcome === 'retired'
        : outcome === 'deployed' && pointer.artifactDigest === version.artifactDigest));
  if (ENDS.includes(outcome) && Number.isSafeInteger(epoch) && isOfEntry) return;
  throw new SlipwayError('record_mismatch', 'what is to be written down is not how a passage ends, in an epoch');
};

/** From now on a Schedule asks the target what it runs. A record must not wait for it: the next passage tries again. */
const watchTarget = async ({ workflows, settings }: Ports, { model, environment }: Pointer): Promise<void> => {
  const everyMs = settings.lookAtTargetsEveryMs;
  if (everyMs === undefined) return;
  try {
    await workflows.ensureSchedule(targetSchedule(model, environment, everyMs));
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    log.warn('nobody looks at what this target runs', { model, environment, reason: error.message });
  }
};

/** Entries after which the pointer is another one. */
const MOVES: ReadonlySet<string> = new Set(['deployment.deployed', RETIRED]);

/**
 * Woke this attempt up after a later passage? It must not put the pointer back. A later epoch counts only where the ledger
 * has it: whoever can write to the store could else nail the pointer down. What an attempt that falls asleep between this
 * look and its write leaves is mended by the next passage, and counts nowhere: a pointer that is behind the ledger is not
 * believed.
 */
const isOutdated = async (
  { store, ledger }: Ports,
  stream: string,
  key: string,
  { epoch }: Pick<Pointer, 'epoch'>,
): Promise<boolean> => {
  const later = (told: unknown): boolean => typeof told === 'number' && told > epoch;
  const there = await readDocument<Partial<Pick<Pointer, 'epoch'>> | null>(store, key).catch((error: unknown) => {
    if (error instanceof SlipwayError && error.code === 'digest_mismatch') return undefined;
    throw error;
  });
  if (!later(there?.epoch)) return false;
  return (await ledger.read(stream)).some(({ kind, body }) => MOVES.has(kind) && later(body['epoch']));
};
