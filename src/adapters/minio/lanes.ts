/**
 * Does `count` pieces of work, as many at a time as there are lanes; ends when all lanes have ended. After the first
 * failure no further piece begins, and it is that failure which is thrown.
 *
 * @param work answers with `false` where nothing further is to begin, and nothing is wrong
 */
export const inLanes = async (
  lanes: number,
  count: number,
  work: (index: number) => Promise<boolean | void>,
): Promise<void> => {
  let next = 0;
  let over = false;
  const lane = async (): Promise<void> => {
    while (!over && next < count) {
      try {
        if ((await work(next++)) === false) over = true;
      } catch (error) {
        over = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(lanes, count) }, lane));
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
};
