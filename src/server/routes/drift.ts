import { isIndexKey, reportPrefix } from '../../domain/drift/keys.js';
import type { Digest } from '../../domain/artifact/types.js';
import type { DriftReport } from '../../domain/drift/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { renderDriftReport } from '../../domain/report/driftReport.js';
import { driftId } from '../../../workflows/messages.js';
import type { Handlers } from '../call.js';
import { PAGE_HEADERS } from '../headers.js';
import { eachOf, knownEnvironment, knownModel } from '../known.js';
import type { ServerPorts } from '../ports.js';

type Mine = 'driftCheck' | 'driftReports' | 'driftReport';

const WIDTH = 10;

/** What the store keeps of a window for lists; `digest` names the report. */
interface ReportIndex {
  readonly digest: Digest;
}

export const driftHandlers = (ports: ServerPorts): Pick<Handlers, Mine> => ({
  driftCheck: async ({ params: { model, environment } }) => {
    known(ports, model, environment);
    const scheduleId = driftId(model, environment);
    try {
      await ports.workflows.triggerSchedule(scheduleId);
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code !== 'not_found') throw error;
      throw new SlipwayError(
        'not_monitored',
        `${model} is not monitored in ${environment}: no release with monitoring was promoted there`,
        {},
        { cause: error },
      );
    }
    return { status: 202, body: { scheduleId } };
  },
  driftReports: async ({ params: { model, environment }, query: { limit, cursor } }) => {
    known(ports, model, environment);
    const keys = await newestFirst(ports, model, environment);
    const last = cursor === undefined ? undefined : keyIn(cursor, reportPrefix(model, environment));
    const from = last === undefined ? 0 : keys.findIndex((key) => key < last);
    const wanted = from < 0 ? [] : keys.slice(from, from + limit);
    const reports = await eachOf(wanted, WIDTH, (key) => readIndex(ports, key));
    const end = wanted.at(-1);
    const more = from >= 0 && from + limit < keys.length && end !== undefined;
    return { body: { reports, ...(more ? { cursor: Buffer.from(end).toString('base64url') } : {}) } };
  },
  driftReport: async ({ params: { model, environment, report }, accepts }) => {
    known(ports, model, environment);
    const digest = report === 'latest' ? await latest(ports, model, environment) : (report as Digest);
    const found = await readReport(ports, digest);
    if (found.model !== model || found.environment !== environment) throw notThere(digest, model, environment);
    return accepts('text/html')
      ? { body: renderDriftReport(found, digest), type: 'text/html; charset=utf-8', headers: PAGE_HEADERS }
      : { body: { digest, ...found } };
  },
});

const known = (ports: ServerPorts, model: string, environment: string): void => {
  knownModel(ports, model);
  knownEnvironment(ports, environment);
};

/** The key that a cursor stands for, of this list and no other. */
const keyIn = (cursor: string, prefix: string): string => {
  const key = Buffer.from(cursor, 'base64url').toString();
  if (!key.startsWith(prefix)) throw new SlipwayError('request_invalid', 'query cursor: it is of no page of this list');
  return key;
};

/** Index documents are named by the first instant of their window, so that names ascend with time. */
const newestFirst = async (ports: ServerPorts, model: string, environment: string): Promise<readonly string[]> => {
  const keys: string[] = [];
  for (let startAfter: string | undefined; ;) {
    const page = await ports.store.listDocuments(
      reportPrefix(model, environment),
      startAfter === undefined ? {} : { startAfter },
    );
    keys.push(...page);
    startAfter = page.at(-1);
    if (page.length < 1000) return keys.filter(isIndexKey).reverse();
  }
};

const readIndex = async (ports: ServerPorts, key: string): Promise<ReportIndex> => {
  const body = await ports.store.getDocument(key);
  if (body === undefined) throw new SlipwayError('not_found', `${key} is gone`);
  return JSON.parse(new TextDecoder().decode(body)) as ReportIndex;
};

const latest = async (ports: ServerPorts, model: string, environment: string): Promise<Digest> => {
  const [newest] = await newestFirst(ports, model, environment);
  if (newest === undefined)
    throw new SlipwayError('no_window', `no window of ${model} in ${environment} was checked yet`);
  return (await readIndex(ports, newest)).digest;
};

/** A blob that is a drift report; the route is no way to read others. */
const readReport = async (ports: ServerPorts, digest: Digest): Promise<DriftReport> => {
  const text = new TextDecoder().decode(await ports.store.getBlob(digest));
  try {
    return JSON.parse(text) as DriftReport;
  } catch (cause) {
    throw new SlipwayError('not_found', `${digest} is no drift report`, {}, { cause });
  }
};

const notThere = (digest: Digest, model: string, environment: string): SlipwayError =>
  new SlipwayError('not_found', `${digest} is no drift report of ${model} in ${environment}`);
