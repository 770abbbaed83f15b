// Transpiles every .ts under the source roots into dist/ (types are checked by `tsc`, not here), copies other assets,
// removes what has no source any more, and bundles the workflows. Without changes it ends in a few dozen milliseconds.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const ROOTS = ['src', 'workflows', 'activities', 'test', 'bench'];
const ASSETS = new Set([
  '.json',
  '.html',
  '.css',
  '.svg',
  '.md',
  '.txt',
  '.yaml',
  '.yml',
  '.sql',
  '.mjs',
  '.js',
  '.py',
]);
const SKIPPED = new Set(['node_modules', 'test/house/violations', 'bench/.peers']);
/** Folders whose compiled files can be part of the workflow bundle (the import rules allow no others). */
const BUNDLED = ['workflows/', 'src/domain/'];
/** What workers load: entry, and bundle; the second is for workers inside a Worker Deployment. */
const BUNDLES = [
  ['workflows/index', 'workflow-bundle.js'],
  ['workflows/versioned', 'workflow-bundle-versioned.js'],
];

/**
 * @param {{quiet?: boolean, root?: string}} [options]
 * @returns {Promise<{written: number, removed: number, bundled: boolean, errors: string[]}>}
 */
export async function build({ quiet = false, root = ROOT } = {}) {
  const dist = join(root, 'dist');
  const early = planBuild(root, dist);
  if (isNothing(early)) return { written: 0, removed: 0, bundled: false, errors: [] };
  return withLock(
    join(dist, '.build.lock'),
    () => runBuild(root, dist, planBuild(root, dist)),
    (owner) => quiet || console.error(`build: waiting for the build of process ${owner.pid}`),
  );
}

/** Compares the sources with the stamp of the last build. */
function planBuild(root, dist) {
  const tool = toolDigest(root);
  const stamp = readStamp(dist);
  const known = stamp.tool === tool ? stamp.files : {};
  const sources = ROOTS.flatMap((folder) => walk(root, folder));
  const changed = sources.filter(
    (source) => !isSame(known[source.path], source) || !existsSync(join(dist, outputOf(source.path))),
  );
  const present = new Set(sources.map((source) => source.path));
  const gone = Object.keys(stamp.files).filter((path) => !present.has(path));
  const files = Object.fromEntries(Object.entries(known).filter(([path]) => present.has(path)));
  const hasWorkflows = present.has('workflows/index.ts');
  const bundleMissing = BUNDLES.some(([entry, file]) => present.has(`${entry}.ts`) && !existsSync(join(dist, file)));
  return {
    tool,
    changed,
    gone,
    files,
    hasWorkflows,
    bundleDue: bundleMissing || (hasWorkflows && !stamp.bundle),
    bundle: stamp.bundle,
  };
}

const isNothing = (plan) => plan.changed.length === 0 && plan.gone.length === 0 && !plan.bundleDue;

async function runBuild(root, dist, plan) {
  const errors = [];
  let written = 0;
  for (const path of plan.gone) removeOutput(dist, path);
  if (plan.changed.length > 0) {
    const { transform } = await import('esbuild');
    await Promise.all(
      plan.changed.map(async (source) => {
        const outcome = await compile(root, dist, source, plan.files[source.path], transform);
        if (outcome.error !== undefined) errors.push(outcome.error);
        if (outcome.written) written += 1;
        if (outcome.entry === undefined) delete plan.files[source.path];
        else plan.files[source.path] = outcome.entry;
      }),
    );
  }
  const digest = bundleDigest(root, plan.files);
  const bundleDue = plan.hasWorkflows && errors.length === 0 && (plan.bundleDue || plan.bundle !== digest);
  let bundle = plan.bundle;
  if (bundleDue) {
    const problem = await bundleWorkflows(dist);
    bundle = problem === undefined ? digest : undefined;
    if (problem !== undefined) errors.push(problem);
  }
  if (!plan.hasWorkflows) for (const [, file] of BUNDLES) rmSync(join(dist, file), { force: true });
  writeAtomically(join(dist, '.build.json'), JSON.stringify({ tool: plan.tool, bundle, files: plan.files }));
  return { written, removed: plan.gone.length, bundled: bundleDue && bundle !== undefined, errors: errors.sort() };
}

/** One source to its output. A file with a syntax error loses its old output, so that nobody runs what is no more. */
async function compile(root, dist, source, known, transform) {
  const text = readFileSync(join(root, source.path));
  const digest = sha256(text);
  const entry = { mtime: source.mtime, ctime: source.ctime, size: source.size, digest };
  const output = join(dist, outputOf(source.path));
  if (known?.digest === digest && existsSync(output)) return { entry, written: false };
  if (extname(source.path) !== '.ts') {
    writeAtomically(output, text);
    return { entry, written: true };
  }
  try {
    const compiled = await transform(text.toString('utf8'), {
      loader: 'ts',
      format: 'esm',
      target: 'node20',
      platform: 'node',
      sourcemap: 'external',
      sourcefile: relative(dirname(output), join(root, source.path)),
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, target: 'es2023' } },
      logLevel: 'silent',
    });
    const mapName = `${output.slice(output.lastIndexOf(sep) + 1)}.map`;
    writeAtomically(`${output}.map`, compiled.map);
    writeAtomically(output, `${compiled.code}//# sourceMappingURL=${mapName}\n`);
    return { entry, written: true };
  } catch (error) {
    removeOutput(dist, source.path);
    return { error: describe(source.path, error), written: false };
  }
}

function describe(path, error) {
  const first = error.errors?.[0];
  if (first === undefined) return `${path}: ${error.message}`;
  return `${path}:${first.location?.line ?? 0}:${(first.location?.column ?? -1) + 1}: ${first.text}`;
}

async function bundleWorkflows(dist) {
  const { bundleWorkflowCode } = (await import('@temporalio/worker')).default;
  const lines = [];
  const log = (level) => (message) => level === 'error' && lines.push(message);
  const logger = {
    trace() {},
    debug() {},
    info() {},
    warn() {},
    error: log('error'),
    log: (level, message) => log(level.toLowerCase())(message),
  };
  try {
    for (const [entry, file] of BUNDLES) {
      const workflowsPath = join(dist, `${entry}.js`);
      if (!existsSync(workflowsPath)) continue;
      const { code } = await bundleWorkflowCode({ workflowsPath, logger });
      writeAtomically(join(dist, file), code);
    }
    return undefined;
  } catch (error) {
    for (const [, file] of BUNDLES) rmSync(join(dist, file), { force: true });
    return [`workflow bundle: ${error.message}`, ...lines].join('\n');
  }
}

/** What the bundle is made of: compiled workflow and domain code, and the SDK's version (in the tool digest). */
function bundleDigest(root, files) {
  const inputs = Object.entries(files)
    .filter(([path]) => BUNDLED.some((folder) => path.startsWith(folder)))
    .map(([path, { digest }]) => `${path} ${digest}`)
    .sort();
  return sha256(`${toolDigest(root)}\n${inputs.join('\n')}`);
}

/** Changes when this file, esbuild, or the workflow SDK changes: then everything is built anew. */
function toolDigest(root) {
  const versions = ['esbuild', '@temporalio/worker', '@temporalio/workflow'].map((name) => {
    const path = join(root, 'node_modules', name, 'package.json');
    return existsSync(path) ? `${name} ${JSON.parse(readFileSync(path, 'utf8')).version}` : name;
  });
  return sha256(`${readFileSync(fileURLToPath(import.meta.url))}\n${versions.join('\n')}`);
}

function walk(root, folder) {
  const found = [];
  const visit = (path) => {
    if (SKIPPED.has(path)) return;
    for (const item of readdirSync(join(root, path), { withFileTypes: true })) {
      const inner = `${path}/${item.name}`;
      if (item.isDirectory()) {
        if (item.name !== 'node_modules') visit(inner);
      } else if (item.isFile() && isSource(item.name)) {
        const stat = statSync(join(root, inner), { throwIfNoEntry: false });
        if (stat) found.push({ path: inner, mtime: stat.mtimeMs, ctime: stat.ctimeMs, size: stat.size });
      }
    }
  };
  if (existsSync(join(root, folder))) visit(folder);
  return found;
}

const isSource = (name) =>
  !name.startsWith('.') && !name.endsWith('.d.ts') && (name.endsWith('.ts') || ASSETS.has(extname(name)));
const isSame = (known, source) =>
  known !== undefined && known.size === source.size && known.mtime === source.mtime && known.ctime === source.ctime;
const outputOf = (path) => (path.endsWith('.ts') ? `${path.slice(0, -3)}.js` : path);
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

function removeOutput(dist, path) {
  const output = join(dist, outputOf(path));
  rmSync(output, { force: true });
  rmSync(`${output}.map`, { force: true });
}

function readStamp(dist) {
  try {
    const stamp = JSON.parse(readFileSync(join(dist, '.build.json'), 'utf8'));
    return typeof stamp.files === 'object' ? stamp : { files: {} };
  } catch {
    return { files: {} };
  }
}

/** Readers see the old file or the new one, never a part; a rename also keeps a running process's open file whole. */
function writeAtomically(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}.tmp`;
  writeFileSync(draft, content);
  renameSync(draft, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const began = performance.now();
  const { written, removed, bundled, errors } = await build();
  for (const error of errors) console.error(error);
  const spent = `${Math.round(performance.now() - began)} ms`;
  if (errors.length > 0) {
    console.error(`build: ${errors.length} problem${errors.length === 1 ? '' : 's'} (${spent})`);
    process.exitCode = 1;
  } else if (written + removed > 0 || bundled) {
    console.log(`build: ${written} written, ${removed} removed${bundled ? ', workflows bundled' : ''} (${spent})`);
  } else {
    console.log(`build: up to date (${spent})`);
  }
}
