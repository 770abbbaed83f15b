import { z } from 'zod';
import type { RouteShape } from './route.js';
import { ROUTES } from './routes.js';
import { problem } from './shapes.js';

type Json = Readonly<Record<string, unknown>>;

/** OpenAPI 3.1 of every route; schemas are JSON Schema 2020-12, from the same zod that checks requests. */
export const openApi = (): Json => ({
  openapi: '3.1.0',
  info: {
    title: 'Slipway',
    version: '1',
    description:
      'Durable CI/CD for machine-learning models. Errors are problem details (RFC 9457) with a code of docs/errors.md.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
  paths: paths(),
  components: {
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    schemas: { Problem: schemaOf(problem, 'output') },
    responses: {
      Problem: {
        description: 'An error.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  },
});

const paths = (): Json => {
  const found: Record<string, Record<string, unknown>> = {};
  for (const [operationId, route] of Object.entries(ROUTES) as [string, RouteShape][]) {
    found[route.url] = { ...found[route.url], [route.method.toLowerCase()]: operation(operationId, route) };
  }
  return found;
};

const operation = (operationId: string, route: RouteShape): Json => ({
  operationId,
  summary: route.summary,
  description: accessText(route),
  security: route.access === 'public' ? [] : [{ token: [] }],
  ...parameters(route),
  ...(route.body === undefined
    ? {}
    : { requestBody: { required: true, content: { [mediaOf(route)]: { schema: schemaOf(route.body, 'input') } } } }),
  responses: { ...answers(route), default: { $ref: '#/components/responses/Problem' } },
});

const mediaOf = ({ form }: RouteShape): string =>
  form === true ? 'application/x-www-form-urlencoded' : 'application/json';

const accessText = ({ access }: RouteShape): string => {
  if (access === 'public') return 'Needs no token.';
  return access === 'any' ? 'Any identity.' : `Needs one of the roles ${access.join(', ')}.`;
};

const parameters = (route: RouteShape): Json => {
  const all = [
    ...properties(route.params, 'path'),
    ...properties(route.query, 'query'),
    ...(route.method === 'GET' || route.secretAnswer === true
      ? []
      : [header('Idempotency-Key', `${IDEMPOTENCY} ${route.idempotency ?? ''}`.trim(), 200)]),
    ...(route.stream === undefined ? [] : [header('Last-Event-ID', 'ID of the last event that came.', 200)]),
    ...(route.state === undefined ? [] : [header('If-Match', `${IF_MATCH} ${route.state}.`, 200)]),
  ];
  return all.length === 0 ? {} : { parameters: all };
};

const IDEMPOTENCY =
  'A repeat with the same key and body gets the first answer, for a day at least; with another body 422.';
const IF_MATCH = 'Refused with 412 where it is not the ETag of';

const header = (name: string, description: string, maxLength: number): Json => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string', maxLength },
});

const properties = (object: z.ZodObject | undefined, where: 'path' | 'query'): readonly Json[] => {
  if (object === undefined) return [];
  const schema = schemaOf(object, 'input') as { properties?: Record<string, Json>; required?: readonly string[] };
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || (schema.required ?? []).includes(name),
    schema: property,
  }));
};

const answers = (route: RouteShape): Json =>
  Object.fromEntries(
    Object.entries(route.answers).map(([status, answer]) => [
      status,
      {
        description: answer.description,
        content:
          'json' in answer
            ? { 'application/json': { schema: schemaOf(answer.json, 'output') } }
            : Object.fromEntries(answer.media.map((media) => [media, { schema: { type: 'string' } }])),
      },
    ]),
  );

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};
