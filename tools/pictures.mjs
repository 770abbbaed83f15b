// Takes the pictures of the documentation anew: a release that waits for approval, in the Temporal Web UI and in a terminal. It
// runs the product with the small model repository of the tests; needs Chromium and `script` on PATH, and
// `node tools/setup.mjs --tests` once before.
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, build } from './build.mjs';
import { inTerminal, terminalPage } from './terminalPage.mjs';

const PICTURE = join(ROOT, 'docs/images/release-waiting.png');
const TERMINAL = join(ROOT, 'docs/images/approve-terminal.png');
/** The page without the navigation beside it. */
const CLIP = { x: 256, y: 50, width: 1184, height: 960 };

const { errors } = await build();
if (errors.length > 0) throw new Error(errors.join('\n'));
const fixture = (name) => import(join(ROOT, 'dist/test/fixtures', name));
const { openProduct, ferryFiles, APPROVED_BY_A_REVIEWER } = await fixture('product.js');
const { openBrowser } = await fixture('browser.js');
const { createWebUi } = await fixture('webUi.js');

const product = await openProduct();
try {
  const commit = product.repository.commit(
    ferryFiles({ 'slipway.yaml': APPROVED_BY_A_REVIEWER }),
    'author@example.test',
    'Learn from the wind of the last forty days',
  );
  const release = await product.releaseOf(commit);
  await product.untilRelease(release, (view) => view.waiting !== undefined);
  const browser = await openBrowser({ width: 1440, height: 1060 });
  const ui = createWebUi(browser.page, product.url('temporal'));
  await ui.open(`release/${release}`);
  await ui.tab('User Metadata');
  for (const part of ['summary', 'details', 'current-details']) await ui.metadata(part);
  mkdirSync(dirname(PICTURE), { recursive: true });
  await browser.page.screenshot({ path: PICTURE, clip: CLIP });
  const parts = [];
  for (const [command, until] of [
    ['slipway approvals', undefined],
    ['slipway approve ferry-delay', /What do you say|[Yy]es|[Dd]ecide/],
  ]) {
    const words = command.replace('slipway', `${process.execPath} ${join(ROOT, 'bin/slipway.mjs')}`);
    const written = await inTerminal({
      command: `${words} --home ${product.home} --as reviewer`,
      env: { HOME: product.home },
      cwd: product.home,
      until,
    });
    parts.push({ command: `${command} --as reviewer`, written });
  }
  await browser.page.setContent(terminalPage(parts));
  await browser.page.locator('body').screenshot({ path: TERMINAL });
  await browser.close();
  for (const picture of [PICTURE, TERMINAL]) console.log(`${picture}, ${Math.round(statSync(picture).size / 1000)} kB`);
} finally {
  await product.close();
}
