import { parse } from 'smol-toml';

/**
 * What a pyproject.toml asks for: its dependencies, and those of groups that tests and training use (PEP 621, PEP 735).
 * Empty where it is none.
 */
export const pyprojectPackages = (text: string): readonly string[] => {
  const { project, 'dependency-groups': groups } = read(text);
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

const tableOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

const read = (text: string): Readonly<Record<string, unknown>> => {
  try {
    return parse(text);
  } catch {
    return {};
  }
};
