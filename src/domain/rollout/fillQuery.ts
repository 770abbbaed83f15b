/** Names between double braces that stand for what is asked about. */
export const QUERY_VARIABLES = ['version', 'role', 'since', 'until', 'interval', 'model', 'environment'] as const;

export type QueryVariable = (typeof QUERY_VARIABLES)[number];

const PLACE = /\{\{\s*([^{}]*?)\s*\}\}/g;

const isVariable = (name: string): name is QueryVariable => (QUERY_VARIABLES as readonly string[]).includes(name);

/** Names in a query that stand for nothing. */
export const unknownVariables = (query: string): readonly string[] =>
  [...query.matchAll(PLACE)].flatMap(([, name = '']) => (isVariable(name) ? [] : [name]));

/**
 * Puts values into a query. How a value is written is up to the language of the query, so `write` is asked each time;
 * what it gives is not looked through again.
 *
 * @example fillQuery('up{model="{{model}}"}', () => 'm') // 'up{model="m"}'
 */
export const fillQuery = (query: string, write: (variable: QueryVariable) => string): string =>
  query.replace(PLACE, (place, name: string) => (isVariable(name) ? write(name) : place));
