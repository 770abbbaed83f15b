import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LOG_CAP_BYTES } from '../../../src/domain/release/logCap.js';
import { createOutputLog } from '../../../src/domain/release/outputLog.js';
import { endOfExitCode } from '../../../src/domain/release/stepEnd.js';

describe('the log of a command', () => {
  const logged = (...chunks: readonly Uint8Array[]) => {
    const kept: Uint8Array[] = [];
    const log = createOutputLog((chunk) => kept.push(chunk));
    for (const chunk of chunks) log.write(chunk);
    return { kept: Buffer.concat(kept), ...log.summary() };
  };

  it('keeps all of a short one, and what was a chunk does not matter', () => {
    const { kept, ...summary } = logged(Buffer.from('on'), Buffer.from('e\ntwo\n'));
    assert.equal(kept.toString(), 'one\ntwo\n');
    assert.deepEqual(summary, { tail: 'one\ntwo\n', logBytes: 8, logCapped: false });
  });

  it('has a tail of whole lines, and of a single long line its end', () => {
    const lines = Buffer.from(`${'x'.repeat(99)}\n`.repeat(100));
    const { tail } = logged(lines.subarray(0, 5_000), lines.subarray(5_000));
    assert.deepEqual([tail.length, tail.startsWith('x'.repeat(99))], [4_000, true]);
    assert.equal(logged(Buffer.from('y'.repeat(5_000))).tail, 'y'.repeat(4_096));
  });

  it('ends at the cap to the byte, and counts what came after', () => {
    const exact = logged(new Uint8Array(LOG_CAP_BYTES));
    assert.deepEqual([exact.kept.length, exact.logCapped], [LOG_CAP_BYTES, false]);
    const more = logged(new Uint8Array(LOG_CAP_BYTES - 1), Buffer.from('ab'), Buffer.from('c'));
    assert.deepEqual(
      [more.kept.length, more.kept.at(-1), more.logBytes, more.logCapped, more.tail.slice(-3)],
      [LOG_CAP_BYTES, 'a'.charCodeAt(0), LOG_CAP_BYTES + 2, true, 'abc'],
    );
  });

  it('does not change when a buffer is used again', () => {
    const buffer = Buffer.from('first');
    const log = createOutputLog(() => undefined);
    log.write(buffer);
    buffer.write('other');
    assert.equal(log.summary().tail, 'first');
  });
});

describe('an exit code', () => {
  it('is a signal where it is 128 plus the number of one', () => {
    const signals = { SIGKILL: 9, SIGTERM: 15 };
    assert.deepEqual(
      [0, 3, 137, 143, 128, 255].map((code) => endOfExitCode(code, signals)),
      [
        { kind: 'exited', code: 0 },
        { kind: 'exited', code: 3 },
        { kind: 'killed', signal: 'SIGKILL' },
        { kind: 'killed', signal: 'SIGTERM' },
        { kind: 'exited', code: 128 },
        { kind: 'exited', code: 255 },
      ],
    );
  });
});
