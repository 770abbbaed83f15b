/** An image made of programs of this machine: nothing is fetched for it. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type Docker from 'dockerode';

const PROGRAMS = 'sh cat cut dd env grep head id ls mkdir ps setsid sleep sort tail touch wc yes'.split(' ');

/** Id of the image, `sha256:…`. */
export const createStepImage = async (engine: Docker): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-image-'));
  try {
    for (const program of PROGRAMS) {
      const file = execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
      place(file, join(folder, 'bin', program));
      for (const library of librariesOf(file)) place(library, join(folder, library));
    }
    for (const empty of ['etc', 'proc', 'sys', 'dev', 'tmp', 'run', 'var/tmp'])
      mkdirSync(join(folder, empty), { recursive: true });
    // Of any user.
    chmodSync(folder, 0o755);
    const tar = spawn('tar', ['-C', folder, '--owner=0', '--group=0', '-cf', '-', '.'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const answer = await engine.importImage(tar.stdout, { changes: ['ENV PATH=/bin'] });
    let text = '';
    for await (const chunk of answer) text += String(chunk);
    const id = /sha256:[0-9a-f]{64}/.exec(text)?.[0];
    if (id === undefined) throw new Error(`the engine took no image: ${text}`);
    return id;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const place = (file: string, target: string): void => {
  mkdirSync(dirname(target), { recursive: true });
  execFileSync('cp', [realpathSync(file), target]);
};

const librariesOf = (program: string): readonly string[] =>
  [...execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? '');
