// Reporter of `node --test` for tools/test.mjs: one line per test file, failures in full, and the counts and
// failures as JSON for the runner. What a test file printed is shown only when something in it failed.
import { appendFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';

const SHOWN_LINES = 120;
/** A test slower than this gets a line of its own, so that a long file shows that it moves. */
const SLOW_MS = 2_000;
/** What Node says of tests that `--name` leaves out. */
const NOT_ASKED_FOR = 'test name does not match pattern';

export default async function* report(source) {
  const total = { passed: 0, failed: 0, skipped: 0, empty: 0, failures: [] };
  const output = new Map();
  let current = newFile(undefined);
  for await (const { type, data } of source) {
    if (type === 'test:stdout' || type === 'test:stderr') {
      output.set(data.file, (output.get(data.file) ?? '') + data.message);
      continue;
    }
    if (type === 'test:diagnostic' && data.file !== undefined) yield `    ${data.message}\n`;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.file !== current.file) {
      yield endOfFile(current, output, total);
      current = newFile(data.file);
    }
    yield record(current, type, data);
  }
  yield endOfFile(current, output, total);
  if (process.env.SLIPWAY_TEST_COUNTS) appendFileSync(process.env.SLIPWAY_TEST_COUNTS, `${JSON.stringify(total)}\n`);
}

const newFile = (file) => ({ file, passed: 0, failed: 0, skipped: 0, ms: 0, failures: [] });

/** Counts one result; suites are no tests, but one that breaks by itself (a hook, its body) is a failure. */
function record(current, type, data) {
  const failure = data.details?.error;
  if (data.nesting === 0) current.ms += data.details?.duration_ms ?? 0;
  const isFile = data.nesting === 0 && resolve(data.name) === data.file;
  const isSuite = data.details?.type === 'suite';
  if (type === 'test:pass') {
    // A suite that is skipped as a whole has no tests that say so.
    const isLeftOut = isSuite && typeof data.skip === 'string';
    if (isFile || (isSuite && !isLeftOut)) return '';
    if (data.skip !== undefined || data.todo !== undefined) {
      current.skipped += 1;
      return typeof data.skip === 'string' && data.skip !== NOT_ASKED_FOR
        ? `    skipped: ${data.name} (${data.skip})\n`
        : '';
    }
    current.passed += 1;
    const ms = data.details?.duration_ms ?? 0;
    return ms >= SLOW_MS ? `    ${data.name} (${seconds(ms)})\n` : '';
  }
  if (failure?.failureType === 'subtestsFailed') return '';
  current.failed += 1;
  const text = `  ✖ ${isFile ? 'the file itself' : data.name}\n${indent(reason(failure))}\n`;
  current.failures.push(text);
  return text;
}

function endOfFile(current, output, total) {
  if (current.file === undefined) return '';
  const { passed, failed, skipped } = current;
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  if (passed + failed + skipped === 0) total.empty += 1;
  if (failed > 0) total.failures.push(`${sourceOf(current.file)}\n${current.failures.join('')}`);
  const counts = [`${passed} passed`, failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`];
  const mark = failed > 0 || passed + skipped === 0 ? '✖' : '✔';
  const said = output.get(current.file);
  output.delete(current.file);
  const log = failed > 0 && said ? `  output of the file:\n${indent(lastLines(said))}\n` : '';
  const none = passed + failed + skipped === 0 ? ': ran no test' : '';
  return `${log}${mark} ${sourceOf(current.file)}  ${counts.filter(Boolean).join(', ')} (${seconds(current.ms)})${none}\n`;
}

/** The assertion itself, not the runner's wrapping of it. */
function reason(failure) {
  const cause = failure?.cause ?? failure;
  if (cause === undefined) return 'failed';
  if (typeof cause === 'string') return cause;
  const text = cause.stack ?? cause.message ?? String(cause);
  return text
    .split('\n')
    .filter((line) => !line.includes('(node:internal/') && !/at (async )?node:internal/.test(line))
    .join('\n');
}

function lastLines(text) {
  const lines = text.trimEnd().split('\n');
  if (lines.length <= SHOWN_LINES) return lines.join('\n');
  return [`… ${lines.length - SHOWN_LINES} lines before`, ...lines.slice(-SHOWN_LINES)].join('\n');
}

const sourceOf = (file) =>
  relative(process.cwd(), file)
    .replace(/^dist\//, '')
    .replace(/\.js$/, '.ts');
const seconds = (ms) => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);
const indent = (text) => text.replace(/^/gm, '    ');
