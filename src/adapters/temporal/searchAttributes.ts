import type { Client } from '@temporalio/client';
import type { SearchAttributePair } from '@temporalio/common';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { SEARCH_ATTRIBUTES } from '../../../workflows/messages.js';
import { toSlipwayError } from './errors.js';

/** IndexedValueType of temporal.api.enums.v1. */
const KEYWORD = 2;

export const searchAttributePairs = (values: Readonly<Record<string, string>>): SearchAttributePair[] =>
  Object.entries(values).map(([name, value]) => {
    const key = Object.values(SEARCH_ATTRIBUTES).find((known) => known.name === name);
    if (key === undefined) throw new SlipwayError('internal', `there is no search attribute ${name}`);
    return { key, value };
  });

/** Registers what is missing, as a namespace needs once; the development server is started with them. */
export const ensureSearchAttributes = async (client: Client): Promise<void> => {
  const { namespace } = client.options;
  try {
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
    const missing = Object.values(SEARCH_ATTRIBUTES).filter(({ name }) => !Object.hasOwn(customAttributes ?? {}, name));
    if (missing.length === 0) return;
    await client.connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(({ name }) => [name, KEYWORD])),
    });
  } catch (error) {
    throw toSlipwayError(error, 'registering search attributes');
  }
};
