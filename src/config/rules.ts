/** Rules between fields of slipway.config.yaml; they look at the raw value, as those of slipway.yaml do. */
import { valueAt } from '../contract/yaml/problemsOf.js';
import { unknownName } from '../contract/yaml/unknownName.js';
import { foldEmail } from '../domain/release/emails.js';
import { calendarRules } from './calendars.js';
import { autoscalersOfKubernetes, grpcPortsTaken, secretsOfPrograms, targetsOfNoKind } from './targetRules.js';
import { channelRules } from './channels.js';
import { peopleRules } from './peopleRules.js';
import { list, names } from './rawValues.js';
import type { RuleBreach } from '../contract/yaml/checkYaml.js';
import type { YamlPath } from '../contract/yaml/readYaml.js';

export const operatorRules = (value: unknown): readonly RuleBreach[] => [
  ...['models', 'identities', 'calendars', 'channels', 'environments', 'freezes'].flatMap((key) =>
    usedTwice(value, [key], ['name']),
  ),
  ...list(value, ['models']).flatMap((_, index) => usedTwice(value, ['models', index, 'environments'], ['name'])),
  ...emailsOfTwo(value),
  ...usedTwice(value, ['environments'], ['target', 'local', 'adminSocket']),
  ...targetsOfNoKind(value),
  ...autoscalersOfKubernetes(value),
  ...secretsOfPrograms(value),
  ...grpcPortsTaken(value),
  ...unknownEnvironments(value),
  ...grantsNowhere(value),
  ...revokedNobody(value),
  ...usedTwice(value, ['identities'], ['oidc', 'subject']),
  ...servicesThatLogIn(value),
  ...unknownDefault(value),
  ...calendarRules(value),
  ...channelRules(value),
  ...peopleRules(value),
  ...freezesThatNameNothing(value),
  ...freezesWithoutLength(value),
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

/** A place that does not exist takes a role away that somebody was to have. */
const grantsNowhere = (value: unknown): readonly RuleBreach[] =>
  [
    ...list(value, ['identities']).map((_, identity): YamlPath => ['identities', identity, 'grants']),
    ['oidc', 'groups'],
  ].flatMap((grants) =>
    list(value, grants).flatMap((_, grant) =>
      (['models', 'environments'] as const).flatMap((kind) => {
        const known = names(value, [kind]);
        const path = [...grants, grant, kind];
        return list(value, path).flatMap((name, index): readonly RuleBreach[] =>
          typeof name !== 'string' || known.includes(name)
            ? []
            : [unknownName([...path, index], name, known, kind === 'models' ? 'model' : 'environment')],
        );
      }),
    ),
  );

const servicesThatLogIn = (value: unknown): readonly RuleBreach[] =>
  list(value, ['identities']).flatMap((_, index): readonly RuleBreach[] =>
    valueAt(value, ['identities', index, 'kind']) === 'service' &&
    valueAt(value, ['identities', index, 'oidc']) !== undefined
      ? [
          {
            path: ['identities', index, 'oidc'],
            message: 'a service does not log in',
            expected: 'kind: person, or no oidc',
          },
        ]
      : [],
  );

/** A name that is written wrong would leave everything to who was meant. */
const revokedNobody = (value: unknown): readonly RuleBreach[] => {
  // Who came by the identity provider has a name that does not stand here.
  if (valueAt(value, ['oidc']) !== undefined) return [];
  const known = names(value, ['identities']);
  return list(value, ['revoked']).flatMap((_, index): readonly RuleBreach[] => {
    const path = ['revoked', index, 'identity'];
    const name = valueAt(value, path);
    return typeof name !== 'string' || known.includes(name) ? [] : [unknownName(path, name, known, 'identity')];
  });
};

/** One that names a model or environment that is not there would freeze nothing, and nobody would notice. */
const freezesThatNameNothing = (value: unknown): readonly RuleBreach[] =>
  list(value, ['freezes']).flatMap((_, freeze) =>
    (['models', 'environments'] as const).flatMap((key) => {
      const known = names(value, [key]);
      return list(value, ['freezes', freeze, key]).flatMap((name, index): readonly RuleBreach[] =>
        typeof name !== 'string' || known.includes(name)
          ? []
          : [unknownName(['freezes', freeze, key, index], name, known, key === 'models' ? 'model' : 'environment')],
      );
    }),
  );

/** One has either both ends, the second after the first, or comes again. */
const freezesWithoutLength = (value: unknown): readonly RuleBreach[] =>
  list(value, ['freezes']).flatMap((_, freeze): readonly RuleBreach[] => {
    const path = ['freezes', freeze];
    const [from, to, recurring] = ['from', 'to', 'recurring'].map((key) => valueAt(value, [...path, key]));
    if (
      (recurring === undefined) !== (from !== undefined && to !== undefined) ||
      (recurring !== undefined && from !== to)
    )
      return [{ path, message: 'has no time, or two', expected: 'from and to, or recurring' }];
    return recurring !== undefined || !(Date.parse(String(to)) <= Date.parse(String(from)))
      ? []
      : [{ path: [...path, 'to'], message: 'is not after from', expected: 'a later instant' }];
  });

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
