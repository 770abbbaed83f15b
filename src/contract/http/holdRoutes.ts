/** Routes about what keeps new versions out of environments. */
import { z } from 'zod';
import { name } from '../names.js';
import { mapping } from '../yaml/expected.js';
import { json } from './answers.js';
import type { RouteShape } from './route.js';
import { epochMs, givenReason, releaseParams } from './shapes.js';

const HOLD_WORDS = 'the name of a hold or freeze, as they are listed';
const holdName = z.string({ error: HOLD_WORDS }).regex(/^(?:hold|freeze)-[0-9a-f]{12}$/, HOLD_WORDS);

const hold = z.looseObject({
  id: z.string(),
  kind: z.enum(['hold', 'freeze']),
  models: z.array(z.string()).exactOptional().describe('Absent: every model.'),
  environments: z.array(z.string()).exactOptional().describe('Absent: every environment.'),
  reason: z.string(),
  by: z.string(),
  from: epochMs,
  until: epochMs.exactOptional().describe('The first instant that is free again; absent: until it is lifted.'),
  override: z.array(z.string()).describe('Roles of which one person may override it.'),
  lifted: z.looseObject({ by: z.string(), reason: z.string(), at: epochMs }).exactOptional(),
});

export const HOLD_ROUTES = {
  listHolds: {
    method: 'GET',
    url: '/api/v1/holds',
    access: 'any',
    summary: 'Holds and freezes that are in force or to come',
    query: mapping({
      kind: z.enum(['hold', 'freeze']).exactOptional(),
      all: z.enum(['true']).exactOptional().describe('Also those that have ended or were lifted.'),
    }),
    answers: { 200: json('In the order in which they begin.', z.looseObject({ holds: z.array(hold) })) },
  },
  placeHold: {
    method: 'POST',
    url: '/api/v1/holds',
    access: ['oncall', 'operator'],
    summary: 'Keep new versions out: a hold until it is lifted, a freeze until a time',
    body: mapping({
      kind: z.enum(['hold', 'freeze']),
      model: name.exactOptional().describe('Absent: every model.'),
      environment: name.exactOptional().describe('Absent: every environment. One of both has to be there.'),
      until: epochMs.exactOptional().describe('Of a freeze: the first instant that is free again.'),
      reason: givenReason,
    }),
    idempotency: 'A repeat is the same hold.',
    answers: { 201: json('In force, and in the ledger.', z.looseObject({ hold })) },
  },
  liftHold: {
    method: 'POST',
    url: '/api/v1/holds/{hold}/lift',
    access: ['oncall', 'operator'],
    placeFound: true,
    decides: true,
    summary: 'End a hold, or a freeze before its time',
    params: mapping({ hold: holdName }),
    body: mapping({ reason: givenReason }),
    answers: { 200: json('It holds nothing any more.', z.looseObject({ hold })) },
  },
  overrideFreeze: {
    method: 'POST',
    url: '/api/v1/releases/{model}/{release}/override',
    access: 'any',
    decides: true,
    summary: 'Let this release pass the freeze that holds it back, once; or, with others, whatever it waits for',
    params: releaseParams,
    body: mapping({
      reason: givenReason,
      breakGlass: z
        .boolean()
        .exactOptional()
        .describe('One of two people who let it past approval, soak, freezes and holds, where the operator allows it.'),
    }),
    idempotency: 'Not needed: a release passes a freeze once, however often it is asked for.',
    answers: {
      200: json(
        'Signed, and in the ledger of the release.',
        z.looseObject({
          overrides: z.array(
            z.looseObject({
              freeze: z.string(),
              environment: z.string(),
              by: z.string(),
              reason: z.string(),
              already: z.boolean(),
            }),
          ),
          breakGlass: z
            .looseObject({
              environment: z.string(),
              by: z.array(z.string()),
              needed: z.int(),
              roles: z.array(z.string()),
              already: z.boolean(),
            })
            .exactOptional()
            .describe('Who signed so far, and how many people are needed.'),
        }),
      ),
    },
  },
} as const satisfies Record<string, RouteShape>;
