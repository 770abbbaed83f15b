import type { ShownWithIt } from '../domain/approval/shownWithIt.js';
import type { Digest } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { renderReleaseReport } from '../domain/report/releaseReport.js';
import type { ReleaseView } from '../domain/release/types.js';
import type { LedgerEntry } from '../ports/ledger.js';
import { assertAsked } from './assertAsked.js';
import { orAbsent } from './known.js';
import type { ServerPorts } from './ports.js';
import { readRelease, releaseDocument, releaseIdOf, type ReleaseParams } from './releaseState.js';
import { storedJson } from './storedJson.js';

/**
 * The evidence of a release: while it waits, the very bytes that a decision would be bound to, by the digest that the
 * ledger has as asked last. Documents of the store can be changed by whoever can write to it; nobody decides on one.
 */
export const evidenceOf = async (ports: ServerPorts, params: ReleaseParams): Promise<Uint8Array> => {
  const view = await orAbsent(readRelease(ports, params));
  if (view?.waiting !== undefined) await assertAsked(ports, params, view.waiting);
  const digest = view?.waiting?.subject.evidenceDigest ?? view?.evidenceDigest;
  return digest === undefined ? documentOf(ports, params, 'evidence.json') : ports.store.getBlob(digest);
};

/** The report to read: while a release waits, made from what a decision would be bound to. */
export const reportOf = async (ports: ServerPorts, params: ReleaseParams): Promise<string> => {
  const view = await orAbsent(readRelease(ports, params));
  if (view?.waiting === undefined) return new TextDecoder().decode(await documentOf(ports, params, 'report.html'));
  const asked = await assertAsked(ports, params, view.waiting);
  const evidence = await ports.store.getBlob(view.waiting.subject.evidenceDigest);
  return renderReleaseReport(view, decode(evidence), (await shownWith(ports, asked)) ?? {});
};

/** What stands beside the evidence of a release that waits; undefined where it is not what was asked for. */
export const shownBeside = async (
  ports: ServerPorts,
  { waiting }: Pick<ReleaseView, 'waiting'>,
  params: ReleaseParams,
): Promise<ShownWithIt | undefined> => {
  if (waiting === undefined) return undefined;
  try {
    return await shownWith(ports, await assertAsked(ports, params, waiting));
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'subject_unproven') return undefined;
    throw error;
  }
};

/** Undefined where it was asked by a worker from before it was kept. */
const shownWith = async (ports: ServerPorts, { body }: LedgerEntry): Promise<ShownWithIt | undefined> =>
  typeof body['shown'] === 'string' ? storedJson<ShownWithIt>(ports, body['shown'] as Digest) : undefined;

const documentOf = async (ports: ServerPorts, params: ReleaseParams, name: string): Promise<Uint8Array> => {
  const body = await releaseDocument(ports, params, name);
  if (body === undefined) throw new SlipwayError('not_found', `${releaseIdOf(params)} has no ${name} yet`);
  return body;
};

const decode = (body: Uint8Array): Readonly<Record<string, unknown>> =>
  JSON.parse(new TextDecoder().decode(body)) as Readonly<Record<string, unknown>>;
