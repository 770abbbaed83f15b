import { isTable, readToml, type TomlTable } from '../../contract/lock/readToml.js';

/**
 * What a pyproject.toml asks for: its dependencies, and those of groups that tests and training use (PEP 621, PEP 735).
 * Empty where it is none.
 */
export const pyprojectPackages = (text: string): readonly string[] => {
  const { project, 'dependency-groups': groups } = readToml(text);
  const own = tableOf(project);
  const optional = tableOf(own['optional-dependencies']);
  return [
    ...new Set(
      [own['dependencies'], ...Object.values(optional), ...Object.values(tableOf(groups))].flatMap((list) =>
        Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [],
      ),
    ),
  ];
};

const tableOf = (value: unknown): TomlTable => (isTable(value) ? value : {});
