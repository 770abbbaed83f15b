// 10 and 11: weeks of production, the incident, and its remediation.
import { setTimeout as delay } from 'node:timers/promises';
import { chapter, step } from '../progress.mjs';
import { createTally, send } from '../traffic.mjs';
import { showRelease, until } from '../waiting.mjs';
import { MODEL, ROWS_PER_REQUEST } from './scene.mjs';

/** The log is written every few seconds: what was answered must be there before anybody measures it. */
const LOG_FLUSH_MS = 4_000;
const KINDS = ['performance', 'quality', 'prediction'];

export const tellProduction = async (scene) => {
  const { installation, slipway, facts, underTraffic, days } = scene;
  chapter('Weeks of production: what it saw, what turned out true');
  await step(
    'Flights of four weeks arrive, labels a day later',
    (note) => liveThrough(scene, note),
    (sent) => `${sent.rows} rows, ${sent.labels} labels`,
  );
  facts.reports = await step(
    'The Schedule starts drift checks over the windows that are complete',
    (note) => checkDrift(installation, note),
    (list) => list.map((one) => one.verdict).join(', '),
  );
  const incident = await step(
    'The incident',
    () =>
      until(
        'an incident',
        async () => (await slipway(['incident', 'list'])).output.incidents.find((one) => KINDS.includes(one.kind)),
        { withinMs: 60_000 },
      ),
    (one) => one.incidentId,
  );
  await step('The person on call acknowledges it', () =>
    slipway(['incident', 'ack', incident.incidentId, '--note', 'looking'], { as: 'oncall' }),
  );
  facts.incident = await underTraffic('remediation', days.later, () =>
    step(
      'The guarded remediation runs, and ends in whatever the data say',
      (note) => followIncident(scene, incident, note),
      (one) =>
        `${one.remediation?.action ?? 'none'}: ${one.remediation?.outcome ?? one.remediation?.reason ?? one.status}`,
    ),
  );
};

/** Day after day: rows arrive, and the truth of a day is told when the next one has passed. */
const liveThrough = async ({ url, days, facts, tellTruth }, note) => {
  const tally = createTally();
  facts.traffic.monitored = tally;
  const before = facts.labels;
  let pending = [];
  for (const { day, rows } of days.monitored) {
    note(new Date(day).toISOString().slice(0, 10));
    const truths = await send({ url, model: MODEL, rows, perRequest: ROWS_PER_REQUEST, tally });
    await tellTruth(pending);
    pending = truths;
  }
  await tellTruth(pending);
  await delay(LOG_FLUSH_MS);
  return { rows: tally.rows, labels: facts.labels - before };
};

const checkDrift = async (installation, note) => {
  const list = async () =>
    (await installation.slipway(['drift', 'report', MODEL, 'production', '--list'], { expect: [0, 6] })).output
      ?.reports ?? [];
  let known = 0;
  return until(
    'a drift report with a finding',
    async () => {
      const reports = await list();
      note(`${reports.length} windows`);
      if (reports.some((one) => one.verdict === 'fail')) return reports;
      if (reports.length === known)
        await installation.slipway(['drift', 'check', MODEL, 'production'], { as: 'oncall' });
      known = reports.length;
      return undefined;
    },
    { withinMs: 240_000, everyMs: 2_000 },
  );
};

const followIncident = async ({ installation, slipway, approve }, { incidentId }, note) => {
  const asked = new Set();
  return until(
    'the remediation to end',
    async () => {
      const one = (await slipway(['incident', 'show', incidentId])).output;
      note(`${one.status}${one.remediation === undefined ? '' : `, ${one.remediation.action}`}`);
      if (one.remediation?.releaseId !== undefined) {
        const name = one.remediation.releaseId.replace(/^release\//, '');
        const view = await showRelease(installation, name).catch(() => undefined);
        if (view?.waiting !== undefined && !asked.has(name)) {
          asked.add(name);
          await approve({ view, name });
        }
      }
      const settled =
        one.remediation !== undefined && (one.remediation.action === 'none' || one.remediation.outcome !== undefined);
      return one.status === 'resolved' || settled ? one : undefined;
    },
    { withinMs: 400_000, everyMs: 700 },
  );
};
