import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, it } from 'node:test';
import { EventSource } from 'eventsource';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { eventually } from '../fixtures/eventually.js';
import { COMMIT, HEAD, openScene, startRelease, TOKENS, type Person, type SceneOptions } from './scene.js';

interface Heard {
  readonly id?: string | undefined;
  readonly event?: string | undefined;
  readonly data: { readonly name?: string; readonly state?: Told | null; readonly outcome?: string } & Whole;
}
interface Told {
  readonly outcome?: string;
  readonly stages?: readonly { readonly name: string }[];
}
interface Whole {
  readonly releases?: readonly { readonly releaseId: string }[];
  readonly environments?: readonly { readonly environment: string }[];
  readonly approvals?: readonly object[];
}

const listening = async (options: SceneOptions = {}) => {
  const scene = openScene(options);
  await scene.app.listen({ port: 0, host: '127.0.0.1' });
  const url = `http://127.0.0.1:${(scene.app.server.address() as AddressInfo).port}`;
  const connect = async (path: string, after?: string, person: Person = 'reviewer') => {
    const leaving = new AbortController();
    const response = await fetch(`${url}${path}`, {
      signal: leaving.signal,
      headers: {
        authorization: `Bearer ${TOKENS[person]}`,
        accept: 'text/event-stream',
        ...(after === undefined ? {} : { 'last-event-id': after }),
      },
    });
    const comments: string[] = [];
    const events = response.body
      ?.pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream({ onComment: (text) => void comments.push(text) }))
      .getReader();
    return {
      response,
      comments,
      leave: () => leaving.abort(),
      next: async (): Promise<Heard | undefined> => {
        const { value } = await events!.read();
        return value === undefined ? undefined : { ...value, data: JSON.parse(value.data) as Heard['data'] };
      },
    };
  };
  /** A stage more in the story of a release. */
  const tell = (commit: string, stage: string): void => {
    const id = `release/flights/${commit}`;
    const view = scene.releases.get(id)!;
    scene.releases.set(id, { ...view, stages: [...view.stages, { name: stage, status: 'running' }] as never });
  };
  const end = async (commit: string, outcome: 'promoted' | 'rejected'): Promise<void> => {
    const id = `release/flights/${commit}`;
    const view = { ...scene.releases.get(id)!, outcome, endedAt: 1 };
    scene.releases.set(id, view);
    await scene.store.putDocument(
      `releases/flights/${commit}/release.json`,
      new TextEncoder().encode(JSON.stringify(view)),
    );
  };
  return { ...scene, url, connect, tell, end };
};

interface Commented {
  readonly comments?: readonly { readonly text: string }[];
}
const textsOf = (told: Commented | null | undefined) => told?.comments?.map(({ text }) => text);
const saidIn = (heard: Heard | undefined) => textsOf(heard?.data.state as Commented | undefined);

const stagesIn = ({ data }: Heard): readonly string[] => data.state?.stages?.map(({ name }) => name) ?? [];

describe('GET /api/v1/events', { timeout: 60_000 }, () => {
  it('tells first everything, then what changes', async () => {
    const { connect, tell, releases, app, ...scene } = await listening();
    await startRelease({ ...scene, releases } as never, COMMIT, 'production');
    const stream = await connect('/api/v1/events');
    assert.match(String(stream.response.headers.get('content-type')), /^text\/event-stream/);
    const first = await stream.next();
    assert.equal(first?.event, 'reset');
    assert.deepEqual(
      [first.data.releases?.map(({ releaseId }) => releaseId), first.data.approvals?.length],
      [[`release/flights/${COMMIT}`], 1],
    );
    tell(COMMIT, 'verify');
    const second = await stream.next();
    assert.deepEqual(
      [second?.event, second?.data.name, stagesIn(second!)],
      ['release', `release/flights/${COMMIT}`, ['verify']],
    );
    const { waiting, ...on } = releases.get(`release/flights/${COMMIT}`)!;
    assert.ok(waiting !== undefined);
    releases.set(on.releaseId, on);
    const after = [await stream.next(), await stream.next()];
    assert.deepEqual(
      after.map((heard) => [heard?.event, heard?.data.state === null]),
      [
        ['release', false],
        ['approval', true],
      ],
    );
    stream.leave();
    await app.close();
  });

  it('tells what a release waits for that is no person: a turn, or a word of an environment', async () => {
    const { connect, app, releases, ...scene } = await listening();
    await startRelease({ ...scene, releases } as never, COMMIT);
    const stream = await connect(`/api/v1/releases/flights/${COMMIT}/events`);
    await stream.next();
    const id = `release/flights/${COMMIT}`;
    const awaited = { environment: 'production', askedFor: 'turn', since: 1, until: 9 } as const;
    releases.set(id, { ...releases.get(id)!, awaited });
    const told = await stream.next();
    assert.deepEqual((told?.data.state as { awaited?: unknown }).awaited, awaited);
    stream.leave();
    await app.close();
  });

  it('tells what people say of a release, once its workflow has heard of it, and at its end', async () => {
    const { connect, app, releases, end, ...scene } = await listening();
    await startRelease({ ...scene, releases } as never, COMMIT);
    const events = `/api/v1/releases/flights/${COMMIT}/events`;
    const stream = await connect(events);
    await stream.next();
    const say = async (text: string): Promise<void> => {
      const url = `/api/v1/releases/flights/${COMMIT}/comments`;
      const answer = await scene.ask('reviewer', 'POST', url, { text });
      const id = `release/flights/${COMMIT}`;
      releases.set(id, { ...releases.get(id)!, lastComment: answer.json<{ comment: { id: string } }>().comment.id });
    };
    await say('why another seed?');
    assert.deepEqual(saidIn(await stream.next()), ['why another seed?']);
    await say('the old one was lucky');
    assert.deepEqual(saidIn(await stream.next()), ['why another seed?', 'the old one was lucky']);
    stream.leave();
    await end(COMMIT, 'promoted');
    await say('well done');
    const late = await connect(events);
    const whole = (await late.next())?.data as { readonly releases: readonly Commented[] };
    assert.equal(textsOf(whole.releases[0])?.length, 3);
    await app.close();
  });

  it('loses nothing of what came between two connections', async () => {
    const { connect, tell, app, ...scene } = await listening();
    await startRelease(scene as never);
    const watcher = await connect('/api/v1/events');
    await watcher.next();
    const stream = await connect('/api/v1/events');
    const first = await stream.next();
    stream.leave();
    const between: (string | undefined)[] = [];
    for (const stage of ['build', 'package', 'deploy']) {
      tell(COMMIT, stage);
      between.push((await watcher.next())?.id);
    }
    const back = await connect('/api/v1/events', first?.id);
    const heard = [await back.next(), await back.next(), await back.next()];
    assert.deepEqual(
      heard.map((one) => [one?.id, stagesIn(one!).at(-1)]),
      [
        [between[0], 'build'],
        [between[1], 'package'],
        [between[2], 'deploy'],
      ],
    );
    const later = await connect('/api/v1/events', between[1]);
    assert.deepEqual(stagesIn((await later.next())!), ['build', 'package', 'deploy']);
    for (const one of [watcher, back, later]) one.leave();
    await app.close();
  });

  it('begins again with everything after a gap that is too large, and of another process', async () => {
    const { connect, tell, app, ...scene } = await listening({ feed: { remembered: 2 } });
    await startRelease(scene as never);
    const watcher = await connect('/api/v1/events');
    const first = await watcher.next();
    for (const stage of ['build', 'package', 'deploy']) {
      tell(COMMIT, stage);
      await watcher.next();
    }
    for (const after of [first!.id!, '00000000-1', 'rubbish']) {
      const stream = await connect('/api/v1/events', after);
      const heard = await stream.next();
      assert.deepEqual([heard?.event, heard?.data.releases?.length], ['reset', 1], after);
      stream.leave();
    }
    watcher.leave();
    await app.close();
  });

  it('tells of one model only where one is asked for, and refuses one that is unknown', async () => {
    const { connect, app } = await listening();
    const { response } = await connect('/api/v1/events?model=other');
    assert.equal(response.status, 404);
    await app.close();
  });

  it('says now and then that there is nothing, so that nobody hangs up', async () => {
    const { connect, app } = await listening({ feed: { idleAfterMs: 10 } });
    const stream = await connect('/api/v1/events');
    await stream.next();
    const waiting = stream.next();
    await eventually(() => assert.ok(stream.comments.length >= 2));
    stream.leave();
    await assert.rejects(waiting);
    await app.close();
  });

  it('is open a bounded number of times for each identity, and free again when one has gone', async () => {
    const { connect, app } = await listening({ eventStreams: 2 });
    const two = [await connect('/api/v1/events'), await connect('/api/v1/events')];
    const third = await connect('/api/v1/events');
    assert.deepEqual([third.response.status, third.response.body === null], [429, false]);
    const other = await connect('/api/v1/events', undefined, 'author');
    assert.equal(other.response.status, 200);
    two[0]?.leave();
    await eventually(async () => {
      const again = await connect('/api/v1/events');
      again.leave();
      assert.equal(again.response.status, 200);
    });
    for (const one of [...two, other]) one.leave();
    await app.close();
  });

  it('gives back the place of everybody who goes away, at whatever moment: 1,000 of them', async (t) => {
    const { url, connect, app, ...scene } = await listening({ eventStreams: 3 });
    t.after(() => app.close());
    await startRelease(scene as never, COMMIT, 'production');
    const paths = ['/api/v1/events', `/api/v1/releases/flights/${COMMIT}/events`];
    const statuses = new Set<number>();
    for (let index = 0; index < 1_000; index += 1) {
      const leaving = new AbortController();
      const arrived = once(app.server, 'request');
      const answered = fetch(`${url}${paths[index % 2]}`, {
        signal: leaving.signal,
        headers: { authorization: `Bearer ${TOKENS['reviewer']}`, accept: 'text/event-stream' },
      }).then(
        ({ status }) => void statuses.add(status),
        () => undefined,
      );
      // Before it is answered, when it has come to the server, and when it is answered.
      if (index % 3 > 0) await arrived;
      if (index % 3 > 1) await answered;
      leaving.abort();
      await answered;
    }
    assert.ok(statuses.has(200), 'some of them were open');
    await eventually(async () => {
      const all = await Promise.all([0, 1, 2].map(() => connect('/api/v1/events')));
      for (const one of all) one.leave();
      assert.deepEqual(
        all.map(({ response }) => response.status),
        [200, 200, 200],
      );
    });
  });

  it('keeps no place for who left while the release was looked up', async (t) => {
    const { url, connect, app, ports, ...scene } = await listening({ eventStreams: 1 });
    t.after(() => app.close());
    await startRelease({ ...scene, ports } as never, COMMIT, 'production');
    let left = (): void => undefined;
    const gone = new Promise<void>((resolve) => (left = resolve));
    app.server.once('request', (_, response: ServerResponse) => response.once('close', left));
    let looks = (): void => undefined;
    const looked = new Promise<void>((resolve) => (looks = resolve));
    const query = ports.workflows.query.bind(ports.workflows);
    Object.assign(ports.workflows, {
      query: async (...asked: Parameters<typeof query>) => {
        looks();
        await gone;
        return query(...asked);
      },
    });
    const leaving = new AbortController();
    const answered = fetch(`${url}/api/v1/releases/flights/${COMMIT}/events`, {
      signal: leaving.signal,
      headers: { authorization: `Bearer ${TOKENS['reviewer']}` },
    }).catch(() => undefined);
    await looked;
    leaving.abort();
    await answered;
    await gone;
    await eventually(async () => {
      const next = await connect('/api/v1/events');
      next.leave();
      assert.equal(next.response.status, 200);
    });
  });

  it('ends when the server closes, and does not keep it from closing', async () => {
    const { connect, app } = await listening();
    const stream = await connect('/api/v1/events');
    await stream.next();
    const closed = app.close();
    assert.equal(await stream.next(), undefined);
    await closed;
  });

  it('is a problem where the engine does not answer', async () => {
    const { connect, workflows, app } = await listening();
    workflows.fail(new Error('no engine'));
    const { response } = await connect('/api/v1/events');
    assert.deepEqual(
      [response.status, response.headers.get('content-type')],
      [500, 'application/problem+json; charset=utf-8'],
    );
    await app.close();
  });
});

describe("GET a release's events", { timeout: 60_000 }, () => {
  it('tells of it alone, and ends with its outcome', async () => {
    const { connect, tell, end, app, ...scene } = await listening();
    const url = await startRelease(scene as never);
    await startRelease(scene as never, HEAD);
    const stream = await connect(`${url}/events`);
    assert.equal((await stream.next())?.data.releases?.length, 1);
    tell(HEAD, 'build');
    tell(COMMIT, 'package');
    assert.deepEqual(stagesIn((await stream.next())!), ['package']);
    await end(COMMIT, 'promoted');
    const heard = [await stream.next(), await stream.next(), await stream.next()];
    assert.deepEqual(
      heard.map((one) => [one?.event, one?.data.outcome ?? one?.data.state?.outcome]),
      [
        ['release', 'promoted'],
        ['end', 'promoted'],
        [undefined, undefined],
      ],
    );
    const again = await connect(`${url}/events`, heard[1]!.id);
    assert.equal(again.response.status, 204, 'a browser stops asking');
    const late = await connect(`${url}/events`);
    assert.deepEqual([(await late.next())?.event, (await late.next())?.event], ['reset', 'end']);
    const none = await connect(`/api/v1/releases/flights/${'c'.repeat(40)}/events`);
    assert.equal(none.response.status, 404);
    await app.close();
  });

  it('is read by an EventSource through a cut connection, without loss and without repeats', async () => {
    const { tell, end, app, url, ...scene } = await listening();
    const path = await startRelease(scene as never);
    const asked: (string | null)[] = [];
    const sockets = new Set<Socket>();
    app.server.on('connection', (socket: Socket) => sockets.add(socket));
    const source = new EventSource(`${url}${path}/events`, {
      fetch: (input, init) => {
        const headers = new Headers(init.headers as Record<string, string>);
        asked.push(headers.get('last-event-id'));
        headers.set('authorization', `Bearer ${TOKENS['reviewer']}`);
        return fetch(input, { ...init, headers } as RequestInit);
      },
    });
    const stages: string[] = [];
    let ended = '';
    source.addEventListener('release', ({ data }) => {
      stages.push(stagesIn({ data: JSON.parse(data as string) as Heard['data'] }).at(-1) ?? '');
    });
    source.addEventListener('end', ({ data }) => {
      ended = (JSON.parse(data as string) as { outcome: string }).outcome;
    });
    await new Promise((resolve) => source.addEventListener('reset', resolve, { once: true }));
    tell(COMMIT, 'build');
    await eventually(() => assert.deepEqual(stages, ['build']));
    for (const socket of sockets) socket.destroy();
    tell(COMMIT, 'package');
    await eventually(() => assert.deepEqual(stages, ['build', 'package']));
    await end(COMMIT, 'rejected');
    await eventually(() => assert.equal(ended, 'rejected'));
    await eventually(() => assert.equal(source.readyState, source.CLOSED, '204 ends it'));
    assert.match(String(asked[1]), /^[0-9a-f]{8}-\d+$/);
    assert.equal(asked.at(-1), 'end');
    await app.close();
  });
});
