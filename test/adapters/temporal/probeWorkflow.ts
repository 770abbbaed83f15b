/** A workflow for the contract of the Workflows port: it adds numbers, refuses negative ones, and ends on request. */
import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';

export async function probe(input: { readonly from: number }): Promise<{ readonly sum: number }> {
  let sum = input.from;
  let finished = false;
  setHandler(defineSignal<[{ n: number }]>('add'), ({ n }) => {
    sum += n;
  });
  setHandler(defineSignal('finish'), () => {
    finished = true;
  });
  setHandler(defineUpdate<{ sum: number }, [{ n: number; id?: string }]>('add'), ({ n }) => {
    if (n < 0) {
      throw ApplicationFailure.create({
        type: 'reason_required',
        message: 'why less?',
        nonRetryable: true,
        details: [{ n }],
      });
    }
    sum += n;
    return { sum };
  });
  setHandler(defineQuery<{ sum: number }>('state'), () => ({ sum }));
  await condition(() => finished);
  return { sum };
}
