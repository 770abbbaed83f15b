import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseSpec } from '../../../src/contract/spec/parseSpec.js';
import { formatProblem } from '../../../src/contract/yaml/problem.js';

const BASE = readFileSync(new URL('base.txt', import.meta.url), 'utf8');

const NAME = 'a name of lower-case letters, digits and dashes, at most 63 characters';
const PATH = 'a path below the root of the repository, with / and without ..';
const METRICS = 'one of brier, brier_skill, log_loss, roc_auc, pr_auc, accuracy, calibration_error, positive_rate';

/** What was changed in the base file, and every problem that must be reported, in order. */
type Mistake = readonly [why: string, from: string, to: string, ...problems: string[]];

const SHAPES: readonly Mistake[] = [
  [
    'an unknown key',
    'owners: [oncall]',
    'owners: [oncall]\nowner: x',
    '4:1: owner: unknown key (expected one of version, model, description, owners, install, checks, build, artifact, signature, gates, environments, monitoring; did you mean owners?)',
  ],
  [
    'an unknown key inside',
    'kind: unit, run',
    'kind: unit, runs',
    '6:5: checks[0].run: is missing (expected a command for /bin/sh -c, at most 8,192 characters)',
    '6:30: checks[0].runs: unknown key (expected one of name, kind, run, env, secrets, network, junit, coverage, timeout; did you mean run?)',
  ],
  [
    'a duplicate key',
    'model: flight-delay',
    'model: flight-delay\nmodel: other',
    '3:1: the key model is written twice (expected each key once)',
  ],
  [
    'a duplicate key beside another mistake',
    'model: flight-delay',
    'model: Flight\nmodel: other',
    '3:1: the key model is written twice (expected each key once)',
  ],
  [
    'a missing part',
    'artifact:\n  model: build/model.onnx\n',
    'artifact:\n',
    `14:3: artifact.model: is missing (expected ${PATH})`,
  ],
  ['another version', 'version: 1', 'version: 2', '1:10: version: is 2 (expected 1)'],
  ['a version as text', 'version: 1', 'version: "1"', '1:10: version: is "1" (expected 1)'],
  ['a name with capitals', 'model: flight-delay', 'model: Flight', `2:8: model: is "Flight" (expected ${NAME})`],
  ['a name that is a number', 'model: flight-delay', 'model: 7', `2:8: model: is 7 (expected ${NAME})`],
  ['text instead of a list', 'owners: [oncall]', 'owners: oncall', '3:9: owners: is "oncall" (expected a list)'],
  ['an empty list', 'owners: [oncall]', 'owners: []', '3:9: owners: is a list (expected at least 1 entries)'],
  ['an empty value', 'owners: [oncall]', 'owners:', '3:8: owners: is empty (expected a list)'],
  [
    'a list instead of a mapping',
    'install: {run: npm install, timeout: 3m}',
    'install: [npm]',
    '4:10: install: is a list (expected a mapping)',
  ],
  [
    'an install that prepares nothing',
    'install: {run: npm install, timeout: 3m}',
    'install: {timeout: 3m}',
    '4:10: install: prepares nothing (expected run, python or both)',
  ],
  [
    'a lock file outside the repository',
    'install: {run: npm install, timeout: 3m}',
    'install: {python: ../requirements.lock}',
    '4:19: install.python: is "../requirements.lock" (expected a path below the root of the repository, with / and without ..)',
  ],
  [
    'an unknown kind of check',
    'kind: lint',
    'kind: lints',
    '7:25: checks[1].kind: is "lints" (expected one of lint, unit, integration; did you mean lint?)',
  ],
  [
    'a duration without a unit',
    'timeout: 2m',
    'timeout: 120',
    '6:79: checks[0].timeout: is 120 (expected a duration such as 5s, 10m or 1d, from 1s to 7d)',
  ],
  [
    'a duration in a unit that there is not',
    'timeout: 3m',
    'timeout: 3min',
    '4:38: install.timeout: is "3min" (expected a duration such as 5s, 10m or 1d, from 1s to 7d)',
  ],
  [
    'a duration out of range',
    'timeout: 3m',
    'timeout: 8d',
    '4:38: install.timeout: is "8d" (expected a duration such as 5s, 10m or 1d, from 1s to 7d)',
  ],
  [
    'an empty command',
    'run: node data.mjs',
    'run: ""',
    '11:25: build.steps[0].run: is "" (expected a command for /bin/sh -c, at most 8,192 characters)',
  ],
  [
    'a variable that is a number',
    'SEED: "7"',
    'SEED: 7',
    '12:54: build.steps[1].env.SEED: is 7 (expected text (put numbers in quotes))',
  ],
  [
    'a variable name with a dash',
    'SEED: "7"',
    'SE-ED: "7"',
    '12:48: build.steps[1].env.SE-ED: the key is no valid name (expected a variable name: letters, digits and _, not beginning with a digit)',
  ],
  [
    'a parameter that is a list',
    'trees: 60',
    'trees: [60]',
    '9:19: build.params.trees: is a list (expected text of at most 4,096 characters, a number, or true or false)',
  ],
  [
    'a parameter name with a space',
    'trees: 60',
    'tr ees: 60',
    '9:12: build.params.tr ees: the key is no valid name (expected a parameter name: letters, digits, dots, _ and -, beginning with a letter)',
  ],
  [
    'no build steps',
    '  steps:\n    - {name: data, run: node data.mjs}\n    - {name: train, run: node train.mjs, env: {SEED: "7"}}\n',
    '',
    '9:3: build: has no steps (expected either steps or dvc)',
  ],
  [
    'a path out of the repository',
    'build/model.onnx',
    '../model.onnx',
    `14:10: artifact.model: is "../model.onnx" (expected ${PATH})`,
  ],
  [
    'an absolute path',
    'build/evaluation.csv',
    '/etc/passwd',
    `15:15: artifact.evaluation: is "/etc/passwd" (expected ${PATH})`,
  ],
  [
    'a path with a way up inside',
    'reports/unit.xml',
    'a/../../b',
    `6:52: checks[0].junit: is "a/../../b" (expected ${PATH})`,
  ],
  [
    'a licence that is no SPDX expression',
    'reference: build/reference.csv',
    'reference: build/reference.csv\n  licence: no such licence',
    '17:12: artifact.licence: is "no such licence" (expected an SPDX expression such as Apache-2.0 or LicenseRef-Internal, at most 100 characters)',
  ],
  [
    'a feature type that there is not',
    'type: number',
    'type: float',
    '20:26: signature.features[1].type: is "float" (expected one of number, integer, string)',
  ],
  [
    'a feature name that is no column',
    'name: hour',
    'name: ho ur',
    '20:14: signature.features[1].name: is "ho ur" (expected a column name: letters, digits, _ and -, beginning with a letter or _, at most 63 characters)',
  ],
  [
    'an approval that there is not',
    'approval: {roles: [reviewer], quorum: 1, remindAfter: 1d, expireAfter: 9d}',
    'approval: automatik',
    '33:15: environments[1].approval: is "automatik" (expected none, automatic, or {roles, quorum, remindAfter, expireAfter}; did you mean automatic?)',
  ],
  [
    'an unknown key in an approval',
    'quorum: 1',
    'quorums: 1',
    '33:35: environments[1].approval.quorums: unknown key (expected one of roles, quorum, remindAfter, expireAfter; did you mean quorum?)',
  ],
  [
    'an unknown key in a rule',
    'margin: 0.002',
    'margn: 0.002',
    '28:9: gates[0].rules[1].margin: is missing (expected a number)',
    '28:50: gates[0].rules[1].margn: unknown key (expected one of champion, test, margin, confidence, slice, minRows, undecided; did you mean margin?)',
  ],
  [
    'an unknown metric',
    'metric: brier',
    'metric: auc',
    `27:18: gates[0].rules[0].metric: is "auc" (expected ${METRICS})`,
  ],
  [
    'a comparison over a metric that says nothing of better or worse',
    'champion: brier',
    'champion: positive_rate',
    '28:20: gates[0].rules[1].champion: is "positive_rate" (expected one of brier, log_loss, roc_auc, pr_auc)',
  ],
  [
    'a rollout that there is not',
    'canary:\n        steps:',
    'canari:\n        steps:',
    '35:7: environments[1].rollout.canary: is missing (expected a mapping)',
    '35:7: environments[1].rollout.canari: unknown key (expected one of canary; did you mean canary?)',
  ],
];

const RULES: readonly Mistake[] = [
  [
    'a gate without a rule',
    'rules:\n      - {metric: brier, max: 0.2}\n      - {champion: brier, test: non_inferiority, margin: 0.002}',
    'rules: []',
    '26:12: gates[0].rules: is a list (expected at least 1 entries)',
  ],
  [
    'a threshold without a limit',
    '{metric: brier, max: 0.2}',
    '{metric: brier}',
    '27:9: gates[0].rules[0]: has no threshold (expected min, max or both: a gate without a threshold holds nothing back)',
  ],
  [
    'a Brier score above one',
    'max: 0.2',
    'max: 1.5',
    '27:30: gates[0].rules[0].max: brier can never be 1.5 (expected a threshold from 0 to 1)',
  ],
  [
    'an area under the curve in percent',
    '{metric: brier, max: 0.2}',
    '{metric: roc_auc, min: 70}',
    '27:32: gates[0].rules[0].min: roc_auc can never be 70 (expected a threshold from 0 to 1)',
  ],
  [
    'a negative log loss',
    '{metric: brier, max: 0.2}',
    '{metric: log_loss, max: -1}',
    '27:33: gates[0].rules[0].max: log_loss can never be -1 (expected a threshold of at least 0)',
  ],
  [
    'more skill than there is',
    '{metric: brier, max: 0.2}',
    '{metric: brier_skill, min: 2}',
    '27:36: gates[0].rules[0].min: brier_skill can never be 2 (expected a threshold of at most 1)',
  ],
  [
    'min above max',
    '{metric: brier, max: 0.2}',
    '{metric: positive_rate, min: 0.4, max: 0.2}',
    '27:38: gates[0].rules[0].min: min 0.4 is above max 0.2 (expected at most 0.2)',
  ],
  [
    'a limit that is not a number',
    'max: 0.2',
    'max: .nan',
    '27:30: gates[0].rules[0].max: is NaN (expected a number)',
    '27:30: gates[0].rules[0].max: brier can never be NaN (expected a threshold from 0 to 1)',
  ],
  ['a negative margin', 'margin: 0.002', 'margin: -1', '28:58: gates[0].rules[1].margin: is -1 (expected at least 0)'],
  [
    'a confidence of one',
    'margin: 0.002',
    'margin: 0.002, confidence: 1',
    '28:77: gates[0].rules[1].confidence: is 1 (expected at most 0.999)',
  ],
  [
    'an unknown gate',
    'gates: [quality]',
    'gates: [qualty]',
    '32:13: environments[1].gates[0]: there is no gate "qualty" (expected one of quality; did you mean quality?)',
  ],
  [
    'a gate listed twice',
    'gates: [quality]',
    'gates: [quality, quality]',
    '32:22: environments[1].gates[1]: "quality" is listed twice (expected each gate once)',
  ],
  [
    'two environments of one name',
    '{name: test}',
    '{name: production}',
    '31:11: environments[1].name: "production" is used twice (expected each name once under environments)',
  ],
  [
    'two checks of one name',
    'name: style',
    'name: unit',
    '7:12: checks[1].name: "unit" is used twice (expected each name once under checks)',
  ],
  [
    'two steps of one name',
    'name: train',
    'name: data',
    '12:14: build.steps[1].name: "data" is used twice (expected each name once under build.steps)',
  ],
  [
    'two features of one name',
    'name: hour',
    'name: origin',
    '20:14: signature.features[1].name: "origin" is used twice (expected each name once under signature.features)',
  ],
  [
    'the label as a feature',
    'label: late',
    'label: hour',
    '21:10: signature.label: "hour" is also a feature: the model would see the answer (expected a name that no feature has)',
  ],
  [
    'the event time as a feature',
    'eventTime: event_time',
    'eventTime: hour',
    '22:14: signature.eventTime: "hour" is also a feature: it is no input of the model (expected a name that no feature has)',
  ],
  [
    'a feature with min above max',
    'min: 0, max: 24',
    'min: 30, max: 24',
    '20:39: signature.features[1].min: min 30 is above max 24 (expected at most 24)',
  ],
  [
    'a string with a range',
    'categories: [ATL, DEN]',
    'max: 3',
    '19:41: signature.features[0].max: a string has no range (expected categories, or nothing)',
  ],
  [
    'a number with categories',
    'min: 0, max: 24',
    'categories: [a]',
    '20:46: signature.features[1].categories: a feature of type number has no categories (expected min and max, or nothing)',
  ],
  [
    'weights that fall',
    'weight: 10,',
    'weight: 100,',
    '38:22: environments[1].rollout.canary.steps[1].weight: 100 is not above the 100 before it (expected weights that rise with every step)',
  ],
  [
    'weights that do not end at 100',
    'weight: 100',
    'weight: 90',
    '38:22: environments[1].rollout.canary.steps[1].weight: the last step has 90 (expected 100 on the last step)',
  ],
  [
    'a weight above 100',
    'weight: 100',
    'weight: 120',
    '38:22: environments[1].rollout.canary.steps[1].weight: is 120 (expected at most 100)',
    '38:22: environments[1].rollout.canary.steps[1].weight: the last step has 120 (expected 100 on the last step)',
  ],
  [
    'a hold longer than its deadline',
    'weight: 10, hold: 5s',
    'weight: 10, hold: 2h',
    '37:32: environments[1].rollout.canary.steps[0].hold: is longer than the deadline of the step (expected hold of at most deadline)',
  ],
  [
    'an expiry before the reminder',
    'expireAfter: 9d',
    'expireAfter: 1h',
    '33:76: environments[1].approval.expireAfter: the approval expires before anybody is reminded (expected expireAfter longer than remindAfter)',
  ],
  [
    'a reminder after the standard expiry',
    'remindAfter: 1d, expireAfter: 9d',
    'remindAfter: 10d',
    '33:59: environments[1].approval.remindAfter: the approval expires before anybody is reminded (expected expireAfter longer than remindAfter)',
  ],
  ['a quorum of none', 'quorum: 1', 'quorum: 0', '33:43: environments[1].approval.quorum: is 0 (expected at least 1)'],
  [
    'a quorum that no team has',
    'quorum: 1',
    'quorum: 1000',
    '33:43: environments[1].approval.quorum: is 1000 (expected at most 20)',
  ],
  [
    'half a person',
    'quorum: 1',
    'quorum: 1.5',
    '33:43: environments[1].approval.quorum: is 1.5 (expected a whole number)',
  ],
  [
    'an approval of nobody',
    'roles: [reviewer]',
    'roles: []',
    '33:23: environments[1].approval.roles: is a list (expected at least 1 entries)',
  ],
  [
    'a drift tolerance above one',
    'maxDistance: 0.1',
    'maxDistance: 10',
    '41:24: monitoring.drift.maxDistance: is 10 (expected at most 1)',
  ],
  [
    'a drift tolerance of zero',
    'maxDistance: 0.1',
    'maxDistance: 0',
    '41:24: monitoring.drift.maxDistance: is 0 (expected more than 0)',
  ],
];

const problemsOf = (text: string): readonly string[] => {
  const parsed = parseSpec(text, 'slipway.yaml');
  return parsed.ok ? [] : parsed.problems.map((problem) => formatProblem(problem).replace('slipway.yaml:', ''));
};

describe('parseSpec', () => {
  it('reads a valid file into the terms of the domain, with defaults', () => {
    const parsed = parseSpec(BASE, 'slipway.yaml');
    assert.ok(parsed.ok, problemsOf(BASE).join('\n'));
    const { spec } = parsed;
    assert.equal(spec.install?.timeoutMs, 180_000);
    assert.deepEqual(spec.checks[1], { name: 'style', kind: 'lint', run: 'npm run lint', env: {}, timeoutMs: 600_000 });
    assert.deepEqual(spec.build.params, { trees: 60, 'data.from': '2001-01-01' });
    assert.deepEqual(spec.gates[0]?.rules, [
      { kind: 'threshold', metric: 'brier', max: 0.2 },
      { kind: 'champion', metric: 'brier', test: 'non_inferiority', margin: 0.002, confidence: 0.95 },
    ]);
    assert.deepEqual(spec.environments[0], {
      name: 'test',
      approval: { kind: 'none' },
      rollout: { strategy: 'immediate' },
      verify: { smokeRows: 100 },
      gates: [],
    });
    assert.deepEqual(spec.environments[1]?.approval, {
      kind: 'required',
      roles: ['reviewer'],
      quorum: 1,
      remindAfterMs: 86_400_000,
      expireAfterMs: 777_600_000,
    });
    assert.deepEqual(spec.monitoring?.remediation, {
      rollback: false,
      retrain: false,
      cooldownMs: 86_400_000,
      maxRetrains: 1,
    });
    assert.equal(JSON.stringify(JSON.parse(JSON.stringify(spec))), JSON.stringify(spec), 'JSON-safe');
  });

  for (const [why, from, to, ...expected] of [...SHAPES, ...RULES]) {
    it(`reports ${why}`, () => {
      assert.equal(BASE.split(from).length > 1, true, `the base file has ${from}`);
      assert.deepEqual(problemsOf(BASE.replace(from, to)), expected);
    });
  }

  it('reports every mistake at once, in the order of the file', () => {
    const text = BASE.replace('model: flight-delay', 'modle: flight-delay')
      .replace('max: 0.2', 'max: 2')
      .replace('gates: [quality]', 'gates: [speed]')
      .replace('quorum: 1', 'quorum: many');
    assert.deepEqual(
      problemsOf(text).map((line) => line.split(' (')[0]),
      [
        '1:1: model: is missing',
        '2:1: modle: unknown key',
        '27:30: gates[0].rules[0].max: brier can never be 2',
        '32:13: environments[1].gates[0]: there is no gate "speed"',
        '33:43: environments[1].approval.quorum: is "many"',
      ],
    );
  });
});

describe('parseSpec of text that is no slipway.yaml', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['nothing', '', /^1:1: is empty \(expected a mapping\)$/],
    ['a sentence', 'hello', /^1:1: is "hello" \(expected a mapping\)$/],
    ['a list', '- a', /^1:1: is a list \(expected a mapping\)$/],
    ['a tab as indentation', 'build:\n\tsteps: []', /^2:1: Tabs are not allowed as indentation/],
    ['an open bracket', 'owners: [a', /^1:11: .*\]/],
    ['an open quote', 'model: "a', /^1:10: Missing closing "quote/],
    ['two documents', 'version: 1\n---\nversion: 1', /^2:1: .*multiple documents/],
    ['an unknown tag', 'model: !!js/function "x"', /^1:8: Unresolved tag/m],
    ['an alias of nothing', 'model: *x', /^1:8: \*x has no anchor/],
    ['more than 256 KiB', `description: ${'x'.repeat(256 * 1024)}`, /^1:1: is larger than 256 KiB/],
    ['brackets without end', '['.repeat(200_000), /^1:1: is nested too deeply/],
    ['mappings without end', '{a: '.repeat(60_000), /^1:1: is nested too deeply/],
    ['dashes without end', '- '.repeat(120_000), /^1:1: is nested too deeply/],
    [
      'a mapping of 20,000 keys',
      Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n'),
      /^1:1: has too many entries/,
    ],
    [
      'an alias bomb',
      `a: &a [x, x, x, x, x, x, x, x, x, x]\n${Array.from(
        { length: 12 },
        (_, i) =>
          `b${i}: &b${i} [${Array<string>(10)
            .fill(i === 0 ? '*a' : `*b${i - 1}`)
            .join(', ')}]`,
      ).join('\n')}`,
      /^1:1: its aliases multiply/,
    ],
  ];
  for (const [why, text, expected] of cases) {
    it(`refuses ${why}`, () => assert.match(problemsOf(text).join('\n') || 'accepted', expected));
  }

  it('says how many problems it does not name', () => {
    const many = Array.from({ length: 130 }, (_, index) => `key${index}: 1\n`).join('');
    const problems = problemsOf(BASE + many);
    assert.equal(problems.length, 101);
    assert.match(problems.at(-1) ?? '', /^\d+:1: 30 more problems from here on \(expected those above/);
  });

  it('places what stands behind an alias where it was written', () => {
    const text = BASE.replace(
      'install: {run: npm install, timeout: 3m}',
      'install: &c {run: npm install, timeout: 3x}',
    ).replace('- {name: style, kind: lint, run: npm run lint}', '- *c');
    assert.equal(problemsOf(text).filter((line) => line.startsWith('4:41: ')).length, 2);
  });

  it('does not let a key reach the prototype', () => {
    assert.match(problemsOf(`${BASE}__proto__: {polluted: 1}\n`).join(), /__proto__: unknown key/);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  it('never throws, whatever the text', () => {
    const fragment = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '\n',
        ': ',
        '- ',
        '[',
        '{',
        '}',
        ']',
        '&a ',
        '*a',
        '"',
        "'",
        '|',
        '>',
        '?',
        '#',
        '!!',
        '%',
        '---',
        BASE,
      ),
    );
    fc.assert(
      fc.property(
        fc.array(fragment, { maxLength: 40 }),
        (parts) => typeof parseSpec(parts.join(''), 'f').ok === 'boolean',
      ),
      { numRuns: 500 },
    );
  });

  it('never throws, whichever value of a valid file is another', () => {
    const lines = BASE.split('\n');
    const value = fc.oneof(
      fc.string(),
      fc.double(),
      fc.constantFrom('', 'null', '{}', '[]', '-1', '.inf', 'true', '{a: [b, {c: d}]}', '0x10', '1e400'),
    );
    fc.assert(
      fc.property(fc.nat(lines.length - 1), value, (line, other) => {
        const changed = lines.with(line, lines[line]!.replace(/: .*$/, `: ${String(other)}`)).join('\n');
        return typeof parseSpec(changed, 'f').ok === 'boolean';
      }),
      { numRuns: 500 },
    );
  });
});
