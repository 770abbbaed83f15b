/** Works on all items, so many at the same time. After a failure it starts no more, and ends when those under way have. */
export const eachOf = async <T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  parallel = 16,
): Promise<void> => {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) {
      try {
        await work(item);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: parallel }, lane));
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
};
