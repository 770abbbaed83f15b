import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { parseOperator } from '../../src/config/operator.js';
import { operatorSchema } from '../../src/config/schema.js';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** `models[].repository.url` for every value that can be set; a key that can be a value or a mapping is both. */
const pathsOf = (schema: Schema, path: string): readonly string[] => {
  if (schema.anyOf !== undefined) return [path, ...schema.anyOf.flatMap((one) => pathsOf(one, path))];
  if (schema.items !== undefined) return pathsOf(schema.items, `${path}[]`);
  if (schema.properties === undefined) return [path];
  return Object.entries(schema.properties).flatMap(([key, inner]) =>
    pathsOf(inner, path === '' ? key : `${path}.${key}`),
  );
};

describe('docs/operations.md', () => {
  const text = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');

  it('explains every key of slipway.config.yaml, and no other', () => {
    const schema = z.toJSONSchema(operatorSchema, { io: 'input', unrepresentable: 'any' }) as Schema;
    const [, section = ''] = /## slipway\.config\.yaml\n([\s\S]*?)\n## /.exec(text) ?? [];
    const explained = [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, key]) => key);
    assert.deepEqual([...explained].sort(), [...new Set(pathsOf(schema, ''))].sort());
  });

  it('has an example that is valid', () => {
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(text) ?? [];
    assert.equal(parseOperator(example, 'docs/operations.md').environments.length, 3);
  });
});
