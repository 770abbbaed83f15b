import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../tools/build.mjs';

/**
 * A Python environment of its own below bench/.peers, made once; one that was cut off is made anew.
 *
 * @returns path of one of its programs
 */
export const installPeer = (name, packages) => {
  const folder = join(ROOT, 'bench/.peers', name);
  const whole = join(folder, 'installed');
  if (!existsSync(whole)) {
    console.error(`bench: installing ${packages.join(', ')} into bench/.peers/${name}`);
    execFileSync('python3', ['-m', 'venv', '--clear', folder], { stdio: 'inherit' });
    execFileSync(join(folder, 'bin/pip'), ['install', '--quiet', ...packages], { stdio: 'inherit' });
    writeFileSync(whole, '');
  }
  return (program) => join(folder, 'bin', program);
};
