import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cruise, type IConfiguration } from 'dependency-cruiser';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const VIOLATIONS = `${ROOT}test/house/violations`;
const configuration = createRequire(import.meta.url)(`${ROOT}.dependency-cruiser.cjs`) as Required<IConfiguration>;
const rules = configuration.forbidden.map((rule) => rule.name ?? '');

test('every import rule has a planted violation, and every planted violation a rule', () => {
  assert.deepEqual(readdirSync(VIOLATIONS).sort(), [...rules].sort());
});

describe('a planted violation is caught, and what is allowed passes', () => {
  for (const rule of rules) {
    test(rule, async () => {
      const tree = `${VIOLATIONS}/${rule}`;
      const files = readdirSync(tree, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
      const planted = files.filter((name) => basename(name).startsWith('bad'));
      assert.ok(planted.length > 0);
      assert.deepEqual(await offenders(tree, rule), planted.sort());
    });
  }
});

/** Files of a tree that break one rule. */
const offenders = async (tree: string, rule: string): Promise<string[]> => {
  const { tsConfig: _, exclude: __, ...options } = configuration.options;
  const { output } = await cruise(readdirSync(tree), {
    ...options,
    baseDir: tree,
    validate: true,
    ruleSet: { forbidden: configuration.forbidden },
  } as never);
  assert.ok(typeof output !== 'string');
  const broken = output.summary.violations.filter((violation) => violation.rule.name === rule);
  return [...new Set(broken.map((violation) => violation.from))].sort();
};
