import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DAY, ferries, OPENING } from '../fixtures/incidents/world.js';
import { ferryFiles, FERRIES, ferrySpec, openProduct, type Product } from '../fixtures/product.js';
import { inferFerries } from '../fixtures/ferryTraffic.js';

const DAYS = 15;
const PER_DAY = 60;
const INCIDENT = `incident/${FERRIES}/production/`;

describe('given a model in production whose data go wrong after a week', () => {
  let product: Product;
  let commit: string;
  before(async () => {
    product = await openProduct({ workers: 1 });
    const spec = ferrySpec({ 'rollback: true, retrain: true': 'rollback: false, retrain: false' });
    commit = product.repository.commit(ferryFiles({ 'slipway.yaml': spec }));
    const view = await product.untilEnded(await product.releaseOf(commit));
    assert.equal(view.outcome, 'promoted', JSON.stringify(view));
  });
  after(() => product.close());

  const sail = async (from: number, days: number, weather: 'usual' | 'garbled'): Promise<void> => {
    for (let day = 0; day < days; day += 1) {
      const at = from + day * DAY;
      const response = await fetch(`${product.servingUrl('production')}/v2/models/${FERRIES}/infer`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: inferFerries(ferries(at, 1, PER_DAY, weather), at + DAY / 2),
      });
      assert.equal(response.status, 200, await response.text());
    }
  };
  const seen = async (words: readonly string[], as?: string): Promise<string> => {
    const { exit, stdout, stderr } = await product.say(words, as);
    assert.equal(exit, 0, `${words.join(' ')}: ${stderr}`);
    return stdout;
  };
  /** The same command for programs: one document, and nothing else on stdout. */
  const json = async <T>(words: readonly string[], as?: string): Promise<T> => {
    const { exit, output, stderr } = await product.slipway(words, as);
    assert.equal(exit, 0, `${words.join(' ')}: ${stderr}`);
    return output as T;
  };
  /** The measuring is asked for until a report of this window is there: segments are written in their own time. */
  const untilMeasured = async (count: number): Promise<void> => {
    for (;;) {
      await seen(['drift', 'check', FERRIES, 'production'], 'oncall');
      const { reports } = await json<{ reports: readonly unknown[] }>([
        'drift',
        'report',
        FERRIES,
        'production',
        '--list',
      ]);
      if (reports.length >= count) return;
      await new Promise((next) => setTimeout(next, 500));
    }
  };

  it('when somebody asks what runs, then status, list and show say it, for people and for programs', async () => {
    const short = commit.slice(0, 12);
    assert.match(
      await seen(['status']),
      /^Model +Environment +Epoch +Champion +Serves now +Candidate\n[^]*ferry-delay +staging +1 +([0-9a-f]{12}) +\1 100 %\n/,
    );
    assert.match(await seen(['status']), /\nwaiting for people: nothing\nopen incidents: none\n$/);
    assert.match(
      await seen(['release', 'list']),
      new RegExp(`^Release +Started +State +Reason\nferry-delay/${short} .* promoted `),
    );
    assert.match(
      await seen(['release', 'show']),
      new RegExp(
        `^release/ferry-delay/${commit}: promoted, .*\ncommit ${short} written by author, started .* by author`,
      ),
    );
    assert.match(await seen(['whoami'], 'oncall'), /^oncall: oncall, operator\n$/);
    const { environments } = await json<{ environments: readonly { environment: string }[] }>(['status']);
    assert.ok(environments.some(({ environment }) => environment === 'production'));
    assert.equal((await json<{ releases: readonly unknown[] }>(['release', 'list'])).releases.length, 1);
    assert.equal((await json<{ commit: string }>(['release', 'show'])).commit, commit);
  });

  it('when somebody asks where the time went, then insights name stages, rates and this release', async () => {
    const text = await seen(['insights']);
    assert.match(text, /^1 release: 1 promoted\n/);
    assert.match(text, /lead time .*median: \d/);
    assert.match(text, /stopped by gates: 0 of 1; rolled back: 0 of 1; retrains that won: 0 of 0/);
    assert.match(text, /\nbuild +\d/);
    assert.match(text, new RegExp(`ferry-delay/${commit.slice(0, 12)} \\(promoted\\) waited longest in `));
    assert.equal((await json<{ releases: number }>(['insights'])).releases, 1);
  });

  it('when somebody asks whether all is well, then doctor names every process and what protection is missing', async () => {
    const text = await seen(['doctor']);
    for (const { name } of product.state().processes) assert.match(text, new RegExp(`^${name} +ok `, 'm'));
    assert.match(text, /^keys +advice +signing keys belong to the user that also runs/m);
    const { findings } = await json<{ findings: readonly { check: string }[] }>(['doctor']);
    assert.ok(findings.some(({ check }) => check === 'conditional writes'));
  });

  it('when nothing was measured yet, then a report is refused with what to do', async () => {
    const { exit, stderr } = await product.say(['drift', 'report', FERRIES, 'production']);
    assert.equal(exit, 6);
    assert.match(stderr, /^no_window: .*\nSend traffic, and check again/);
    assert.equal(await seen(['incident', 'list']), 'no incidents\n');
  });

  it('when the data drift, then a report shows where, one incident is open, and acknowledging is seen', async () => {
    await sail(OPENING, 7, 'usual');
    await sail(OPENING + 7 * DAY, DAYS - 7, 'garbled');
    await untilMeasured(2);
    const report = await seen(['drift', 'report', FERRIES, 'production']);
    assert.match(report, /^ferry-delay in production, 2001-01-08 00:00 to 2001-01-15 00:00: fail over 420 rows\n/);
    assert.match(report, /^prediction +fail +0\.[5-9]/m);
    assert.match(report, /^wind +pass /m);
    const reports = await seen(['drift', 'report', FERRIES, 'production', '--list']);
    assert.match(
      reports,
      /^Window +Verdict +Rows +Digest\n2001-01-08 00:00 to 2001-01-15 00:00 +fail +420 +sha256:[0-9a-f]{64}\n2001-01-01/,
    );

    const { incidents } = await json<{ incidents: readonly { incidentId: string }[] }>(['incident', 'list']);
    const opened = incidents.find(({ incidentId }) => incidentId === `${INCIDENT}prediction.prediction`);
    assert.ok(opened, JSON.stringify(incidents));
    assert.match(
      await seen(['incident', 'list']),
      new RegExp(
        `^Incident +Status +Opened +Owner +Remediation\n[^]*${INCIDENT}prediction\\.prediction +open .* oncall`,
      ),
    );
    const acknowledged = await seen(
      ['incident', 'ack', `${INCIDENT}prediction.prediction`, '--note', 'on my way'],
      'oncall',
    );
    assert.match(acknowledged, /: acknowledged\n[^]*acknowledged by oncall[^]*on my way/);
    assert.match(
      await seen(['incident', 'show', `${FERRIES}/production/prediction.prediction`]),
      /acknowledged by oncall/,
    );
    assert.match(await seen(['status']), new RegExp(`open incidents:[^]*${INCIDENT}prediction\\.prediction`));
    const unknown = await product.say(['incident', 'show', `${FERRIES}/production/quality.tide`]);
    assert.equal(unknown.exit, 8);
  });

  it('when a word is mistyped, then the right one is suggested, and help tells commands, examples and exit codes', async () => {
    const typo = await product.say(['relase', 'list']);
    assert.equal(typo.exit, 2);
    assert.match(typo.stderr, /unknown command 'relase'\n\(Did you mean release\?\)/);
    const option = await product.say(['release', 'list', '--limt', '3']);
    assert.match(option.stderr, /unknown option '--limt'\n\(Did you mean --limit\?\)/);
    for (const words of [['--help'], ['help']]) {
      const help = await product.say(words);
      assert.equal(help.exit, 0, words.join(' '));
      assert.match(help.stdout, /Exit codes:\n  0 done[^]*130 interrupted/, words.join(' '));
    }
  });
});
