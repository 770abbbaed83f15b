import { requireSpec } from '../../contract/spec/requireSpec.js';
import { specWarnings } from '../../contract/spec/specWarnings.js';
import { formatProblem } from '../../contract/yaml/problem.js';
import { refuseUnread } from '../../contract/spec/unreadParams.js';
import type { ROUTES } from '../../contract/http/routes.js';
import { decideFromStore } from '../../domain/build/decideSteps.js';
import { describeSteps } from '../../domain/build/describeSteps.js';
import { openKeptRuns } from '../../domain/build/keptRuns.js';
import { latestKey, machineKey, trustScope } from '../../domain/build/keys.js';
import { planRelease, type PlannedRelease } from '../../domain/build/planRelease.js';
import type { StepRecord, StoredFile } from '../../domain/build/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { BlobStore } from '../../ports/blobStore.js';
import type { Call, Handlers } from '../call.js';
import { digestOf } from '../../contract/canonicalDigest.js';
import { holdsOf } from '../holdRecords.js';
import { knownModel } from '../known.js';
import type { ServerPorts } from '../ports.js';
import { readRelease, releaseDocument } from '../releaseState.js';

export const buildHandlers = (ports: ServerPorts): Pick<Handlers, 'planRelease' | 'releaseSteps'> => ({
  planRelease: async ({ params, body }) => ({ body: await plan(ports, params.model, body) }),
  releaseSteps: async ({ params }) => {
    const told = await releaseDocument(ports, params, 'steps.json');
    if (told !== undefined) return { body: decode<{ steps: readonly unknown[] }>(told) };
    // Not there yet, or never: whoever asks of a release that is not hears that instead.
    await readRelease(ports, params);
    return { body: { steps: [] } };
  },
});

const plan = async (
  ports: ServerPorts,
  model: string,
  { spec: text, sources = {}, files, params: overrides, by }: Call<typeof ROUTES.planRelease>['body'],
): Promise<PlannedRelease> => {
  const { branch, minimum } = knownModel(ports, model);
  const scope = trustScope(branch);
  const { environments } = ports.settings;
  const terms = { environments, ...(minimum === undefined ? {} : { minimum }) };
  const spec = requireSpec(text, 'slipway.yaml', terms, (path) =>
    Object.hasOwn(sources, path) ? sources[path] : undefined,
  );
  if (spec.model !== model)
    throw new SlipwayError('spec_invalid', `slipway.yaml is for model ${spec.model}, not ${model}`);
  refuseUnread(spec.build, overrides);
  const { steps } = spec.build;
  const params = { ...spec.build.params, ...overrides };
  // Workers said at the last build what they are; where there was none, every step runs anyway.
  const machine = (await read<Record<string, string>>(ports.store, machineKey(scope, model))) ?? {};
  const { facts, missing } = describeSteps({ spec, tree: files, params, machine }, digestOf);
  if (missing.length > 0) {
    const lines = missing.map(({ step, input }) => `${step} reads ${input}, and there is no such file`);
    throw new SlipwayError('input_missing', lines.join('\n'), { missing });
  }
  const latest = await Promise.all(
    steps.map(async ({ name }) => [name, await read<StepRecord>(ports.store, latestKey(scope, model, name))] as const),
  );
  const known = new Map(latest.flatMap(([name, record]) => (record === undefined ? [] : [[name, record] as const])));
  const decisions = await decideFromStore(
    { model, steps, facts },
    { records: new Map(), latest: known, ran: new Map<string, readonly StoredFile[]>() },
    openKeptRuns(
      {
        readRecord: (key) => read<StepRecord>(ports.store, key),
        hasBlob: (digest) => ports.store.hasBlob(digest),
        readStream: (stream) => ports.ledger.read(stream),
        digestOf,
      },
      { scope, model },
    ),
    digestOf,
  );
  const planned = planRelease({
    spec,
    decisions,
    durations: new Map([...known].map(([name, record]) => [name, record.durationMs])),
    identities: await ports.directory.identities(),
    holds: new Map(
      await Promise.all(
        spec.environments.map(async ({ name }) => [name, await holdsOf(ports, { model, environment: name })] as const),
      ),
    ),
    now: ports.now(),
    ...(by === undefined ? {} : { by }),
  });
  const warnings = specWarnings(text, 'slipway.yaml', spec).map((one) => `warning: ${formatProblem(one)}`);
  return { ...planned, notes: [...warnings, ...planned.notes] };
};

const read = async <T>(store: BlobStore, key: string): Promise<T | undefined> => {
  const body = await store.getDocument(key);
  return body === undefined ? undefined : decode<T>(body);
};

const decode = <T>(body: Uint8Array): T => JSON.parse(new TextDecoder().decode(body)) as T;
