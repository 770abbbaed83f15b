import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { digestOf } from '../../src/contract/canonicalDigest.js';
import type { HoldsHere } from '../../activities/holdsHere.js';
import { createLookForHolds } from '../../activities/lookForHolds.js';
import { createShiftTraffic } from '../../activities/shiftTraffic.js';
import { createCalendar } from '../../src/adapters/calendar/calendar.js';
import { createDecisionSigner } from '../../src/adapters/decision-keys/decisionSigner.js';
import { createDecisionVerifier } from '../../src/adapters/decision-keys/decisionVerifier.js';
import { decisionKeyFiles } from '../../src/adapters/decision-keys/keyFiles.js';
import type { DecisionStatement, OverrideStatement } from '../../src/domain/approval/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import {
  FREEZE_OVERRIDDEN,
  HOLD_LIFTED,
  HOLD_PLACED,
  holdStream,
  type HoldScope,
} from '../../src/domain/hold/ledger.js';
import { overrideInputs } from '../../src/domain/hold/overrideFault.js';
import type { Hold } from '../../src/domain/hold/types.js';
import type { Identity } from '../../src/domain/identity/types.js';
import type { SourceControl } from '../../src/ports/sourceControl.js';
import type { Workflows } from '../../src/ports/workflows.js';
import { createMemoryDeployTarget, type MemoryDeployTarget } from '../fakes/memoryDeployTarget.js';
import { testPorts, type TestPorts } from '../fakes/ports.js';
import { decisionClaims } from '../fixtures/decisionClaims.js';
import { storeRelease, type StoredRelease } from '../fixtures/storedRelease.js';

const directory = mkdtempSync(join(tmpdir(), 'slipway-holds-'));
after(() => rmSync(directory, { recursive: true }));
const signer = await createDecisionSigner(decisionKeyFiles(directory));
const stranger = await createDecisionSigner(decisionKeyFiles(join(directory, 'elsewhere')));

const PLACE = { model: 'ferry', environment: 'production' };
const STREAM = 'environment/ferry/production';
const spec = { model: 'ferry', environments: [{ name: 'production', approval: { kind: 'none' } }] };
const HOUR = 3_600_000;

let people: Identity[];
let target: MemoryDeployTarget;
let ports: TestPorts;
let version: StoredRelease & { readonly artifactDigest: StoredRelease['digest'] };

beforeEach(async () => {
  people = [
    { name: 'operator', roles: ['operator'], gitEmails: [] },
    { name: 'author', roles: ['author', 'operator'], gitEmails: ['author@example.org'] },
  ];
  target = createMemoryDeployTarget();
  const commits = [{ commit: 'c', order: 1, authorEmail: 'author@example.org', committerEmail: 'author@example.org' }];
  ports = testPorts({
    calendar: createCalendar(),
    target: () => target,
    attestations: { verifyProvenance: async () => ({}) },
    decisions: createDecisionVerifier(decisionKeyFiles(directory)),
    directory: { identities: async () => people },
    source: { authorsBetween: async () => commits } as unknown as SourceControl,
    workflows: { query: async () => ({ epoch: 1 }) } as unknown as Workflows,
    settings: {
      ...testPorts().settings,
      models: { ferry: { repository: 'ferry', branch: 'main', clocks: {} } },
      freezes: [
        {
          name: 'holidays',
          reason: 'nobody is here',
          owner: 'operator',
          environments: ['production'],
          override: ['operator'],
          once: { from: Date.now() - HOUR, to: Date.now() + HOUR },
        },
      ],
    },
  });
  const stored = await storeRelease(ports.store, { spec });
  version = { ...stored, artifactDigest: stored.digest };
  target.add(stored.digest);
});

const unfrozen = (): TestPorts => ({ ...ports, settings: { ...ports.settings, freezes: [] } });
const look = (where = PLACE, given: TestPorts = ports) =>
  new MockActivityEnvironment().run(createLookForHolds(given), { ...where, version }) as Promise<HoldsHere>;
const shift = (weight: number, seq: number, given: TestPorts = ports) =>
  new MockActivityEnvironment().run(createShiftTraffic(given), {
    ...PLACE,
    fence: { epoch: 1, seq },
    versions:
      weight === 100
        ? [{ ...version, weight, role: 'champion' as const }]
        : [
            { ...other, weight: 100 - weight, role: 'champion' as const },
            { ...version, weight, role: 'candidate' as const },
          ],
  });
const other = {
  artifactDigest: `sha256:${'0'.repeat(64)}` as const,
  releaseId: 'release/ferry/0',
  commit: '0'.repeat(40),
};
const isRefused = (error: unknown): boolean => error instanceof SlipwayError && error.code === 'environment_held';
const hold = (scope: HoldScope, more: Partial<Hold> = {}): Hold => ({
  id: 'hold-1',
  kind: 'hold',
  reason: 'stocktaking',
  by: 'oncall',
  from: 0,
  override: [],
  ...(scope.model === undefined ? {} : { models: [scope.model] }),
  ...(scope.environment === undefined ? {} : { environments: [scope.environment] }),
  ...more,
});
const place = (scope: HoldScope, placed: Hold) =>
  ports.ledger.append(holdStream(scope), `placed/${placed.id}`, HOLD_PLACED, Date.now(), { ...placed });

describe('what holds a version back', () => {
  it('is what the operator froze, while it lasts, and where', async () => {
    const { inForce, changesAt } = await look();
    assert.deepEqual(
      inForce.map(({ kind, by, reason }) => [kind, by, reason]),
      [['freeze', 'operator', 'nobody is here']],
    );
    assert.equal(changesAt, inForce[0]?.until);
    assert.deepEqual((await look({ ...PLACE, environment: 'staging' })).inForce, []);
  });

  for (const scope of [{ model: 'ferry' }, { environment: 'production' }, PLACE])
    it(`is what somebody placed on ${Object.keys(scope).join(' and ')}, until it is lifted`, async () => {
      await place(scope, hold(scope));
      const ids = async (): Promise<readonly string[]> => (await look(PLACE, unfrozen())).inForce.map(({ id }) => id);
      assert.deepEqual(await ids(), ['hold-1']);
      await ports.ledger.append(holdStream(scope), 'lifted/hold-1', HOLD_LIFTED, Date.now(), {
        id: 'hold-1',
        by: 'oncall',
        reason: 'done',
      });
      assert.deepEqual(await ids(), []);
    });

  it('is not what somebody placed on another model', async () => {
    await place({ model: 'train' }, hold({ model: 'train' }));
    assert.deepEqual((await look(PLACE, unfrozen())).inForce, []);
  });
});

describe('a freeze that comes again', () => {
  it('holds while it is its time, by the clocks of its zone, and says until when', async (context) => {
    context.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 2, 27, 15, 30) });
    const recurring = { timeZone: 'Europe/Berlin', days: ['fri'] as const, from: '16:00', to: '08:00' };
    const freeze = { name: 'nights', reason: 'x', owner: 'oncall', override: [], recurring };
    const given = { ...ports, settings: { ...ports.settings, freezes: [freeze] } };
    const { inForce, changesAt } = await look(PLACE, given);
    assert.deepEqual([inForce[0]?.id, inForce[0]?.until], ['nights@2026-03-27T15:00', Date.UTC(2026, 2, 28, 7)]);
    assert.equal(changesAt, Date.UTC(2026, 2, 28, 7));
    context.mock.timers.setTime(Date.UTC(2026, 2, 28, 7));
    const after = await look(PLACE, given);
    // The next one begins an hour earlier: clocks went forward on Sunday.
    assert.deepEqual([after.inForce, after.changesAt], [[], Date.UTC(2026, 3, 3, 14)]);
  });
});

describe('at the door of a target', () => {
  it('a version that never ran there is refused while something holds it, whoever asks', async () => {
    await assert.rejects(shift(100, 1), isRefused);
    await shift(100, 1, unfrozen());
  });

  it('a version that ran there passes', async () => {
    await ports.ledger.append(STREAM, '1', 'deployment.deployed', 1, { epoch: 1, version });
    await shift(100, 1);
  });

  it('a canary that has traffic keeps it and may give it back, and gets no more', async () => {
    target.add(other.artifactDigest);
    await ports.ledger.append(STREAM, '0', 'deployment.deployed', 1, { epoch: 0, version: other });
    await storeRelease(ports.store, { spec, commit: other.commit });
    await target.apply({
      ...PLACE,
      fence: { epoch: 1, seq: 1 },
      versions: [
        { ...other, weight: 90, role: 'champion' },
        { ...version, weight: 10, role: 'candidate' },
      ],
    });
    await shift(10, 2);
    await assert.rejects(shift(50, 3), isRefused);
    await shift(5, 4);
  });
});

describe('an override', () => {
  const override = async (
    {
      decision = 'override',
      ...claims
    }: Partial<Omit<DecisionStatement, 'decision'>> & { readonly decision?: 'approve' | 'override' } = {},
    by = signer,
  ): Promise<void> => {
    const [freeze] = (await look()).inForce;
    const inputs = overrideInputs({ ...freeze!, from: ports.settings.freezes![0]!.once!.from });
    const said = {
      ...decisionClaims({
        workflowId: version.releaseId,
        model: 'ferry',
        artifactDigest: version.digest,
        sub: 'operator',
        gate: 'freeze.production',
        inputsDigest: digestOf(inputs),
        reason: 'wrong prices',
        ...claims,
      }),
      decision,
    };
    await ports.ledger.append(version.releaseId, 'override/1', FREEZE_OVERRIDDEN, Date.now(), {
      freeze: freeze!.id,
      environment: 'production',
      statement: await by.sign(said as OverrideStatement),
    });
  };

  it('lets this release pass this freeze, and says who, and why', async () => {
    await override();
    const { inForce, overridden } = await look();
    assert.deepEqual(inForce, []);
    assert.deepEqual(
      overridden.map(({ by, reason, environment }) => [by, reason, environment]),
      [['operator', 'wrong prices', 'production']],
    );
    await shift(100, 1);
  });

  const ineffective: Readonly<Record<string, () => Promise<unknown>>> = {
    'signed by somebody else': () => override({}, stranger),
    'of another release': () => override({ workflowId: 'release/ferry/other' }),
    'of another artifact': () => override({ artifactDigest: other.artifactDigest }),
    'of another environment': () => override({ env: 'staging' }),
    'of another gate': () => override({ gate: 'approve.production' }),
    'of another freeze': () => override({ inputsDigest: other.artifactDigest }),
    'that is an approval': () => override({ decision: 'approve' }),
    'for another installation': () => override({ aud: 'elsewhere' }),
    'by an author': () => override({ sub: 'author' }),
    'by somebody who has no such role any more': () => {
      people = people.map((one) => ({ ...one, roles: one.roles.filter((role) => role !== 'operator') }));
      return override();
    },
    'that was used': async () => {
      await override();
      await ports.ledger.append(STREAM, '1', 'deployment.rolled_back', Date.now(), { epoch: 1, version });
    },
  };
  for (const [name, given] of Object.entries(ineffective))
    it(`${name} lets nothing pass`, async () => {
      await given();
      const { inForce, overridden } = await look();
      assert.deepEqual([inForce.length, overridden.length], [1, 0]);
      await assert.rejects(shift(100, 1), isRefused);
    });

  it('is of a freeze: a hold has to be lifted', async () => {
    await override();
    await place(PLACE, hold(PLACE));
    assert.deepEqual(
      (await look()).inForce.map(({ id }) => id),
      ['hold-1'],
    );
  });
});
