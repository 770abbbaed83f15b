import { parseDocument } from 'yaml';
import { canBeFeature, type Column } from './project.js';

const TYPES: Readonly<Record<string, Column['type']>> = {
  double: 'number',
  float: 'number',
  integer: 'integer',
  long: 'integer',
  boolean: 'integer',
  string: 'string',
};

/** Columns that the signature of an MLmodel file names, of types that a feature can have; empty where it has none. */
export const mlflowColumns = (text: string): readonly Column[] => {
  const document = parseDocument(text, { logLevel: 'silent' });
  const inputs = document.errors.length > 0 ? undefined : document.getIn(['signature', 'inputs']);
  return listIn(inputs).flatMap((column) => {
    const { name, type } = (column ?? {}) as { readonly name?: unknown; readonly type?: unknown };
    const known = TYPES[String(type)];
    return typeof name === 'string' && canBeFeature(name) && known !== undefined ? [{ name, type: known }] : [];
  });
};

/** MLflow writes the columns as JSON in a text. */
const listIn = (inputs: unknown): readonly unknown[] => {
  if (typeof inputs !== 'string') return [];
  try {
    const columns: unknown = JSON.parse(inputs);
    return Array.isArray(columns) ? columns : [];
  } catch {
    return [];
  }
};
