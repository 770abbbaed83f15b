/** More than any report says; far less than what a stack of calls can follow. */
export const MOST_LEVELS = 64;

/** Whether lists and objects of a parsed JSON text lie within each other deeper than that. Walks without recursion. */
export const nestsTooDeep = (value: unknown, most = MOST_LEVELS): boolean => {
  let level = [value].filter(isNest);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= most) return true;
    level = level.flatMap((nest) => Object.values(nest).filter(isNest));
  }
  return false;
};

const isNest = (value: unknown): value is object => typeof value === 'object' && value !== null;
