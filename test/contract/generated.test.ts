import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { generatedFiles } from '../../src/contract/generated.js';
import { openApi } from '../../src/contract/http/openapi.js';
import { ROUTES } from '../../src/contract/http/routes.js';
import { specJsonSchema } from '../../src/contract/spec/jsonSchema.js';
import { parseSpec } from '../../src/contract/spec/parseSpec.js';
import { formatProblem } from '../../src/contract/yaml/problem.js';
import { ERRORS } from '../../src/domain/errors/table.js';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

type Schema = {
  readonly properties?: Record<string, Schema>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly description?: string;
  readonly $schema?: string;
  readonly $id?: string;
  readonly additionalProperties?: unknown;
};

const keysOf = (schema: Schema): readonly string[] => [
  ...Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => [key, ...keysOf(inner)]),
  ...(schema.items === undefined ? [] : keysOf(schema.items)),
  ...(schema.anyOf ?? []).flatMap(keysOf),
];

const objectsOf = (schema: Schema): readonly Schema[] => [
  ...(schema.properties === undefined ? [] : [schema]),
  ...Object.values(schema.properties ?? {}).flatMap(objectsOf),
  ...(schema.items === undefined ? [] : objectsOf(schema.items)),
  ...(schema.anyOf ?? []).flatMap(objectsOf),
];

describe('what is derived from the contract', () => {
  for (const [path, content] of Object.entries(generatedFiles())) {
    it(`${path} is what the contract says now`, () => assert.equal(read(path), content));
  }

  it('docs/errors.md names every code', () => {
    for (const code of Object.keys(ERRORS)) assert.ok(read('docs/errors.md').includes(`\`${code}\``), code);
  });
});

describe('the JSON Schema of slipway.yaml', () => {
  const schema = specJsonSchema() as Schema;

  it('is of draft 2020-12, knows every key, and no others', () => {
    assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
    for (const object of objectsOf(schema)) assert.equal(object.additionalProperties, false);
    assert.ok(keysOf(schema).includes('maxPredictionDistance'));
    assert.equal(schema.$id, 'urn:slipway:spec:v1');
  });

  it('says of every key what it means, where an editor shows it', () => {
    const silent = (inner: Schema, path: string): readonly string[] => [
      ...Object.entries(inner.properties ?? {}).flatMap(([key, one]) => [
        ...(one.description === undefined ? [`${path}.${key}`] : []),
        ...silent(one, `${path}.${key}`),
      ]),
      ...(inner.items === undefined ? [] : silent(inner.items, path)),
      ...(typeof inner.additionalProperties === 'object' ? silent(inner.additionalProperties as Schema, path) : []),
      ...(inner.anyOf ?? []).flatMap((one) => silent(one, path)),
    ];
    assert.deepEqual(silent(schema, ''), []);
  });
});

describe('docs/spec.md', () => {
  it('has an example that is valid', () => {
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(read('docs/spec.md')) ?? [];
    const parsed = parseSpec(example, 'docs/spec.md');
    assert.ok(parsed.ok, parsed.ok ? '' : parsed.problems.map(formatProblem).join('\n'));
  });

  it('explains every key', () => {
    const text = read('docs/spec.md').replace(/```yaml\n[\s\S]*?```/, '');
    const silent = [...new Set(keysOf(specJsonSchema() as Schema))].filter(
      (key) => !text.includes(`\`${key}\``) && !text.includes(`${key}\``),
    );
    assert.deepEqual(
      silent.filter((key) => !['version', 'description'].includes(key)),
      [],
    );
  });
});

describe('the OpenAPI document', () => {
  const document = openApi() as {
    readonly openapi: string;
    readonly paths: Record<
      string,
      Record<
        string,
        {
          operationId: string;
          security: unknown[];
          responses: object;
          parameters?: { name: string; in: string; required: boolean }[];
        }
      >
    >;
  };

  it('has every route, with its token, parameters and errors', () => {
    assert.equal(document.openapi, '3.1.0');
    for (const [name, route] of Object.entries(ROUTES)) {
      const operation = document.paths[route.url]?.[route.method.toLowerCase()];
      assert.equal(operation?.operationId, name);
      assert.equal(operation.security.length, route.access === 'public' ? 0 : 1, name);
      assert.ok('default' in operation.responses, name);
      const inPath = [...route.url.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      assert.deepEqual(declared.map((parameter) => parameter.name).sort(), inPath.sort(), name);
      assert.ok(
        declared.every((parameter) => parameter.required),
        name,
      );
    }
  });
});
