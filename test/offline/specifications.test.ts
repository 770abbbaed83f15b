/** Statements as the signer makes them, read by the reference library of in-toto (PyPI in-toto-attestation). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FILEPATH } from '../../src/domain/artifact/manifest.js';
import type { ResourceDescriptor, Statement } from '../../src/domain/artifact/statements.js';
import { createStoredArtifacts } from '../../src/offline/storedArtifacts.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { pythonTool } from '../fixtures/pythonTool.js';
import { storeRelease } from '../fixtures/storedRelease.js';

const { missing, run } = pythonTool('in-toto', ['in-toto-attestation==0.9.3', 'protobuf<7']);
const DATA = { path: 'data/rides.csv', uri: 's3://rides/2026.csv', digest: `sha256:${'d'.repeat(64)}` };
const hex = (digest = ''): string => digest.slice('sha256:'.length);

const openScene = async () => {
  const store = createMemoryBlobStore();
  const { digest, commit, releaseId } = await storeRelease(store, {
    spec: { model: 'ferry' },
    gate: 'fail',
    declared: [DATA],
  });
  const artifact = await createStoredArtifacts(store).open(digest);
  const layer = (path: string) =>
    hex(artifact.manifest.layers.find(({ annotations }) => annotations?.[FILEPATH] === path)?.digest);
  const envelopes = await artifact.attestations();
  const statement = (name: string): Statement =>
    JSON.parse(Buffer.from(envelopes[name]?.payload ?? '', 'base64').toString()) as Statement;
  return { statement, layer, commit, releaseId };
};

describe('the provenance of an artifact', () => {
  it('names what went into the build, and what is worth reading later, by digest', async () => {
    const { statement, layer, commit, releaseId } = await openScene();
    const { buildDefinition, runDetails } = statement('provenance').predicate as {
      buildDefinition: { resolvedDependencies: readonly ResourceDescriptor[] };
      runDetails: { metadata: object; byproducts: readonly ResourceDescriptor[] };
    };
    assert.deepEqual(
      buildDefinition.resolvedDependencies.map(({ name, uri, digest }) => [name, uri, digest]),
      [
        [undefined, 'git:ferry', { gitCommit: commit }],
        ['slipway/spec.json', undefined, { sha256: layer('slipway/spec.json') }],
        [DATA.path, DATA.uri, { sha256: hex(DATA.digest) }],
      ],
    );
    assert.deepEqual(
      runDetails.byproducts.map(({ name, digest }) => [name, digest]),
      [
        ['slipway/lineage.json', { sha256: layer('slipway/lineage.json') }],
        ['evidence of the build', { sha256: 'b'.repeat(64) }],
      ],
    );
    assert.deepEqual(runDetails.metadata, { invocationId: releaseId });
  });
});

describe('the test results of an artifact', () => {
  it('name the spec that says what is tested, and each test with its evidence', async () => {
    const { statement, layer } = await openScene();
    const { result, configuration, passedTests, failedTests } = statement('tests').predicate;
    assert.deepEqual([result, passedTests, failedTests], ['FAILED', ['integrate'], ['gate.staging']]);
    const [spec, ...others] = configuration as readonly ResourceDescriptor[];
    assert.deepEqual(
      [spec?.name, spec?.digest, others],
      ['slipway/spec.json', { sha256: layer('slipway/spec.json') }, []],
    );
    assert.deepEqual(spec?.annotations, {
      'https://slipway.dev/evidence': {
        integrate: `sha256:${'1'.repeat(64)}`,
        'gate.staging': `sha256:${'2'.repeat(64)}`,
      },
    });
  });
});

/** Reads with the published schemas, where an unknown field is an error; the rule on descriptors is only in the text. */
const JUDGE = `
import json, sys
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
given = json.load(sys.stdin)
read = json_format.ParseDict(given, statement_pb2.Statement())
Statement.copy_from_pb(read).validate()
if given["predicateType"] == "https://slsa.dev/provenance/v1":
    predicate = json_format.ParseDict(given["predicate"], provenance_pb2.Provenance())
    build, run = predicate.build_definition, predicate.run_details
    assert build.build_type and len(build.external_parameters) and run.builder.id, "a required field is missing"
    resources = [*build.resolved_dependencies, *run.byproducts]
else:
    predicate = json_format.ParseDict(given["predicate"], test_result_pb2.TestResult())
    assert predicate.result in ("PASSED", "WARNED", "FAILED") and len(predicate.configuration), "a required field is missing"
    resources = predicate.configuration
for one in resources:
    assert one.uri or len(one.digest) or one.content, "a descriptor has neither uri nor digest nor content"
print(len(resources))
`;

describe('the reference library of in-toto', { skip: missing ?? false }, () => {
  const judge = (statement: unknown): number => Number(run('python', ['-c', JUDGE], JSON.stringify(statement)));

  it('reads provenance and test results, with every resource in them', async () => {
    const { statement } = await openScene();
    assert.equal(judge(statement('provenance')), 5);
    assert.equal(judge(statement('tests')), 1);
  });

  it('does not read a lineage in the place of a resource', async () => {
    const { statement } = await openScene();
    const provenance = statement('provenance');
    const runDetails = { ...(provenance.predicate['runDetails'] as object), byproducts: [{ commit: 'c' }] };
    assert.throws(() => judge({ ...provenance, predicate: { ...provenance.predicate, runDetails } }), /commit/);
    const tests = statement('tests');
    assert.throws(
      () => judge({ ...tests, predicate: { ...tests.predicate, configuration: [{ name: 'x' }] } }),
      /neither/,
    );
  });
});
