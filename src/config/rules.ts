/** Rules between fields of slipway.config.yaml; they look at the raw value, as those of slipway.yaml do. */
import { valueAt } from '../contract/yaml/problemsOf.js';
import { unknownName } from '../contract/yaml/unknownName.js';
import { foldEmail } from '../domain/release/emails.js';
import type { RuleBreach } from '../contract/yaml/checkYaml.js';
import type { YamlPath } from '../contract/yaml/readYaml.js';

export const operatorRules = (value: unknown): readonly RuleBreach[] => [
  ...['models', 'identities', 'channels', 'environments'].flatMap((key) => usedTwice(value, [key], ['name'])),
  ...list(value, ['models']).flatMap((_, index) => usedTwice(value, ['models', index, 'environments'], ['name'])),
  ...emailsOfTwo(value),
  ...usedTwice(value, ['environments'], ['target', 'local', 'adminSocket']),
  ...unknownEnvironments(value),
  ...unknownDefault(value),
  ...imageWithoutDigest(value),
];

const usedTwice = (value: unknown, path: YamlPath, inner: YamlPath): readonly RuleBreach[] => {
  const found = list(value, path).map((_, index) => valueAt(value, [...path, index, ...inner]));
  return found.flatMap((one, index) =>
    typeof one === 'string' && found.indexOf(one) < index
      ? [
          {
            path: [...path, index, ...inner],
            message: `${JSON.stringify(one)} is used twice`,
            expected: `each once under ${path.join('.')}`,
          },
        ]
      : [],
  );
};

/** One address, two identities: the same person could approve under the other name. */
const emailsOfTwo = (value: unknown): readonly RuleBreach[] => {
  const seen = new Set<string>();
  return list(value, ['identities']).flatMap((_, identity) =>
    list(value, ['identities', identity, 'gitEmails']).flatMap((email, index): readonly RuleBreach[] => {
      if (typeof email !== 'string') return [];
      const key = foldEmail(email);
      if (!seen.has(key)) {
        seen.add(key);
        return [];
      }
      const path = ['identities', identity, 'gitEmails', index];
      return [{ path, message: `${email} belongs to two identities`, expected: 'each address once' }];
    }),
  );
};

const unknownEnvironments = (value: unknown): readonly RuleBreach[] => {
  const known = names(value, ['environments']);
  return list(value, ['models']).flatMap((_, model) =>
    list(value, ['models', model, 'environments']).flatMap((__, index): readonly RuleBreach[] => {
      const path = ['models', model, 'environments', index, 'name'];
      const name = valueAt(value, path);
      if (typeof name !== 'string' || known.includes(name)) return [];
      return [unknownName(path, name, known, 'environment')];
    }),
  );
};

const unknownDefault = (value: unknown): readonly RuleBreach[] => {
  const name = valueAt(value, ['defaultChannel']);
  const known = names(value, ['channels']);
  return typeof name !== 'string' || known.includes(name)
    ? []
    : [unknownName(['defaultChannel'], name, known, 'channel')];
};

const BY_DIGEST = /^(?:[^@\s]+@)?sha256:[0-9a-f]{64}$/;

/** What a tag means can change, and steps would be skipped by what another image wrote. */
const imageWithoutDigest = (value: unknown): readonly RuleBreach[] => {
  const runner = valueAt(value, ['steps', 'runner']);
  if (runner !== 'docker') return [];
  const image = valueAt(value, ['steps', 'image']);
  if (typeof image === 'string' && BY_DIGEST.test(image)) return [];
  return [
    {
      path: ['steps', 'image'],
      message: image === undefined ? `is missing, and steps.runner is ${runner}` : 'names no digest',
      expected: 'name@sha256:…, or sha256:… of an image that the engine has',
    },
  ];
};

const names = (value: unknown, path: YamlPath): readonly string[] =>
  list(value, path)
    .map((_, index) => valueAt(value, [...path, index, 'name']))
    .filter((name) => typeof name === 'string');

const list = (value: unknown, path: YamlPath): readonly unknown[] => {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found : [];
};
