/** Routes of the prediction log that are nobody's question: probes, and copies of what another version answered. */
const NOT_ASKED = ['synthetic', 'shadow'];

/** Condition for rows that answered a caller; segments from before there were routes have none. */
export const ofCallers = (route: string): string =>
  `(${route} IS NULL OR ${route} NOT IN (${NOT_ASKED.map((name) => `'${name}'`).join(', ')}))`;
