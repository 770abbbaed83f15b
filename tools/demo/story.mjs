// The story: one model repository from its first commit to an incident and back, told only through the command line,
// the API and the environment's public address. Returns what the product said on the way; claims.mjs holds that against
// other sources.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { chapter, fit, say, seconds, step } from './progress.mjs';
import { commitVersion } from './repository.mjs';
import { createTally, flightsByDay, send } from './traffic.mjs';
import { releaseOf, showRelease, until, untilDecided, untilEnded } from './waiting.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const MODEL = 'flight-delay';
const DAY_MS = 86_400_000;
const ROWS_PER_REQUEST = 4;
const LABELS_PER_CALL = 5_000;
const DAYS = {
  canary: ['2001-05-21', '2001-05-22'],
  monitored: ['2001-05-22', '2001-06-20'],
  later: ['2001-06-20', '2001-06-30'],
};

const messageOf = (version) => readFileSync(join(here(`./versions/${version}`), 'COMMIT_MESSAGE'), 'utf8');
const short = (text) => (text ?? '').replace('sha256:', '').slice(0, 12);

/**
 * @param {{installation: object, repository: string, approve: (view: object) => Promise<void>}} scene
 */
export const tellStory = async ({ installation, repository, approve }) => {
  const { slipway } = installation;
  const facts = { model: MODEL, times: {}, traffic: {}, labels: 0 };
  const url = installation.productionUrl();
  const stopTraffic = { now: false };
  const flights = await step('Read the flights that will arrive as traffic', () =>
    flightsByDay({ from: DAYS.canary[0], until: DAYS.later[1], perDay: 240 }),
  );
  const rowsOf = ([from, to]) => flights.filter(({ day }) => day >= Date.parse(from) && day < Date.parse(to));

  /** Traffic of some days, again and again, while `work` runs; the truth about them is told afterwards. */
  const underTraffic = async (name, days, work) => {
    const tally = createTally();
    const truths = [];
    facts.traffic[name] = tally;
    stopTraffic.now = false;
    const all = days.flatMap(({ rows }) => rows);
    const traffic = (async () => {
      for (let at = 0; !stopTraffic.now; at = (at + 40) % all.length) {
        const rows = all.slice(at, at + 40);
        truths.push(...(await send({ url, model: MODEL, rows, perRequest: ROWS_PER_REQUEST, tally })));
        await delay(60);
      }
    })();
    try {
      return await work();
    } finally {
      stopTraffic.now = true;
      await traffic;
      await tellTruth(installation, facts, truths);
    }
  };
  const commitAndSee = async (overlay, message) => {
    const commit = commitVersion(repository, overlay, message);
    const seenFrom = Date.now();
    const release = await until(`a release of ${short(commit)}`, () => releaseOf(installation, commit), {
      withinMs: 60_000,
    });
    return { commit, name: release.releaseId.replace(/^release\//, ''), seenAfterMs: Date.now() - seenFrom };
  };

  // 1 to 8: the first version, from its commit to all of the traffic
  chapter('Version 1: from a commit to production');
  const v1 = await step(
    'The author commits; the poll Schedule sees it, and the commit alone starts the release',
    () => commitAndSee(here('../../examples/flight-delay'), 'Predict late flights\n'),
    ({ name }) => name,
  );
  const waiting = await step(
    'Integrate, build, package, test, staging, gates',
    (note) => untilDecided(installation, v1.name, note),
    (view) => `${view.outcome ?? 'waits for approval'}`,
  );
  if (waiting.waiting === undefined) throw new Error(`version 1 ended ${waiting.outcome}: ${waiting.reason}`);
  for (const stage of waiting.stages.filter((one) => one.status === 'passed'))
    say(
      fit(
        `    ${stage.name}${stage.environment ? ` ${stage.environment}` : ''}: ${seconds(stage.endedAt - stage.startedAt)}, ${stage.reason ?? ''}`,
        2,
      ),
    );
  const runBefore = (await slipway(['release', 'show', v1.name])).output.startedAt;
  const refused = await step(
    'The author tries to approve the own release',
    () => slipway(['approve', v1.name, '--yes'], { as: 'author', expect: [3] }),
    ({ output }) => `refused: ${output.error.code}`,
  );
  facts.selfApproval = { exit: refused.exit, code: refused.output.error.code };

  const killed = {};
  await step('While it waits: kill -9 of the worker of the workflows', () =>
    killAndWait(installation, 'worker-control', killed),
  );
  await step('While it waits: kill -9 of Temporal', () => killAndWait(installation, 'temporal', killed));
  const after = await step('Nothing is lost', () =>
    until(
      'the release to answer',
      async () => (await showRelease(installation, v1.name).catch(() => undefined))?.waiting,
    ),
  );
  facts.killed = { ...killed, startedAtBefore: runBefore, remindAt: after.remindAt, expireAt: after.expireAt };

  await approve({ view: await showRelease(installation, v1.name), name: v1.name });
  const canaryDays = rowsOf(DAYS.canary);
  const promoted = await underTraffic('v1', canaryDays, () =>
    step(
      'Canary 10, 50, 100 % under real traffic',
      (note) => untilEnded(installation, v1.name, note),
      (view) => view.outcome,
    ),
  );
  facts.v1 = { ...v1, view: promoted };
  if (promoted.outcome !== 'promoted') throw new Error(`version 1 ended ${promoted.outcome}: ${promoted.reason}`);

  // 9: two commits that must not come through
  chapter('Version 2: a bug that its own tests miss');
  const v2 = await step(
    'The author commits version 2',
    () => commitAndSee(here('./versions/v2'), messageOf('v2')),
    ({ name }) => name,
  );
  const blocked = await step(
    'Its unit tests pass; the champion/challenger gate decides',
    (note) => untilDecided(installation, v2.name, note),
    (view) => `${view.outcome}: ${view.reason ?? ''}`,
  );
  facts.v2 = {
    ...v2,
    view: blocked,
    exit: (await slipway(['release', 'show', v2.name, '--wait'], { expect: [0, 1, 3, 4, 5, 6, 7, 10, 11] })).exit,
  };

  chapter('Version 3: a skew between training and serving that no offline gate can see');
  const v3 = await step(
    'The author undoes version 2 and commits version 3',
    () => commitAndSeeFrom(installation, repository, commitAndSee),
    ({ name }) => name,
  );
  const v3waiting = await step(
    'Every offline gate is green',
    (note) => untilDecided(installation, v3.name, note),
    (view) => view.outcome ?? 'waits for approval',
  );
  if (v3waiting.waiting !== undefined) await approve({ view: v3waiting, name: v3.name });
  const rolledBack = await underTraffic('v3', canaryDays, () =>
    step(
      'Canary under real traffic',
      (note) => untilEnded(installation, v3.name, note),
      (view) => `${view.outcome}: ${view.reason ?? ''}`,
    ),
  );
  facts.v3 = {
    ...v3,
    view: rolledBack,
    exit: (await slipway(['release', 'show', v3.name, '--wait'], { expect: [0, 1, 3, 4, 5, 6, 7, 10, 11] })).exit,
  };

  // 10 and 11: weeks of production
  chapter('Weeks of production: what it saw, what turned out true');
  await step(
    'Flights of four weeks arrive, labels a day later',
    (note) => liveThrough({ installation, url, days: rowsOf(DAYS.monitored), facts, note }),
    (sent) => `${sent.rows} rows, ${sent.labels} labels`,
  );
  const reports = await step(
    'The Schedule starts drift checks over the windows that are complete',
    (note) => checkDrift(installation, note),
    (list) => list.map((one) => one.verdict).join(', '),
  );
  facts.reports = reports;
  const incident = await step(
    'The incident',
    () =>
      until(
        'an incident',
        async () =>
          (await slipway(['incident', 'list'])).output.incidents.find(
            (one) => one.kind === 'performance' || one.kind === 'quality' || one.kind === 'prediction',
          ),
        { withinMs: 60_000 },
      ),
    (one) => one.incidentId,
  );
  await step('The person on call acknowledges it', () =>
    slipway(['incident', 'ack', incident.incidentId, '--note', 'looking'], { as: 'oncall' }),
  );
  const laterDays = rowsOf(DAYS.later);
  const resolved = await underTraffic('remediation', laterDays, () =>
    step(
      'The guarded remediation runs, and ends in whatever the data say',
      (note) => followIncident({ installation, incident, approve, note }),
      (one) =>
        `${one.remediation?.action ?? 'none'}: ${one.remediation?.outcome ?? one.remediation?.reason ?? one.status}`,
    ),
  );
  facts.incident = resolved;

  // 12: back to an earlier version
  chapter('The way back');
  const { champion, previous } = await environmentOf(installation);
  if (previous === undefined) {
    const v4 = await step(
      'The author commits an improvement, so that there are two versions',
      () => {
        commitVersion(repository, here('../../examples/flight-delay'), 'Read the hour as callers send it\n');
        return commitAndSee(here('./versions/v4'), messageOf('v4'));
      },
      ({ name }) => name,
    );
    const v4waiting = await step(
      'It passes the gates',
      (note) => untilDecided(installation, v4.name, note),
      (view) => view.outcome ?? 'waits for approval',
    );
    if (v4waiting.waiting !== undefined) await approve({ view: v4waiting, name: v4.name });
    facts.v4 = {
      ...v4,
      view: await underTraffic('v4', laterDays, () =>
        step(
          'Canary under real traffic',
          (note) => untilEnded(installation, v4.name, note),
          (view) => view.outcome,
        ),
      ),
    };
  }
  const before = await environmentOf(installation);
  const started = Date.now();
  const back = await underTraffic('rollback', laterDays, () =>
    step(
      'slipway rollback',
      () => slipway(['rollback', MODEL, 'production', '--reason', 'the demo goes back'], { as: 'oncall' }),
      ({ output }) => short(output.to.artifactDigest),
    ),
  );
  facts.rollback = {
    from: before.champion?.artifactDigest ?? champion?.artifactDigest,
    to: back.output.to.artifactDigest,
    tookMs: Date.now() - started,
  };

  facts.insights = (await slipway(['insights'])).output;
  facts.status = (await slipway(['status'])).output;
  return facts;
};

const commitAndSeeFrom = async (installation, repository, commitAndSee) => {
  commitVersion(repository, here('../../examples/flight-delay'), 'Undo the order of the columns\n');
  return commitAndSee(here('./versions/v3'), messageOf('v3'));
};

const environmentOf = async (installation) =>
  (await installation.slipway(['status'])).output.environments.find((one) => one.environment === 'production');

/** Kills one process of the installation the hard way and waits until its supervisor has another one running. */
const killAndWait = async (installation, name, killed) => {
  const before = installation.process(name).pid;
  process.kill(before, 'SIGKILL');
  const after = await until(`${name} to come back`, () => {
    const { pid } = installation.process(name) ?? {};
    return pid !== undefined && pid !== 0 && pid !== before ? pid : undefined;
  });
  killed[name] = { before, after };
};

/** Day after day: rows arrive, and the truth of a day is told when the next one has passed. */
const liveThrough = async ({ installation, url, days, facts, note }) => {
  const tally = createTally();
  facts.traffic.monitored = tally;
  const before = facts.labels;
  let pending = [];
  for (const { day, rows } of days) {
    note(new Date(day).toISOString().slice(0, 10));
    const truths = await send({ url, model: MODEL, rows, perRequest: ROWS_PER_REQUEST, tally });
    await tellTruth(installation, facts, pending);
    pending = truths;
  }
  await tellTruth(installation, facts, pending);
  // The log is written every few seconds: what was answered must be there before anybody measures it.
  await delay(4_000);
  return { rows: tally.rows, labels: facts.labels - before };
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

const followIncident = async ({ installation, incident, approve, note }) => {
  const { slipway } = installation;
  const asked = new Set();
  return until(
    'the remediation to end',
    async () => {
      const one = (await slipway(['incident', 'show', incident.incidentId])).output;
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
