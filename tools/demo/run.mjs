#!/usr/bin/env node
// `npm run demo`: the product, live. Starts an installation as `slipway dev` does, lives through one model's story by
// command line and API alone, and ends with a table of what was verified against other sources.
//   --yes    do not ask: a second local identity approves (also without a terminal)
//   --keep   leave everything running at the end
//   --json   one summary object on stdout
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { confirm, isCancel } from '@clack/prompts';
import Table from 'cli-table3';
import colors from 'picocolors';
import { verifyStory } from './claims.mjs';
import { startInstallation } from './installation.mjs';
import { chapter, fit, say, seconds, step } from './progress.mjs';
import { keepPage, keepReports } from './keepReports.mjs';
import { createRepository } from './repository.mjs';
import { openSources } from './sources.mjs';
import { tellStory } from './story.mjs';
import { closeConnections } from './traffic.mjs';

const { values: options } = parseArgs({
  options: { yes: { type: 'boolean' }, keep: { type: 'boolean' }, json: { type: 'boolean' }, home: { type: 'string' } },
});
const started = Date.now();
/** Columns of the table where nobody looks at a terminal. */
const WIDEST = 133;
const root = resolve(options.home ?? join(fileURLToPath(new URL('../../', import.meta.url)), '.slipway', 'demo'));
const home = join(root, `home-${started.toString(36)}`);
const repository = join(root, `repository-${started.toString(36)}`, 'flight-delay');
const interactive = process.stdin.isTTY && process.stderr.isTTY && options.yes !== true && options.json !== true;

/** A person at the terminal decides on what they see; else the identity `reviewer` does. */
const approve = async ({ view, name }) => {
  if (interactive) {
    const page = await keepPage(installation, `/api/v1/releases/${name}/report`, join(root, 'evidence.html'));
    say(`Evidence: ${pathToFileURL(page).href}`);
    for (const stage of view.stages.filter((one) => one.verdict !== undefined && ['gate', 'verify'].includes(one.name)))
      say(fit(`  ${stage.name} ${stage.environment}: ${stage.verdict}, ${stage.reason ?? ''}`, 2));
    const answer = await confirm({ message: `Approve ${name.slice(0, 30)} for production, as reviewer?` });
    if (isCancel(answer) || !answer) {
      await installation.slipway(['reject', name, '--reason', 'rejected at the terminal', '--yes'], { as: 'reviewer' });
      throw new Error('you rejected the release; it ended rejected, and production is as it was');
    }
  }
  await step('The reviewer approves', () =>
    installation.slipway(['approve', name, '--yes', '--reason', 'the evidence is sound'], { as: 'reviewer' }),
  );
};

let installation;
let ending = false;
const end = async (code) => {
  if (ending) return;
  ending = true;
  closeConnections();
  await installation?.stop();
  if (code === 0)
    for (const folder of [home, join(repository, '..')])
      if (existsSync(folder)) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(code);
};
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void end(130));

try {
  mkdirSync(root, { recursive: true });
  chapter('Slipway: one model, from a commit to production and back');
  createRepository(repository);
  installation = await step('slipway dev: Temporal, object store, signer, API, serving nodes, workers', () =>
    startInstallation({ home, repository, model: 'flight-delay', workers: 2 }),
  );
  say(`Temporal Web UI ${installation.webUi()}   API ${installation.url('api')}`);
  const facts = await tellStory({ installation, repository, approve });
  const sources = await openSources(installation, { repository, model: 'flight-delay' });
  chapter('Verified against other sources');
  const { ok, results, blind } = await step(
    'Claims, each once more with the product’s word spoiled',
    () => verifyStory(facts, sources),
    (story) =>
      `${story.results.filter((one) => one.ok).length} of ${story.results.length} hold, ${story.blind.length === 0 ? 'every one notices' : `blind: ${story.blind.join('; ')}`}`,
  );
  await sources.close();
  const pages = await keepReports(installation, facts, join(root, 'reports'));
  report({ results, facts, ok, blind, pages });
  writeFileSync(join(root, 'facts.json'), JSON.stringify({ facts, results, blind }, null, 1));
  if (options.keep === true) {
    say(`Everything keeps running. Home: ${home}\n  Stop it with: kill ${installation.state().supervisor ?? ''}`);
    closeConnections();
    await installation.leave();
    process.exitCode = ok ? 0 : 1;
  } else await end(ok ? 0 : 1);
} catch (error) {
  process.stderr.write(
    `\n${colors.red('The demo failed')}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\nLogs: ${join(home, 'logs')}\n`,
  );
  await end(1);
}

/** Mark, claim, source and finding, with the five lines between them, in what the terminal has. */
function columnWidths(columns) {
  const inner = Math.min(Math.max(columns, 60), WIDEST) - 9;
  const claim = Math.floor(inner * 0.36);
  const source = Math.floor(inner * 0.25);
  return [4, claim, source, inner - claim - source];
}

function report({ results, facts, ok, blind, pages }) {
  const took = Date.now() - started;
  const table = new Table({
    head: ['', 'Claim', 'Held against', 'Found'],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: columnWidths(process.stderr.isTTY ? (process.stderr.columns ?? 80) : WIDEST),
  });
  for (const one of results)
    table.push([one.ok ? colors.green('✓') : colors.red('✗'), one.name, one.source, one.detail]);
  process.stderr.write(`\n${table.toString()}\n`);
  const stages = facts.v1.view.stages.map((stage) => ({
    stage: stage.name,
    environment: stage.environment,
    ms: stage.endedAt - stage.startedAt,
  }));
  process.stderr.write(
    `Version 1 by stage: ${stages.map(({ stage, environment, ms }) => `${stage}${environment === undefined ? '' : ` ${environment}`} ${seconds(ms)}`).join(', ')}\n`,
  );
  process.stderr.write(
    `${ok ? colors.green('All claims hold') : colors.red('Not all claims hold')}; ${seconds(took)}.\n`,
  );
  say(`Reports of releases and drift: ${pages.map((page) => pathToFileURL(page).href).join('\n    ')}`);
  say(
    `Temporal Web UI ${installation.webUi()}, API ${installation.url('api')}${options.keep === true ? '' : ' (gone now; --keep leaves everything running)'}`,
  );
  if (options.json === true)
    process.stdout.write(
      `${JSON.stringify({ ok, tookMs: took, claims: results, blind, stages, reports: pages, webUi: installation.webUi(), api: installation.url('api') })}\n`,
    );
}
