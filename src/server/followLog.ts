import { setTimeout as pause } from 'node:timers/promises';
import type { ReleaseView } from '../domain/release/types.js';
import type { ServerPorts } from './ports.js';
import { releaseDocument, type ReleaseParams } from './releaseState.js';

export type LogPart =
  | {
      readonly kind: 'log';
      readonly id: string;
      readonly stage: string;
      readonly attempt: number;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'idle' }
  | { readonly kind: 'end'; readonly outcome?: string };

interface Segment {
  readonly key: string;
  /** `<stage>.<attempt>/<seq>`: what Last-Event-ID names. */
  readonly id: string;
  readonly stage: string;
  readonly attempt: number;
}

const LOOK_EVERY_MS = 500;
const IDLE_AFTER_LOOKS = 20;
const STORY = ['integrate', 'build', 'package', 'approve', 'deploy', 'verify', 'gate', 'soak', 'review', 'bake'];
const SEGMENT = /^([a-z][a-z0-9-]*)\.(\d{1,6})\/(\d{8})\.log$/;

/**
 * The log of a release, segment by segment in the order of its story: what is there, and with `follow` what comes,
 * until the release has ended and everything was read. Segments are whole when they are there, and never change.
 */
export async function* followLog(
  ports: ServerPorts,
  params: ReleaseParams,
  options: { readonly follow: boolean; readonly signal: AbortSignal; readonly stage?: string; readonly after?: string },
): AsyncGenerator<LogPart> {
  const prefix = `releases/${params.model}/${params.release}/logs/`;
  const read = new Set<string>();
  const after = options.after === undefined ? undefined : toSegment(prefix, `${prefix}${options.after}.log`);
  for (let looks = 1; ; looks++) {
    // Asked before the look: what was written before the end is seen by the look after it.
    const ended = options.follow ? await endOf(ports, params) : undefined;
    const segments = await listSegments(ports, prefix);
    for (const segment of segments.filter(({ stage }) => options.stage === undefined || isOf(stage, options.stage))) {
      if (read.has(segment.key)) continue;
      read.add(segment.key);
      if (after !== undefined && inStoryOrder(segment, after) <= 0) continue;
      const bytes = await ports.store.getDocument(segment.key);
      if (options.signal.aborted) return;
      if (bytes !== undefined)
        yield { kind: 'log', id: segment.id, stage: segment.stage, attempt: segment.attempt, bytes };
    }
    if (!options.follow || ended !== undefined) {
      yield { kind: 'end', ...ended };
      return;
    }
    if (looks % IDLE_AFTER_LOOKS === 0) yield { kind: 'idle' };
    await pause(LOOK_EVERY_MS, undefined, { signal: options.signal, ref: false }).catch(() => undefined);
    if (options.signal.aborted) return;
  }
}

/** Asked of the store: looking twice a second must cost the engine nothing. */
const endOf = async (ports: ServerPorts, params: ReleaseParams): Promise<{ readonly outcome?: string } | undefined> => {
  const stored = await releaseDocument(ports, params, 'release.json');
  if (stored === undefined) return undefined;
  const { outcome } = JSON.parse(new TextDecoder().decode(stored)) as ReleaseView;
  return outcome === undefined ? {} : { outcome };
};

const listSegments = async (ports: ServerPorts, prefix: string): Promise<readonly Segment[]> => {
  const segments: Segment[] = [];
  for (let startAfter: string | undefined; ;) {
    const keys = await ports.store.listDocuments(prefix, startAfter === undefined ? {} : { startAfter });
    segments.push(...keys.map((key) => toSegment(prefix, key)).filter((segment) => segment !== undefined));
    startAfter = keys.at(-1);
    if (keys.length < 1000) return segments.sort(inStoryOrder);
  }
};

const toSegment = (prefix: string, key: string): Segment | undefined => {
  const match = SEGMENT.exec(key.slice(prefix.length));
  if (match === null) return undefined;
  return { key, id: key.slice(prefix.length, -'.log'.length), stage: match[1]!, attempt: Number(match[2]) };
};

const inStoryOrder = (a: Segment, b: Segment): number =>
  place(a.stage) - place(b.stage) || a.attempt - b.attempt || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** A stage of the story is that stage in every environment; `gate-staging` is that of one. */
const isOf = (stage: string, asked: string): boolean =>
  stage === asked || (STORY.includes(asked) && stage.startsWith(`${asked}-`));

/** Stages with an environment in their name come where the story has the stage. */
const place = (stage: string): number => {
  const found = STORY.findIndex((known) => stage.startsWith(known));
  return found < 0 ? STORY.length : found;
};
