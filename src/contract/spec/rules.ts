/**
 * Rules between fields of slipway.yaml, which a schema of single fields cannot say. They look at the raw value and
 * pass over what has a wrong type (the schema says that), so that one mistake never hides another.
 */
import { METRIC_NAMES, METRICS } from '../../domain/spec/metrics.js';
import { parseDuration } from '../names.js';
import { commandTimeBreaches, gateRuleBreaches } from './gateRules.js';
import { unknownName } from '../yaml/unknownName.js';
import { valueAt } from '../yaml/problemsOf.js';
import type { RuleBreach } from '../yaml/checkYaml.js';
import type { YamlPath } from '../yaml/readYaml.js';
import { inputRules } from './inputRules.js';
import { bakeRules, metricRules } from './metricRules.js';
import { rolloutRules } from './rolloutRules.js';
import { servingRules } from './serving.js';
import { stepRules } from './stepRules.js';

export const specRules = (value: unknown): readonly RuleBreach[] => [
  ...uniqueNames(value),
  ...installRules(value),
  ...signatureRules(value),
  ...stepRules(value),
  ...list(value, ['gates']).flatMap((_, gate) =>
    list(value, ['gates', gate, 'rules']).flatMap((_, rule) => [
      ...thresholdRules(value, ['gates', gate, 'rules', rule]),
      ...gateRuleBreaches(value, ['gates', gate, 'rules', rule]),
    ]),
  ),
  ...commandTimeBreaches(value),
  ...lineRules(value),
  ...list(value, ['environments']).flatMap((_, index) => environmentRules(value, ['environments', index])),
];

const uniqueNames = (value: unknown): readonly RuleBreach[] =>
  [['checks'], ['build', 'steps'], ['signature', 'features'], ['gates'], ['environments']].flatMap((path) => {
    const names = list(value, path).map((_, index) => valueAt(value, [...path, index, 'name']));
    return names.flatMap((name, index) =>
      typeof name === 'string' && names.indexOf(name) < index
        ? [
            {
              path: [...path, index, 'name'],
              message: `${JSON.stringify(name)} is used twice`,
              expected: `each name once under ${path.join('.')}`,
            },
          ]
        : [],
    );
  });

/** Only in line there is a place to give up. */
const lineRules = (value: unknown): readonly RuleBreach[] =>
  valueAt(value, ['releases', 'expireAfter']) === undefined || valueAt(value, ['releases', 'whenBusy']) === 'queue'
    ? []
    : [
        {
          path: ['releases', 'expireAfter'],
          message: 'says how long a release stays in line, and none gets in line',
          expected: 'whenBusy: queue, or no expireAfter',
        },
      ];

const installRules = (value: unknown): readonly RuleBreach[] => {
  const install = valueAt(value, ['install']);
  if (typeof install !== 'object' || install === null || Array.isArray(install)) return [];
  return Object.hasOwn(install, 'run') || Object.hasOwn(install, 'python')
    ? []
    : [{ path: ['install'], message: 'prepares nothing', expected: 'run, python or both' }];
};

const signatureRules = (value: unknown): readonly RuleBreach[] => {
  const features = list(value, ['signature', 'features']);
  const names = features.map((_, index) => valueAt(value, ['signature', 'features', index, 'name']));
  const breaches = ['prediction', 'label', 'eventTime'].flatMap((key): readonly RuleBreach[] => {
    const column = valueAt(value, ['signature', key]);
    if (!names.includes(column) || column === undefined) return [];
    const why = key === 'label' ? 'the model would see the answer' : 'it is no input of the model';
    return [
      {
        path: ['signature', key],
        message: `${show(column)} is also a feature: ${why}`,
        expected: 'a name that no feature has',
      },
    ];
  });
  return [...breaches, ...features.flatMap((_, index) => featureRules(value, ['signature', 'features', index]))];
};

const featureRules = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const type = valueAt(value, [...path, 'type']);
  const numeric = type === 'number' || type === 'integer';
  const breaches: RuleBreach[] = [...minAboveMax(value, path)];
  for (const key of ['min', 'max']) {
    if (type === 'string' && valueAt(value, [...path, key]) !== undefined) {
      breaches.push({ path: [...path, key], message: 'a string has no range', expected: 'categories, or nothing' });
    }
  }
  if ((type === 'string' || type === 'integer') && valueAt(value, [...path, 'infinite']) !== undefined) {
    breaches.push({
      path: [...path, 'infinite'],
      message: `a feature of type ${type} is never infinite`,
      expected: 'a feature of type number',
    });
  }
  if (numeric && valueAt(value, [...path, 'categories']) !== undefined) {
    breaches.push({
      path: [...path, 'categories'],
      message: `a feature of type ${type} has no categories`,
      expected: 'min and max, or nothing',
    });
  }
  return breaches;
};

const thresholdRules = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const metric = valueAt(value, [...path, 'metric']);
  if (typeof metric !== 'string') return [];
  const [min, max] = [valueAt(value, [...path, 'min']), valueAt(value, [...path, 'max'])];
  if (min === undefined && max === undefined) {
    return [
      {
        path,
        message: 'has no threshold',
        expected: 'min, max or both: a gate without a threshold holds nothing back',
      },
    ];
  }
  const known = METRIC_NAMES.find((name) => name === metric);
  const [lowest, highest] = known === undefined ? [0, 1] : METRICS[known].range;
  const impossible = (['min', 'max'] as const).flatMap((key): readonly RuleBreach[] => {
    const limit = valueAt(value, [...path, key]);
    if (typeof limit !== 'number' || (limit >= lowest && limit <= highest)) return [];
    const expected = `a threshold ${describeRange(lowest, highest)}`;
    return [{ path: [...path, key], message: `${metric} can never be ${limit}`, expected }];
  });
  return [...impossible, ...minAboveMax(value, path)];
};

const describeRange = (lowest: number, highest: number): string => {
  if (highest === Infinity) return `of at least ${lowest}`;
  return lowest === -Infinity ? `of at most ${highest}` : `from ${lowest} to ${highest}`;
};

const minAboveMax = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const [min, max] = [valueAt(value, [...path, 'min']), valueAt(value, [...path, 'max'])];
  if (typeof min !== 'number' || typeof max !== 'number' || min <= max) return [];
  return [{ path: [...path, 'min'], message: `min ${min} is above max ${max}`, expected: `at most ${max}` }];
};

/** Where a rollout says what is judged. */
const ANALYSES: readonly YamlPath[] = [['canary'], ['canary', 'shadow'], ['blueGreen'], ['blueGreen', 'shadow']];

const environmentRules = (value: unknown, path: YamlPath): readonly RuleBreach[] => [
  ...gateNames(value, path),
  ...ladder(value, [...path, 'approval']),
  ...ladder(value, [...path, 'hotfix', 'approval']),
  ...inputRules(value, [...path, 'approval', 'inputs']),
  ...inputRules(value, [...path, 'hotfix', 'approval', 'inputs']),
  ...hotfixRules(value, path),
  ...weights(value, [...path, 'rollout', 'canary', 'steps']),
  ...bakeRules(value, path),
  ...ANALYSES.flatMap((at) => metricRules(value, [...path, 'rollout', ...at, 'analysis', 'metrics'])),
  ...rolloutRules(value, [...path, 'rollout']),
  ...servingRules(value, path),
];

const gateNames = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const known = list(value, ['gates'])
    .map((_, index) => valueAt(value, ['gates', index, 'name']))
    .filter((name) => typeof name === 'string');
  const used = list(value, [...path, 'gates']);
  return used.flatMap((gate, index): readonly RuleBreach[] => {
    if (typeof gate !== 'string') return [];
    if (used.indexOf(gate) < index)
      return [
        { path: [...path, 'gates', index], message: `${show(gate)} is listed twice`, expected: 'each gate once' },
      ];
    return known.includes(gate) ? [] : [unknownName([...path, 'gates', index], gate, known, 'gate')];
  });
};

const ladder = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const remind = milliseconds(valueAt(value, [...path, 'remindAfter']) ?? '1d');
  const written = valueAt(value, [...path, 'expireAfter']);
  const expire = milliseconds(written ?? '9d');
  const later = laterSteps(value, path, expire);
  if (remind === undefined || expire === undefined || remind < expire) return later;
  const key = written === undefined ? 'remindAfter' : 'expireAfter';
  return [
    ...later,
    {
      path: [...path, key],
      message: 'the approval expires before anybody is reminded',
      expected: 'expireAfter longer than remindAfter',
    },
  ];
};

/** A rule of its own needs one to be reviewed by afterwards, and nothing behind it that it would have passed meanwhile. */
const hotfixRules = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const own = [...path, 'hotfix', 'approval'];
  if (valueAt(value, own) === undefined) return [];
  const asksPeople = typeof valueAt(value, [...path, 'approval']) === 'object';
  const isLast = list(value, ['environments']).length - 1 === path.at(-1);
  return [
    ...(asksPeople
      ? []
      : [
          { path: own, message: 'nobody could review it afterwards', expected: 'an approval with roles beside hotfix' },
        ]),
    ...(isLast
      ? []
      : [
          {
            path: own,
            message: 'it would move on before its review',
            expected: 'hotfix.approval in the last environment',
          },
        ]),
  ];
};

const laterSteps = (value: unknown, path: YamlPath, expire: number | undefined): readonly RuleBreach[] => {
  const breaches: RuleBreach[] = (['delegateAfter', 'escalateAfter'] as const).flatMap((key) => {
    const after = milliseconds(valueAt(value, [...path, key]));
    if (after === undefined || expire === undefined || after < expire) return [];
    return [
      {
        path: [...path, key],
        message: 'comes when the approval has expired',
        expected: `${key} shorter than expireAfter`,
      },
    ];
  });
  const [after, to, decides] = ['escalateAfter', 'escalateTo', 'escalateDecides'].map((key) =>
    valueAt(value, [...path, key]),
  );
  if (after !== undefined && to === undefined)
    breaches.push({ path: [...path, 'escalateAfter'], message: 'calls nobody', expected: 'escalateTo beside it' });
  for (const [key, one] of [
    ['escalateTo', to],
    ['escalateDecides', decides],
  ] as const) {
    if (one !== undefined && after === undefined)
      breaches.push({ path: [...path, key], message: 'never comes to it', expected: 'escalateAfter beside it' });
  }
  return breaches;
};

const weights = (value: unknown, path: YamlPath): readonly RuleBreach[] => {
  const steps = list(value, path);
  return steps.flatMap((_, index): readonly RuleBreach[] => {
    const at = [...path, index];
    const weight = valueAt(value, [...at, 'weight']);
    const before = index === 0 ? 0 : valueAt(value, [...path, index - 1, 'weight']);
    const breaches: RuleBreach[] = [];
    if (typeof weight === 'number' && typeof before === 'number' && weight <= before) {
      breaches.push({
        path: [...at, 'weight'],
        message: `${weight} is not above the ${before} before it`,
        expected: 'weights that rise with every step',
      });
    }
    if (index === steps.length - 1 && typeof weight === 'number' && weight !== 100) {
      breaches.push({
        path: [...at, 'weight'],
        message: `the last step has ${weight}`,
        expected: '100 on the last step',
      });
    }
    const [hold, deadline] = [
      milliseconds(valueAt(value, [...at, 'hold'])),
      milliseconds(valueAt(value, [...at, 'deadline']) ?? '1h'),
    ];
    if (hold !== undefined && deadline !== undefined && deadline < hold) {
      breaches.push({
        path: [...at, 'hold'],
        message: 'is longer than the deadline of the step',
        expected: 'hold of at most deadline',
      });
    }
    return breaches;
  });
};

const list = (value: unknown, path: YamlPath): readonly unknown[] => {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found : [];
};

const milliseconds = (value: unknown): number | undefined =>
  typeof value === 'string' ? parseDuration(value) : undefined;

const show = (value: unknown): string => JSON.stringify(value);
