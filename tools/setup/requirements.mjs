import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

/** Throws one error that names everything that must be on the machine before Slipway can be set up. */
export async function checkRequirements(root) {
  const problems = [];
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node.replace('>=', '');
  if (isOlder(process.versions.node, wanted)) {
    problems.push(`Node ${process.versions.node} is too old: install Node ${wanted} or newer`);
  }
  const git = await run('git', ['--version']);
  if (!git.ok) problems.push('git is not on PATH: install git');
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

function isOlder(version, wanted) {
  const [have, want] = [version, wanted].map((text) => text.split('.').map(Number));
  const at = want.findIndex((part, i) => part !== have[i]);
  return at >= 0 && have[at] < want[at];
}
