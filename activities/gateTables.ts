import type { TableColumns, Unavailable } from '../src/domain/gate/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { GateSpec } from '../src/domain/spec/gates.js';
import type { SignatureSpec } from '../src/domain/spec/types.js';
import type { Ports } from './ports.js';

/** The tables as far as rules look at them: what no rule asks for is not read, nor handed to the thread. */
export interface GateTables {
  readonly evaluation?: TableColumns;
  readonly reference?: TableColumns | Unavailable;
}

/** @param read columns of the evaluation table that are there already */
export const gateTables = async (
  ports: Ports,
  files: { readonly evaluation: string; readonly reference: string },
  { features, label, eventTime }: SignatureSpec,
  gates: readonly GateSpec[],
  read: TableColumns,
  signal: AbortSignal,
): Promise<GateTables> => {
  const rules = gates.flatMap((gate) => gate.rules);
  const slices = rules.flatMap((rule) =>
    (rule.kind === 'threshold' || rule.kind === 'champion') && rule.slice !== undefined ? [rule.slice.column] : [],
  );
  const keys = rules.flatMap((rule) => (rule.kind === 'leakage' ? rule.columns : []));
  const looksAtRows = rules.some((rule) => rule.kind === 'data' || rule.kind === 'leakage');
  const wanted = [...new Set([...slices, ...keys])];
  const further = wanted.filter((column) => read[column] === undefined);
  const evaluation = {
    ...(looksAtRows ? read : pick(read, wanted)),
    ...(await readPresent(ports, files.evaluation, further, signal)),
  };
  const needsReference = rules.some(
    (rule) => rule.kind === 'leakage' || (rule.kind === 'data' && rule.table === 'reference'),
  );
  const columns = [...new Set([...features.map(({ name }) => name), label, eventTime, ...keys])];
  return {
    ...(Object.keys(evaluation).length === 0 ? {} : { evaluation }),
    ...(needsReference ? { reference: await readReference(ports, files.reference, columns, signal) } : {}),
  };
};

const pick = (columns: TableColumns, names: readonly string[]): TableColumns =>
  Object.fromEntries(names.flatMap((name) => (columns[name] === undefined ? [] : [[name, columns[name]]])));

/** Columns that the table has; one that it lacks is for the rule that asks for it to tell. */
const readPresent = async (
  ports: Ports,
  path: string,
  columns: readonly string[],
  signal: AbortSignal,
): Promise<TableColumns> => {
  if (columns.length === 0) return {};
  try {
    return await ports.tables.read(path, columns, { signal });
  } catch (error) {
    const missing = error instanceof SlipwayError ? error.details['missing'] : undefined;
    if (!Array.isArray(missing)) throw error;
    return readPresent(
      ports,
      path,
      columns.filter((column) => !missing.includes(column)),
      signal,
    );
  }
};

const readReference = async (
  ports: Ports,
  path: string,
  columns: readonly string[],
  signal: AbortSignal,
): Promise<TableColumns | Unavailable> => {
  try {
    return await readPresent(ports, path, columns, signal);
  } catch (error) {
    if (!(error instanceof SlipwayError && error.code === 'table_invalid')) throw error;
    return { unavailable: `the reference table cannot be read: ${error.message}` };
  }
};
