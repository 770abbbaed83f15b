/** The smoke test by the real activity: a real artifact, and a serving node that is played. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, it } from 'node:test';
import { readSignature, readSmokeRows } from '../../activities/artifactContents.js';
import { measureLatency } from '../../activities/measureLatency.js';
import { createSmokeTest, type StageEvidence } from '../../activities/smokeTest.js';
import type { Version } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { MODEL, openHarbour, type Harbour } from '../fixtures/incidents/harbour.js';
import { askedBy } from '../fixtures/askedBy.js';

const ROWS = 40;
let harbour: Harbour;
let version: Version;
let node: Server;
let answer: readonly (number | string | null)[] = [];
let redirects = false;

before(async () => {
  harbour = await openHarbour();
  version = await harbour.build('sound');
  const { prediction } = await readSignature(harbour.ports.store, version.artifactDigest);
  node = createServer((request, response) =>
    request.resume().on('end', () => {
      // To another path of its own, which would answer as well as any.
      if (redirects && request.url !== '/elsewhere') return response.writeHead(307, { location: '/elsewhere' }).end();
      return response.end(JSON.stringify({ outputs: [{ name: prediction, data: answer }] }));
    }),
  ).listen(0, '127.0.0.1');
  await once(node, 'listening');
});
after(async () => {
  node.close();
  await harbour.end();
});

/** @param looks at the node that find the version on its way up, first */
const smoke = async (answers: typeof answer, looks = 0): Promise<StageEvidence> => {
  answer = answers;
  const { artifactDigest, releaseId } = version;
  const input = { releaseId, model: MODEL, environment: 'test', artifactDigest, rows: ROWS };
  return askedBy(releaseId).run(createSmokeTest({ ...harbour.ports, target: serving(looks) } as never), input);
};

const serving = (looks = 0) => {
  let left = looks;
  const { artifactDigest } = version;
  return () => ({
    ...harbour.ports.target('x'),
    observe: async () => ({
      model: MODEL,
      environment: 'test',
      fence: { epoch: 1, seq: 1 },
      inferenceUrl: `http://127.0.0.1:${(node.address() as AddressInfo).port}`,
      versions: [
        left-- > 0
          ? { artifactDigest, ready: false, weight: 100 }
          : { artifactDigest, servedDigest: artifactDigest, ready: true, weight: 100 },
      ],
    }),
  });
};

it('passes what answers as packaged, and takes an answer without a number for no prediction', async () => {
  const { expected } = await readSmokeRows(harbour.ports.store, version.artifactDigest, ROWS);
  const packaged = expected;
  assert.equal((await smoke(packaged)).verdict, 'pass');
  for (const blank of [null, '']) {
    const { verdict, reason } = await smoke(packaged.map((value, row) => (row === 3 ? blank : value)));
    assert.deepEqual([verdict, reason], ['fail', 'a prediction is no probability']);
  }
});

it('waits for a version whose server is being started again, and finds nothing wrong with the model', async () => {
  const { expected } = await readSmokeRows(harbour.ports.store, version.artifactDigest, ROWS);
  const { verdict, reason } = await smoke(expected, 2);
  assert.equal(verdict, 'pass', reason);
});

it('neither passes nor is timed by what another address answers', async () => {
  const { expected } = await readSmokeRows(harbour.ports.store, version.artifactDigest, ROWS);
  const elsewhere = (error: unknown) => error instanceof SlipwayError && error.code === 'target_redirects';
  const { artifactDigest } = version;
  const latency = () =>
    measureLatency(
      { ...harbour.ports, target: serving() } as never,
      { model: MODEL, environment: 'test', artifactDigest },
      new AbortController().signal,
    );
  redirects = true;
  try {
    await assert.rejects(smoke(expected), elsewhere);
    await assert.rejects(latency(), elsewhere);
  } finally {
    redirects = false;
  }
  const taken = await latency();
  assert.ok(Array.isArray(taken) && taken.length === 400);
});
