import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createLookAtBake, type BakeFound, type LookAtBakeInput } from '../../activities/lookAtBake.js';
import { createLookForAnswer, type FoundAnswer, type LookForAnswerInput } from '../../activities/lookForAnswer.js';
import { getJson, putJson } from '../../activities/documents.js';
import { buildManifest, LAYERS, MEDIA_TYPES } from '../../src/domain/artifact/manifest.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { ANSWERED, type BakeAnswer } from '../../src/domain/bake/bakeAnswer.js';
import type { BakeSpec } from '../../src/domain/spec/bake.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';
import { askedBy } from '../fixtures/askedBy.js';

const DAY = 86_400_000;
const releaseId = `release/m/${'c'.repeat(40)}`;
const here = { releaseId, model: 'm', environment: 'production' };
const hexOf = (digest: Digest): string => digest.slice('sha256:'.length);
let ports: TestPorts;
let mine: Digest;
let champion: { readonly artifactDigest: Digest; readonly releaseId: string; readonly commit: string };
let rows: { readonly labelled: number; readonly label: 0 | 1; readonly version?: string };
let newest: number | undefined;
let asked: unknown[];

/** A row each hour, predicted as 0.1. */
const log = () => ({
  newestEventTime: async () => newest,
  read: async (_: string, __: string, window: unknown) => {
    asked.push(window);
    const all = Array.from({ length: 200 }, (___, row) => row);
    return {
      rows: all.length,
      predictionId: all.map((row) => `r#${row}`),
      eventTime: all.map((row) => row * 3_600_000),
      prediction: all.map(() => 0.1),
      label: all.map((row) => (row < rows.labelled ? rows.label : null)),
      version: all.map(() => rows.version ?? hexOf(mine)),
      features: {},
    };
  },
});

beforeEach(async () => {
  asked = [];
  newest = 9 * DAY;
  rows = { labelled: 200, label: 0 };
  ports = testPorts({
    log: log() as never,
    workflows: {
      query: async () => ({ champion, history: [{ outcome: 'deployed', kind: 'release', version: champion }] }),
    } as never,
    directory: {
      identities: async () => [
        { name: 'operator', roles: ['operator'], gitEmails: [] },
        { name: 'oncall', roles: ['oncall'], gitEmails: [] },
        { name: 'author', roles: ['operator', 'oncall'], gitEmails: ['author@example.test'] },
      ],
    },
    source: {
      authorsBetween: async () => [
        { commit: 'c', authorEmail: 'author@example.test', committerEmail: 'author@example.test' },
      ],
    } as never,
    settings: {
      ...testPorts().settings,
      models: { m: { repository: 'm', clocks: { production: { kind: 'arrivals' } } } },
    } as never,
  });
  const reference = await putJson(ports.store, { rows: 100, metrics: { brier: 0.02 }, features: {} });
  const layer = { path: LAYERS.reference, mediaType: MEDIA_TYPES.doc, digest: reference, size: 15 };
  mine = await putJson(ports.store, buildManifest({ digest: reference, size: 15 }, [layer], {}));
  champion = { artifactDigest: mine, releaseId, commit: 'c'.repeat(40) };
});

const bake: BakeSpec = {
  metric: 'brier',
  maxLoss: 0.2,
  minLabels: 100,
  minShare: 0.5,
  withinMs: DAY,
  otherwise: 'ask',
};

const look = (more: Partial<LookAtBakeInput> = {}) =>
  askedBy(releaseId).run(createLookAtBake(ports), {
    ...{ ...here, artifactDigest: mine, labelDelayMs: DAY, since: 0 },
    bake,
    ...more,
  }) as Promise<BakeFound>;
const recorded = async () => (await ports.ledger.read(releaseId)).filter(({ kind }) => kind === 'stage.bake');

describe('a look at a provisional version', () => {
  it('confirms on labels that are old enough, with evidence, and is one entry though it is had twice', async () => {
    const found = await look();
    assert.equal(found.verdict.kind, 'confirmed', JSON.stringify(found));
    assert.deepEqual(asked, [{ start: 0, end: 8 * DAY }], 'rows that are too young are not looked at');
    assert.deepEqual(await look(), found);
    const [entry, ...more] = await recorded();
    assert.deepEqual([entry?.body['verdict'], entry?.body['evidence'], more], ['pass', found.evidence, []]);
    const evidence = await getJson<{ rows: number; packaged: number }>(ports.store, found.evidence!);
    assert.deepEqual([evidence.rows, evidence.packaged], [200, 0.02]);
  });

  it('refutes what really loses more than it may', async () => {
    rows = { labelled: 200, label: 1 };
    const { verdict, evidence } = await look();
    assert.equal(verdict.kind, 'refuted', JSON.stringify(verdict));
    assert.deepEqual(
      (await recorded()).map(({ body }) => [body['verdict'], body['evidence']]),
      [['fail', evidence]],
    );
  });

  it('waits, and records nothing, where labels are few, are of another version, or time has not begun', async () => {
    rows = { labelled: 99, label: 0 };
    assert.match(JSON.stringify(await look()), /waiting.*99 of 200 rows have labels, and 100 are needed/);
    rows = { labelled: 200, label: 1, version: 'f'.repeat(64) };
    assert.match(JSON.stringify(await look()), /waiting.*0 of 0 rows/);
    newest = undefined;
    assert.match(JSON.stringify(await look()), /waiting.*nothing was logged yet/);
    assert.deepEqual(await recorded(), []);
  });

  it('begins by the clock of the environment where it is the first', async () => {
    const { since } = (await askedBy(releaseId).run(createLookAtBake(ports), {
      ...{ ...here, artifactDigest: mine, labelDelayMs: DAY },
      bake,
    } as LookAtBakeInput)) as BakeFound;
    assert.equal(since, 9 * DAY);
  });

  it('that a message brought forward reads no labels', async () => {
    rows = { labelled: 200, label: 1 };
    assert.deepEqual(await look({ only: 'place' }), { verdict: { kind: 'waiting', reason: 'it serves still' } });
    assert.deepEqual(asked, []);
  });

  it('says so where another version has its place', async () => {
    champion = { ...champion, artifactDigest: `sha256:${'f'.repeat(64)}`, commit: 'f'.repeat(40) };
    const replaced = { kind: 'replaced', by: 'f'.repeat(12), how: 'newer' };
    assert.deepEqual((await look()).verdict, replaced);
    assert.deepEqual((await look({ only: 'place' })).verdict, replaced);
    assert.deepEqual(await answer(), replaced);
  });
});

const answer = (more: Partial<LookForAnswerInput> = {}) =>
  askedBy(releaseId).run(createLookForAnswer(ports), {
    ...{ ...here, artifactDigest: mine, until: 100 },
    ...more,
  }) as Promise<FoundAnswer>;
const say = (kind: BakeAnswer, by: string, at = 50) =>
  ports.ledger.append(releaseId, `bake/${kind}/${by}`, ANSWERED[kind], at, {
    ...{ environment: 'production', artifactDigest: mine, by, reason: 'sales', at },
  });

describe('what people say of a provisional version', () => {
  it('is missing where the ledger has nothing, and nobody asks a Git host then', async () => {
    ports = { ...ports, source: {} as never };
    assert.deepEqual(await answer(), { kind: 'missing', refused: [] });
  });

  it('counts of an operator who did not write it, with evidence and an entry', async () => {
    await say('confirm', 'author');
    await say('confirm', 'oncall');
    await say('confirm', 'operator');
    const found = await answer();
    assert.equal(found.kind === 'given' && found.answer.by, 'operator', JSON.stringify(found));
    assert.deepEqual(await answer(), found, 'the same when it is looked for twice');
    assert.deepEqual(
      (await recorded()).map(({ body }) => [body['verdict'], body['reason']]),
      [['pass', 'confirmed by operator: sales']],
    );
  });

  it('to go back, also of who wrote it', async () => {
    await say('revert', 'author');
    const found = await answer();
    assert.equal(found.kind === 'given' && found.answer.kind, 'revert', JSON.stringify(found));
    assert.deepEqual(
      (await recorded()).map(({ body }) => body['verdict']),
      ['fail'],
    );
  });

  it('says why nobody counts', async () => {
    await say('confirm', 'author');
    await say('confirm', 'operator', 101);
    const found = await answer();
    assert.equal(found.kind, 'missing');
    assert.match(JSON.stringify(found), /author wrote.*operator said so after the deadline/);
    assert.deepEqual(await recorded(), []);
  });

  it('is looked for by its own release alone', async () => {
    const foreign = askedBy('release/m/other').run(createLookForAnswer(ports), {
      ...here,
      artifactDigest: mine,
      until: 1,
    });
    await assert.rejects(foreign, (error) => error instanceof SlipwayError && error.code === 'record_mismatch');
  });
});
