import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Hold } from '../../src/domain/hold/types.js';
import { FREEZE_OVERRIDDEN } from '../../src/domain/hold/ledger.js';
import type { SignedHead } from '../../src/domain/ledger/headFault.js';
import { entryOfKey } from '../../src/domain/ledger/keys.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { GLASS_SIGNED } from '../../src/domain/urgency/breakGlass.js';
import type { GlassWaits } from '../../src/domain/urgency/glassWaits.js';
import { COMMIT, digestOf, NOW, openScene, readClaims, startRelease, type Person } from './scene.js';

type Scene = ReturnType<typeof openScene>;
const HOLDS = '/api/v1/holds';
const RELEASE = `release/flights/${COMMIT}`;
const freeze = { kind: 'freeze', environment: 'production', until: NOW + 1_000, reason: 'holidays' };
const codeOf = ({ body }: { readonly body: string }): string => (JSON.parse(body) as { code: string }).code;
const place = async (scene: Scene, body: object, key = 'k'): Promise<Hold> => {
  const answer = await scene.ask('oncall', 'POST', HOLDS, body, { 'idempotency-key': key });
  assert.equal(answer.statusCode, 201, answer.body);
  return (JSON.parse(answer.body) as { hold: Hold }).hold;
};
const list = async (scene: Scene, query = ''): Promise<readonly Hold[]> =>
  (JSON.parse((await scene.ask('guest', 'GET', `${HOLDS}${query}`)).body) as { holds: readonly Hold[] }).holds;

describe('a hold', () => {
  it('is in force once it is placed, is placed once however often it is asked for, and ends when it is lifted', async () => {
    const scene = openScene();
    const first = await place(scene, { kind: 'hold', model: 'flights', reason: 'labels are wrong' });
    const again = await place(scene, { kind: 'hold', model: 'flights', reason: 'labels are wrong' });
    assert.equal(again.id, first.id);
    assert.deepEqual(
      (await list(scene)).map(({ id, by, models, until }) => [id, by, models, until]),
      [[first.id, 'oncall', ['flights'], undefined]],
    );
    const lifted = await scene.ask('operator', 'POST', `${HOLDS}/${first.id}/lift`, { reason: 'repaired' });
    assert.equal((JSON.parse(lifted.body) as { hold: Hold }).hold.lifted?.by, 'operator');
    assert.deepEqual(await list(scene), []);
    assert.equal((await list(scene, '?all=true')).length, 1);
    // Who lifts it a second time changes nothing of who did.
    await scene.ask('oncall', 'POST', `${HOLDS}/${first.id}/lift`, { reason: 'me, too' });
    assert.equal((await list(scene, '?all=true'))[0]?.lifted?.reason, 'repaired');
  });

  it('cannot be made away with by cutting what a checkpoint signed of its stream', async () => {
    const heads = new Map<string, SignedHead>();
    const scene = openScene({
      signedHeads: { of: async (stream) => heads.get(stream), streams: async () => [...heads.keys()] },
    });
    await place(scene, { kind: 'hold', model: 'flights', reason: 'labels are wrong' });
    const [key = ''] = await scene.ledger.listDocuments('ledger/');
    const { stream, seq } = entryOfKey(key)!;
    const digest = `sha256:${createHash('sha256')
      .update((await scene.ledger.getDocument(key))!)
      .digest('hex')}` as const;
    heads.set(stream, { seq, digest, checkpoint: 7 });
    assert.equal((await list(scene)).length, 1);
    await scene.ledger.deleteDocument(key);
    const answer = await scene.ask('guest', 'GET', HOLDS);
    const { code, detail, action } = JSON.parse(answer.body) as { code: string; detail: string; action: string };
    assert.deepEqual([answer.statusCode, code], [409, 'ledger_tampered']);
    assert.match(detail, /entry 1 is missing from the end: checkpoint 7/);
    assert.match(action, /slipway audit verify/);
  });

  it('is shown with the environment that it is about', async () => {
    const scene = openScene();
    const { id } = await place(scene, { kind: 'hold', environment: 'production', reason: 'x' });
    const shown = async (environment: string): Promise<readonly string[]> => {
      const { body } = await scene.ask('guest', 'GET', `/api/v1/models/flights/environments/${environment}`);
      return (JSON.parse(body) as { holds: readonly Hold[] }).holds.map((hold) => hold.id);
    };
    assert.deepEqual([await shown('production'), await shown('test')], [[id], []]);
  });

  it('is shown with a release that still waits for its approval', async () => {
    const scene = openScene();
    const url = await startRelease(scene, COMMIT, 'production');
    const ahead = async (): Promise<readonly string[] | undefined> => {
      const { body } = await scene.ask('reviewer', 'GET', url);
      return (JSON.parse(body) as { holdsAhead?: readonly Hold[] }).holdsAhead?.map(({ id }) => id);
    };
    assert.equal(await ahead(), undefined);
    await place(scene, { kind: 'hold', environment: 'test', reason: 'elsewhere' }, 'elsewhere');
    const { id } = await place(scene, { kind: 'hold', environment: 'production', reason: 'x' }, 'here');
    assert.deepEqual(await ahead(), [id]);
  });

  it('that is none is refused, each with its reason', async () => {
    const scene = openScene();
    const refused: readonly (readonly [object, string])[] = [
      [{ kind: 'hold', reason: 'x' }, 'request_invalid'],
      [{ kind: 'hold', model: 'flights', reason: '' }, 'request_invalid'],
      [{ kind: 'hold', model: 'flights', reason: ' \n' }, 'request_invalid'],
      [{ kind: 'hold', model: 'trains', reason: 'x' }, 'unknown_model'],
      [{ kind: 'hold', environment: 'moon', reason: 'x' }, 'unknown_environment'],
      [{ kind: 'hold', model: 'flights', until: NOW + 1, reason: 'x' }, 'request_invalid'],
      [{ ...freeze, until: NOW }, 'request_invalid'],
      [{ kind: 'freeze', environment: 'production', reason: 'x' }, 'request_invalid'],
    ];
    for (const [body, code] of refused)
      assert.equal(codeOf(await scene.ask('oncall', 'POST', HOLDS, body)), code, JSON.stringify(body));
    assert.equal(
      codeOf(await scene.ask('oncall', 'POST', `${HOLDS}/hold-000000000000/lift`, { reason: 'x' })),
      'hold_unknown',
    );
    assert.deepEqual(await list(scene, '?all=true'), []);
  });
});

/** As the activities of a release write it down. */
const packaged = async ({ ports }: Scene, unknown: readonly string[] = []): Promise<void> => {
  const authorship = { authors: ['author'], unknown, trigger: 'author' };
  const checked = await ports.store.putBlob(new TextEncoder().encode(JSON.stringify({ authorship })));
  await ports.ledger.append(RELEASE, 'started', 'release.started', NOW, { trigger: 'somebody' });
  await ports.ledger.append(RELEASE, 'integrate', 'stage.integrate', NOW, { evidence: checked.digest });
  await ports.ledger.append(RELEASE, 'package', 'stage.package', NOW, { artifactDigest: digestOf('1') });
};
const OPERATOR_THERE = { role: 'operator', models: ['flights'], environments: ['production'] };

describe('an override', () => {
  const held = async (scene: Scene, unknown: readonly string[] = []): Promise<void> => {
    await startRelease(scene);
    await packaged(scene, unknown);
    const view = scene.releases.get(RELEASE)!;
    scene.releases.set(RELEASE, {
      ...view,
      artifactDigest: digestOf('1'),
      authorship: { authors: ['author'], unknown: [], trigger: 'author' },
      held: { environment: 'production', since: NOW, holds: [] },
    });
  };
  const override = (scene: Scene, who: Person) =>
    scene.ask(who, 'POST', `/api/v1/releases/flights/${COMMIT}/override`, { reason: 'prices are wrong' });

  it('is signed by who may, about exactly this release and freeze, and written to the release', async () => {
    const scene = openScene();
    const { id } = await place(scene, freeze);
    await held(scene);
    const answer = await override(scene, 'operator');
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal((await override(scene, 'operator')).statusCode, 200);
    const entries = (await scene.ports.ledger.read(RELEASE)).filter(({ kind }) => kind === FREEZE_OVERRIDDEN);
    assert.equal(entries.length, 1);
    const claims = readClaims(String(entries[0]?.body['statement']));
    assert.deepEqual(
      [
        entries[0]?.body['freeze'],
        claims.sub,
        claims.decision,
        claims.gate,
        claims.env,
        claims.workflowId,
        claims.reason,
      ],
      [id, 'operator', 'override', 'freeze.production', 'production', RELEASE, 'prices are wrong'],
    );
  });

  const refused: Readonly<Record<string, (scene: Scene) => Promise<readonly [Person, string]>>> = {
    'of a release that nothing holds': async (scene) => {
      await held(scene);
      return ['operator', 'not_held'];
    },
    'of a release that does not wait': async (scene) => {
      await place(scene, freeze);
      await startRelease(scene);
      return ['operator', 'not_held'];
    },
    'of a hold': async (scene) => {
      await place(scene, { kind: 'hold', environment: 'production', reason: 'x' });
      await held(scene);
      return ['operator', 'not_held'];
    },
    'by somebody without the role': async (scene) => {
      await place(scene, freeze);
      await held(scene);
      return ['oncall', 'override_forbidden'];
    },
    'by an author': async (scene) => {
      await place(scene, freeze);
      await held(scene);
      scene.people[0] = { name: 'author', roles: ['author', 'operator'], gitEmails: [] };
      return ['author', 'self_approval'];
    },
    'by who wrote it, whatever the release says of that': async (scene) => {
      await place(scene, freeze);
      await held(scene);
      scene.people[0] = { name: 'author', roles: ['author', 'operator'], gitEmails: [] };
      lie(scene, { authorship: { authors: [], unknown: [], trigger: 'somebody' } });
      return ['author', 'self_approval'];
    },
    'of a release that somebody unknown wrote': async (scene) => {
      await place(scene, freeze);
      await held(scene, ['x@example.test']);
      return ['operator', 'unknown_author'];
    },
    'by who started it': async (scene) => {
      await place(scene, freeze);
      await held(scene);
      const at = scene.people.findIndex(({ name }) => name === 'operator');
      scene.people[at] = { ...scene.people[at]!, person: 'somebody' };
      return ['operator', 'self_approval'];
    },
    'where the ledger does not say who wrote it': async (scene) => {
      await place(scene, freeze);
      await held(scene);
      await scene.ports.ledger.append(RELEASE, 'lost', 'stage.integrate', NOW, { evidence: digestOf('9') });
      return ['operator', 'unknown_author'];
    },
    'of another artifact than was packaged': async (scene) => {
      await place(scene, freeze);
      await held(scene);
      lie(scene, { artifactDigest: digestOf('2') });
      return ['operator', 'subject_unproven'];
    },
    'of what another release says': async (scene) => {
      await place(scene, freeze);
      await held(scene);
      lie(scene, { releaseId: `release/flights/${'b'.repeat(40)}` });
      return ['operator', 'subject_unproven'];
    },
    'where the ledger was changed': async (scene) => {
      await place(scene, freeze);
      await held(scene);
      const read = scene.ports.ledger.read.bind(scene.ports.ledger);
      Object.assign(scene.ports.ledger, {
        read: async (stream: string) =>
          (await read(stream)).map((entry) =>
            entry.kind === 'release.started' ? { ...entry, body: { trigger: 'nobody' } } : entry,
          ),
      });
      return ['operator', 'ledger_tampered'];
    },
  };
  const lie = (scene: Scene, said: Partial<ReleaseView>): void =>
    void scene.releases.set(RELEASE, { ...scene.releases.get(RELEASE)!, ...said });

  it('is signed with the roles of the place, also where they are granted for it alone', async () => {
    const scene = openScene();
    await place(scene, freeze);
    await held(scene);
    scene.people[4] = { name: 'guest', roles: ['guest'], grants: [OPERATOR_THERE], gitEmails: [] };
    assert.equal((await override(scene, 'guest')).statusCode, 200);
    const entry = (await scene.ports.ledger.read(RELEASE)).find(({ kind }) => kind === FREEZE_OVERRIDDEN);
    assert.deepEqual(readClaims(String(entry?.body['statement'])).roles, ['guest', 'operator']);
  });

  for (const [name, given] of Object.entries(refused))
    it(`${name} is refused`, async () => {
      const scene = openScene();
      const [who, code] = await given(scene);
      assert.equal(codeOf(await override(scene, who)), code);
      assert.deepEqual(
        (await scene.ports.ledger.read(RELEASE)).filter(({ kind }) => kind === FREEZE_OVERRIDDEN),
        [],
      );
    });
});

describe('break-glass', () => {
  const RULE = { breakGlassRoles: ['operator'] };
  const waits = async (options = RULE): Promise<Scene> => {
    const scene = openScene(options);
    await startRelease(scene, COMMIT, 'production');
    await packaged(scene);
    scene.releases.set(RELEASE, {
      ...scene.releases.get(RELEASE)!,
      artifactDigest: digestOf('1'),
      authorship: { authors: ['author'], unknown: [], trigger: 'author' },
    });
    return scene;
  };
  const breaks = (scene: Scene, who: Person) =>
    scene.ask(who, 'POST', `/api/v1/releases/flights/${COMMIT}/override`, { reason: 'down', breakGlass: true });
  const signed = async ({ ports }: Scene) =>
    (await ports.ledger.read(RELEASE)).filter(({ kind }) => kind === GLASS_SIGNED);

  it('is signed by two, about what was asked last, with the roles of the place', async () => {
    const scene = await waits();
    scene.people[4] = { name: 'guest', roles: ['guest'], grants: [OPERATOR_THERE], gitEmails: [] };
    for (const [who, by] of [
      ['operator', ['operator']],
      ['guest', ['operator', 'guest']],
    ] as const) {
      const answer = await breaks(scene, who);
      assert.deepEqual(answer.json<{ breakGlass: { by: string[] } }>().breakGlass.by, by, answer.body);
    }
    const claims = (await signed(scene)).map(({ body }) => readClaims(String(body['statement'])));
    assert.deepEqual(
      claims.map(({ sub, roles, evidenceDigest }) => [sub, roles, evidenceDigest]),
      [
        ['operator', ['operator'], digestOf('2')],
        ['guest', ['guest', 'operator'], digestOf('2')],
      ],
    );
  });

  it('that one person signed is shown with the release and in the status, with who may be the second', async () => {
    const scene = await waits();
    scene.people[4] = { name: 'guest', roles: [], grants: [OPERATOR_THERE], gitEmails: [] };
    scene.people.push({ name: 'operator-phone', roles: ['operator'], person: 'operator', gitEmails: [] });
    const shown = async () => {
      const release = await scene.ask('guest', 'GET', `/api/v1/releases/flights/${COMMIT}`);
      const status = await scene.ask('guest', 'GET', '/api/v1/status');
      return [
        release.json<{ glassAsked?: GlassWaits }>().glassAsked,
        ...status.json<{ glassAsked: readonly GlassWaits[] }>().glassAsked,
      ];
    };
    const looks = (): void => {
      const view = scene.releases.get(RELEASE)!;
      const reason = '1 of 2 people stand for it';
      scene.releases.set(RELEASE, {
        ...view,
        glassLook: { environment: 'production', at: NOW, state: 'shut', reason },
      });
    };
    assert.deepEqual(await shown(), [undefined]);
    await breaks(scene, 'operator');
    looks();
    const { until, ...first } = (await shown())[0]!;
    assert.deepEqual(first, {
      ...{ environment: 'production', by: 'operator', at: NOW, roles: ['operator'] },
      second: ['guest'],
    });
    assert.equal(until, scene.releases.get(RELEASE)!.waiting!.expireAt);
    assert.deepEqual((await shown())[1], { ...first, until, releaseId: RELEASE });
    // Who lost the role since is no first person any more.
    scene.people[3] = { name: 'operator', roles: [], gitEmails: [] };
    assert.deepEqual(await shown(), [undefined]);
    scene.people[3] = { name: 'operator', roles: ['operator'], gitEmails: [] };
    await breaks(scene, 'guest');
    assert.deepEqual(await shown(), [undefined], 'two stand');
  });

  const refused: Readonly<Record<string, readonly [Person, string, (scene: Scene) => void, object?]>> = {
    'where the operator names nobody': ['operator', 'break_glass_unavailable', () => undefined, {}],
    'by who has the role elsewhere': [
      'guest',
      'break_glass_forbidden',
      ({ people }) => {
        const grants = [{ ...OPERATOR_THERE, environments: ['test'] }];
        people[4] = { name: 'guest', roles: [], grants, gitEmails: [] };
      },
    ],
    'by who wrote it, whatever the release says of that': [
      'author',
      'self_approval',
      ({ people, releases }) => {
        people[0] = { name: 'author', roles: ['operator'], gitEmails: [] };
        const authorship = { authors: [], unknown: [], trigger: 'somebody' };
        releases.set(RELEASE, { ...releases.get(RELEASE)!, authorship });
      },
    ],
    'of another artifact than was packaged': [
      'operator',
      'subject_unproven',
      ({ releases }) => void releases.set(RELEASE, { ...releases.get(RELEASE)!, artifactDigest: digestOf('2') }),
    ],
  };
  for (const [name, [who, code, given, options]] of Object.entries(refused))
    it(`${name} is refused`, async () => {
      const scene = await waits((options ?? RULE) as typeof RULE);
      given(scene);
      assert.equal(codeOf(await breaks(scene, who)), code);
      assert.deepEqual(await signed(scene), []);
    });
});
