/**
 * What people see of a release in the Temporal Web UI, and that they can approve there. Screenshots are kept below
 * reports/webui.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openBrowser, withoutBrowser, type Browser } from '../fixtures/browser.js';
import { APPROVED_BY_A_REVIEWER, ferryFiles, openProduct, type Product } from '../fixtures/product.js';
import { createWebUi, type WebUi } from '../fixtures/webUi.js';
import { slipway } from '../supervisor/scene.js';

const SCREENSHOTS = fileURLToPath(new URL('../../../reports/webui/', import.meta.url));

describe('given a release that waits for approval, in the Temporal Web UI', { skip: withoutBrowser() }, () => {
  let product: Product;
  let browser: Browser;
  let ui: WebUi;
  let release = '';
  const keep = (name: string) => browser.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });

  before(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    [product, browser] = await Promise.all([openProduct(), openBrowser()]);
    ui = createWebUi(browser.page, product.url('temporal'));
    const commit = product.repository.commit(ferryFiles({ 'slipway.yaml': APPROVED_BY_A_REVIEWER }));
    release = await product.releaseOf(commit);
    await product.untilRelease(release, (view) => view.waiting !== undefined);
    await ui.open(`release/${release}`);
  });
  after(async () => {
    await browser?.close();
    await product?.close();
  });

  it('then every activity and timer says what it is for, on the timeline and in the history', async () => {
    const commit = release.split('/')[1] ?? '';
    const said = [
      `checks of ${commit.slice(0, 12)}`,
      'run the build steps',
      'package, attest and store',
      'ask staging to deploy',
      'smoke test in staging',
      'gates of staging: quality',
      'evidence for production',
      'reminder 1 to reviewer',
      'environments must have answered',
    ];
    for (const [tab, name] of [
      ['Timeline', 'timeline'],
      ['Event History', 'history'],
    ] as const) {
      await ui.tab(tab);
      for (const summary of said) await browser.page.getByText(summary).locator('visible=true').first().waitFor();
      await keep(name);
    }
  });

  it('then the workflow says what it is, how to decide on it, and where it stands, stage by stage', async () => {
    await ui.tab('User Metadata');
    assert.match(await ui.metadata('summary'), /^Release of ferry-delay [0-9a-f]{12}: /);
    const details = await ui.metadata('details');
    assert.match(details, /position 1 on its branch/);
    assert.match(details, /Started by author \(commit\)/);
    assert.match(details, /slipway approve ferry-delay --print-token --as <identity>/);
    const current = await ui.metadata('current-details');
    assert.match(current, /waiting: approve in production/);
    assert.match(
      current,
      /Waits for an approval by reviewer to enter production since \S+ \S+ UTC \(so far 0 of 1 approvals, 0 reminders\)/,
    );
    assert.match(current, /next: reminder 1 to reviewer, \S+ \S+ UTC\nthen: expires /);
    for (const row of [
      /✓\s+integrate\s+passed\s+[\d.]+\ss\s+1 check passed, 1 test/,
      /✓\s+package\s+passed\s+[\d.]+\ss\s+stored as sha256:[0-9a-f]{12}…/,
      /✓\s+gate\s+in\s+staging\s+passed\s+[\d.]+\ss\s+quality: brier is 0\.\d+, as brier ≤ 0\.25 asks/,
      /…\s+approve\s+in\s+production\s+waiting/,
      /·\s+deploy\s+in\s+production\s+pending/,
    ]) {
      assert.match(current, row);
    }
    await keep('metadata');
    const overflow = await browser.page
      .frameLocator('#user-metadata-current-details')
      .locator('main')
      .evaluate((main) => main.scrollWidth - main.clientWidth);
    assert.ok(overflow <= 0, `the stage table is ${overflow} pixels wider than its panel`);
  });

  it('then every signal, update and query has a description', async () => {
    const signals = await ui.offered('Signal');
    assert.match(signals, /decide\nA signed decision: paste .* `slipway approve --print-token` prints/);
    assert.match(signals, /supersede\nA newer commit takes the place of this release/);
    assert.match(signals, /deploymentSettled\nThe answer of an environment/);
    assert.match(await ui.offered('Update'), /decide\nA signed decision, answered with whether it counted/);
    await ui.tab('Queries');
    assert.match(await ui.queries(), /state\nThe whole state of the release/);
    await keep('queries');
  });

  it('when a reviewer pastes a printed token into the signal form, then the release goes to production', async () => {
    const words = ['approve', release, '--print-token', '--home', product.home, '--as', 'reviewer'];
    const command = slipway(words);
    assert.equal(await command.exit, 0, command.stderr());
    await ui.signal('decide', command.stdout().trim());
    const view = await product.untilEnded(release);
    assert.equal(view.outcome, 'promoted', view.reason);
    assert.deepEqual(
      view.decisions.map(({ subject, decision, counted }) => ({ subject, decision, counted })),
      [{ subject: 'reviewer', decision: 'approve', counted: true }],
    );
    await ui.open(`release/${release}`);
    await ui.tab('User Metadata');
    assert.match(await ui.metadata('current-details'), /promoted: every environment took it/);
    await keep('promoted');
  });
});
