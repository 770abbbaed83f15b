/** Names of people and roles in slipway.config.yaml that stand for nobody: each takes something from whom it was meant for. */
import { valueAt } from '../contract/yaml/problemsOf.js';
import { unknownName } from '../contract/yaml/unknownName.js';
import type { RuleBreach } from '../contract/yaml/checkYaml.js';
import type { YamlPath } from '../contract/yaml/readYaml.js';
import { list, names } from './rawValues.js';

/** They open routes of the API (docs/identity.md): a file may name them before anybody has them. */
const BUILT_IN = ['author', 'reviewer', 'oncall', 'operator'];

export const peopleRules = (value: unknown): readonly RuleBreach[] => [
  ...personsOfOne(value),
  ...slackUsersOfTwo(value),
  ...rolesOfNobody(value),
  ...deputiesOfNobody(value),
  ...ownersOfNobody(value),
];

/** Two identities are one person where both say so: a name that is written wrong makes two people of one. */
const personsOfOne = (value: unknown): readonly RuleBreach[] => {
  const known = names(value, ['identities']);
  const persons = list(value, ['identities']).map((_, index) => valueAt(value, ['identities', index, 'person']));
  return persons.flatMap((person, index): readonly RuleBreach[] => {
    if (typeof person !== 'string' || known.includes(person)) return [];
    if (persons.filter((other) => other === person).length > 1) return [];
    const among = [...new Set([...known, ...persons.filter((other) => typeof other === 'string')])].filter(
      (other) => other !== person,
    );
    return [
      {
        path: ['identities', index, 'person'],
        message: `no other identity is of the person ${JSON.stringify(person)}`,
        expected: 'the name of an identity, or one that two identities say',
        meant: { word: person, among },
      },
    ];
  });
};

/** Whoever clicks is one identity. */
const slackUsersOfTwo = (value: unknown): readonly RuleBreach[] => {
  const users = list(value, ['identities']).map((_, index) => valueAt(value, ['identities', index, 'slack']));
  return users.flatMap((user, index): readonly RuleBreach[] =>
    user === undefined || users.indexOf(user) === index
      ? []
      : [
          {
            path: ['identities', index, 'slack'],
            message: `${JSON.stringify(user)} is another identity's, too`,
            expected: 'a user of Slack that no other identity is',
          },
        ],
  );
};

const rolesOfNobody = (value: unknown): readonly RuleBreach[] => {
  const known = rolesOf(value);
  const asked: readonly YamlPath[] = [
    ['breakGlass', 'roles'],
    ['hotfix', 'roles'],
    ...list(value, ['freezes']).map((_, index): YamlPath => ['freezes', index, 'override']),
  ];
  return asked.flatMap((path) =>
    list(value, path).flatMap((role, index): readonly RuleBreach[] =>
      typeof role !== 'string' || known.includes(role) ? [] : [unknownName([...path, index], role, known, 'role')],
    ),
  );
};

/** Of everybody who is named here, and of the groups of an identity provider. */
const rolesOf = (value: unknown): readonly string[] => {
  const groups = list(value, ['oidc', 'groups']).map((_, index) => valueAt(value, ['oidc', 'groups', index, 'role']));
  const own = list(value, ['identities']).flatMap((_, index) => [
    ...list(value, ['identities', index, 'roles']),
    ...list(value, ['identities', index, 'grants']).map((__, grant) =>
      valueAt(value, ['identities', index, 'grants', grant, 'role']),
    ),
  ]);
  return [...new Set([...own, ...groups, ...BUILT_IN].filter((role) => typeof role === 'string'))];
};

/** Whoever answers for a freeze is somebody, everybody of a role, or whom a channel reaches. */
const ownersOfNobody = (value: unknown): readonly RuleBreach[] => {
  if (valueAt(value, ['oidc']) !== undefined) return [];
  const known = [...new Set([...names(value, ['identities']), ...rolesOf(value), ...names(value, ['channels'])])];
  return list(value, ['freezes']).flatMap((_, index): readonly RuleBreach[] => {
    const path: YamlPath = ['freezes', index, 'owner'];
    const owner = valueAt(value, path);
    return typeof owner !== 'string' || known.includes(owner)
      ? []
      : [unknownName(path, owner, known, 'identity, role or channel')];
  });
};

const deputiesOfNobody = (value: unknown): readonly RuleBreach[] => {
  // Who came by the identity provider has a name that does not stand here.
  if (valueAt(value, ['oidc']) !== undefined) return [];
  const known = names(value, ['identities']);
  return list(value, ['identities']).flatMap((_, index) => {
    const path: YamlPath = ['identities', index, 'deputies'];
    return list(value, path).flatMap((deputy, at): readonly RuleBreach[] =>
      typeof deputy !== 'string' || known.includes(deputy)
        ? []
        : [unknownName([...path, at], deputy, known, 'identity')],
    );
  });
};
