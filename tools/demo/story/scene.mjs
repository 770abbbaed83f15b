// What every chapter of the story needs: the installation, the repository, the traffic, and the facts it adds to.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { step } from '../progress.mjs';
import { commitVersion } from '../repository.mjs';
import { createTally, flightsByDay, send } from '../traffic.mjs';
import { releaseOf, until } from '../waiting.mjs';

export const MODEL = 'flight-delay';
export const ROWS_PER_REQUEST = 4;
const DAY_MS = 86_400_000;
const LABELS_PER_CALL = 5_000;
const ROWS_AT_ONCE = 40;
const PAUSE_MS = 60;
const DAYS = {
  canary: ['2001-05-21', '2001-05-22'],
  monitored: ['2001-05-22', '2001-06-20'],
  later: ['2001-06-20', '2001-06-30'],
};

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
/** Files that a version of the model lays over the repository. */
export const EXAMPLE = here('../../../examples/flight-delay');
export const overlayOf = (version) => here(`../versions/${version}`);

export const short = (text) => (text ?? '').replace('sha256:', '').slice(0, 12);

export const createScene = async ({ installation, repository, approve }) => {
  const facts = { model: MODEL, traffic: {}, labels: 0 };
  const url = installation.productionUrl();
  const flights = await step('Read the flights that will arrive as traffic', () =>
    flightsByDay({ from: DAYS.canary[0], until: DAYS.later[1], perDay: 240 }),
  );
  const rowsOf = ([from, to]) => flights.filter(({ day }) => day >= Date.parse(from) && day < Date.parse(to));
  return {
    installation,
    repository,
    approve,
    facts,
    url,
    slipway: installation.slipway,
    days: Object.fromEntries(Object.entries(DAYS).map(([name, range]) => [name, rowsOf(range)])),
    tellTruth: (truths) => tellTruth(installation, facts, truths),
    commitAndSee: (overlay, message) => commitAndSee(installation, repository, overlay, message),
    underTraffic: (name, days, work) => underTraffic({ installation, facts, url }, name, days, work),
  };
};

/** A version of the repository, with the message that lies beside its files. */
export const messageOf = (version) => readFileSync(join(overlayOf(version), 'COMMIT_MESSAGE'), 'utf8');

const commitAndSee = async (installation, repository, overlay, message) => {
  const commit = commitVersion(repository, overlay, message);
  const seenFrom = Date.now();
  const release = await until(`a release of ${short(commit)}`, () => releaseOf(installation, commit), {
    withinMs: 60_000,
  });
  return { commit, name: release.releaseId.replace(/^release\//, ''), seenAfterMs: Date.now() - seenFrom };
};

/** Traffic of some days, again and again, while `work` runs; the truth about them is told afterwards. */
const underTraffic = async ({ installation, facts, url }, name, days, work) => {
  const tally = createTally();
  const truths = [];
  facts.traffic[name] = tally;
  let over = false;
  const all = days.flatMap(({ rows }) => rows);
  const traffic = (async () => {
    for (let at = 0; !over; at = (at + ROWS_AT_ONCE) % all.length) {
      const rows = all.slice(at, at + ROWS_AT_ONCE);
      truths.push(...(await send({ url, model: MODEL, rows, perRequest: ROWS_PER_REQUEST, tally })));
      await delay(PAUSE_MS);
    }
  })();
  try {
    return await work();
  } finally {
    over = true;
    await traffic;
    await tellTruth(installation, facts, truths);
  }
};

/** What turned out true, known at the end of the next day. */
const tellTruth = async (installation, facts, truths) => {
  for (let at = 0; at < truths.length; at += LABELS_PER_CALL) {
    const labels = truths.slice(at, at + LABELS_PER_CALL).map(({ predictionId, label, eventTime }) => ({
      predictionId,
      label,
      observedAt: Math.floor(eventTime / DAY_MS) * DAY_MS + 2 * DAY_MS - 1,
    }));
    await post(installation, `/api/v1/models/${MODEL}/environments/production/labels`, { labels });
    facts.labels += labels.length;
  }
};

const post = async (installation, path, body) => {
  const response = await fetch(`${installation.url('api')}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${installation.token('oncall')}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`POST ${path}: HTTP ${response.status} ${await response.text()}`);
};
