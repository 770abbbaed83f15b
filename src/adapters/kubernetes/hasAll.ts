/** Whether an object of the API server has everything that is wanted; what it has besides are defaults, and fields of others. */
export const hasAll = (wanted: unknown, found: unknown): boolean => {
  if (Array.isArray(wanted))
    return Array.isArray(found) && wanted.length === found.length && wanted.every((one, at) => hasAll(one, found[at]));
  if (typeof wanted !== 'object' || wanted === null) return wanted === found;
  if (typeof found !== 'object' || found === null) return false;
  return Object.entries(wanted).every(([key, value]) => hasAll(value, (found as Record<string, unknown>)[key]));
};
