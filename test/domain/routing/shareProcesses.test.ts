import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { shareProcesses, type ProcessNeed, type ProcessRoom } from '../../../src/domain/routing/shareProcesses.js';

const MUCH: ProcessRoom = { processes: 100, memoryMiB: 1_000_000, taken: 0 };
/** `has->wants`, in order. */
const needsOf = (...words: readonly string[]): readonly ProcessNeed[] =>
  words.map((word, at) => {
    const [has, wants] = word.split('->').map(Number) as [number, number];
    return { key: `v${at}`, has, wants, memoryMiB: 100 };
  });
const gets = (words: readonly string[], room: Partial<ProcessRoom> = {}): readonly number[] => {
  const needs = needsOf(...words);
  const taken = needs.reduce((sum, { has }) => sum + has, 0);
  return shareProcesses(needs, { ...MUCH, taken, ...room }).map((share) => share.gets);
};

describe('shareProcesses', () => {
  it('gives everybody what they want while there is room', () => {
    assert.deepEqual(gets(['1->3', '2->1', '1->0', '0->1']), [3, 1, 0, 1]);
    assert.deepEqual(shareProcesses(needsOf('1->3'), MUCH), [{ gets: 3 }]);
  });

  it('gives nobody more than another one that wants more', () => {
    assert.deepEqual(gets(['0->3', '0->3', '0->1'], { processes: 4, taken: 0 }), [2, 1, 1]);
    assert.deepEqual(gets(['1->3', '1->3', '1->1'], { processes: 4 }), [2, 1, 1]);
    assert.deepEqual(gets(['1->9', '1->9', '1->2'], { processes: 8 }), [3, 3, 2]);
  });

  it('has who came first give back what another one needs as much, and begins that when it has ended', () => {
    const room = { processes: 4 };
    assert.deepEqual(gets(['3->3', '1->3'], room), [2, 1]);
    assert.deepEqual(gets(['2->3', '1->3'], { ...room, taken: 4 }), [2, 1], 'one of the first still answers');
    assert.deepEqual(gets(['2->3', '1->3'], { ...room, taken: 3 }), [2, 2]);
  });

  it('leaves what cannot be divided with who has it, whoever wants more', () => {
    assert.deepEqual(gets(['3->3', '2->9'], { processes: 5 }), [3, 2]);
    assert.deepEqual(gets(['2->9', '3->3'], { processes: 5 }), [2, 3]);
  });

  it('gives each that is awake its first process, beyond what there is, and nobody a second one then', () => {
    assert.deepEqual(gets(['0->1', '1->2', '1->2'], { processes: 2 }), [1, 1, 1]);
    assert.deepEqual(gets(['0->2', '0->2', '0->2'], { processes: 1, memoryMiB: 1 }), [1, 1, 1]);
  });

  it('says what is short, and for whom', () => {
    const [first, second] = shareProcesses(needsOf('3->3', '1->3'), { ...MUCH, processes: 4, taken: 4 });
    assert.deepEqual(first, {
      gets: 2,
      short: 'the node has 4 processes for all versions (serving.processes), and others have fewer',
    });
    assert.deepEqual(second, { gets: 1, short: 'it waits for the end of a process of another version' });
  });

  it('begins none that the memory has no room for, and keeps one that it just has', () => {
    const room = { memoryMiB: 1_000, taken: 2 };
    const need = (has: number) => [{ key: 'v', has, wants: 12, memoryMiB: 100 }];
    const [grown] = shareProcesses(need(2), { ...MUCH, ...room });
    assert.deepEqual(grown, { gets: 9, short: 'the node has 1000 MiB for all versions (serving.nodeMemoryMiB)' });
    assert.equal(shareProcesses(need(10), { ...MUCH, ...room, taken: 10 })[0]!.gets, 10);
    assert.equal(shareProcesses(need(11), { ...MUCH, ...room, taken: 11 })[0]!.gets, 10);
  });

  it('lets a small one in where a large one finds no room', () => {
    const needs = [
      { key: 'large', has: 1, wants: 3, memoryMiB: 400 },
      { key: 'small', has: 1, wants: 3, memoryMiB: 50 },
    ];
    const shares = shareProcesses(needs, { processes: 100, memoryMiB: 800, taken: 2 });
    assert.deepEqual(
      shares.map((share) => share.gets),
      [1, 3],
    );
  });
});

describe('shareProcesses, whatever is wanted', () => {
  const need = fc.record({ has: fc.nat(8), wants: fc.nat(8), memoryMiB: fc.integer({ min: 1, max: 500 }) });
  const cases = fc.record({
    needs: fc.array(need, { maxLength: 8 }).map((all) => all.map((one, at) => ({ ...one, key: `v${at}` }))),
    processes: fc.integer({ min: 1, max: 24 }),
    memoryMiB: fc.integer({ min: 1, max: 5_000 }),
  });
  const takenBy = (needs: readonly ProcessNeed[]): number => needs.reduce((sum, { has }) => sum + has, 0);
  const sumOf = (shares: readonly { readonly gets: number }[]): number =>
    shares.reduce((sum, share) => sum + share.gets, 0);

  it('stays within the node but for first processes, gives no more than is wanted, and says why it is less', () => {
    fc.assert(
      fc.property(cases, ({ needs, ...room }) => {
        const taken = takenBy(needs);
        const shares = shareProcesses(needs, { ...room, taken });
        const firsts = needs.filter(({ wants }) => wants > 0).length;
        assert.ok(sumOf(shares) <= Math.max(room.processes, firsts));
        shares.forEach(({ gets: got, short }, at) => {
          const { has, wants } = needs[at]!;
          assert.ok(got <= wants && got >= Math.min(wants, 1));
          assert.equal(short === undefined, got === wants);
          // What ends first is what a new one waits for.
          if (got > Math.max(has, 1)) assert.ok(taken < room.processes);
        });
      }),
    );
  });

  it('comes to rest at a fair share where wants stay, whoever had what before', () => {
    fc.assert(
      fc.property(cases, ({ needs, processes }) => {
        let now: readonly ProcessNeed[] = needs;
        const look = () => shareProcesses(now, { processes, memoryMiB: 1e9, taken: takenBy(now) });
        for (let round = 0; round < 40; round += 1) {
          const shares = look();
          now = now.map((one, at) => ({ ...one, has: shares[at]!.gets }));
        }
        const rest = look();
        assert.deepEqual(
          rest.map(({ gets: got }) => got),
          now.map(({ has }) => has),
        );
        for (const [at, one] of rest.entries())
          for (const [other, { gets: got }] of rest.entries())
            if (one.gets < now[at]!.wants && at !== other) assert.ok(got <= Math.max(1, one.gets + 1));
        const wanted = now.reduce((sum, { wants }) => sum + wants, 0);
        assert.ok(sumOf(rest) >= Math.min(wanted, processes), 'nothing is left over that somebody wants');
      }),
    );
  });

  it('does not depend on the order', () => {
    fc.assert(
      fc.property(cases, ({ needs, ...room }) => {
        const taken = takenBy(needs);
        const there = shareProcesses(needs, { ...room, taken });
        const back = shareProcesses([...needs].reverse(), { ...room, taken });
        assert.deepEqual([...back].reverse(), there);
      }),
    );
  });
});
