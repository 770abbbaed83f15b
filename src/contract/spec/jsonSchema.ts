import { z } from 'zod';
import { specSchema } from './schema.js';

/** JSON Schema (draft 2020-12) of what people write in slipway.yaml, for editors. */
export const specJsonSchema = (): Readonly<Record<string, unknown>> => {
  const { $schema, ...schema } = z.toJSONSchema(specSchema, { io: 'input' });
  return { $schema, $id: 'urn:slipway:spec:v1', ...schema };
};
