import { canBeFeature, type Column } from './project.js';

/**
 * Columns of a CSV table, with the type that its first rows show; those that no feature can be called as are named apart.
 * A column without a name is somebody's row number.
 */
export const columnsOf = (
  text: string,
): { readonly columns: readonly Column[]; readonly unnamed: readonly string[] } => {
  const [header = '', ...rows] = text.split(/\r?\n/).slice(0, 50);
  const cells = rows.filter((row) => row !== '').map((row) => row.split(','));
  const all = header.split(',').map((name, index) => {
    const values = cells.map((row) => row[index] ?? '').filter((value) => value !== '');
    const numeric = values.length > 0 && values.every((value) => Number.isFinite(Number(value)));
    return { name: name.trim().replace(/^"|"$/g, ''), type: numeric ? ('number' as const) : ('string' as const) };
  });
  return {
    columns: all.filter(({ name }) => canBeFeature(name)),
    unnamed: all.map(({ name }) => name).filter((name) => name !== '' && !canBeFeature(name)),
  };
};
