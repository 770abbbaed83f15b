/** Routes about incidents. */
import { z } from 'zod';
import { name } from '../names.js';
import { mapping } from '../yaml/expected.js';
import { json, page } from './answers.js';
import type { RouteShape } from './route.js';
import { cursor, givenReason, incident, incidentParams, limit, reason } from './shapes.js';

export const INCIDENT_ROUTES = {
  incidents: {
    method: 'GET',
    url: '/api/v1/incidents',
    access: 'any',
    summary: 'Incidents, open ones first',
    query: mapping({ model: name.exactOptional(), open: z.enum(['true', 'false']).exactOptional(), limit, cursor }),
    answers: { 200: json('One page.', page('incidents', incident)) },
  },
  showIncident: {
    method: 'GET',
    url: '/api/v1/incidents/{model}/{environment}/{problem}',
    access: 'any',
    summary: 'One incident',
    params: incidentParams,
    answers: { 200: json('The incident.', incident) },
  },
  acknowledge: {
    method: 'POST',
    url: '/api/v1/incidents/{model}/{environment}/{problem}/ack',
    access: ['oncall', 'operator'],
    summary: 'I am on it',
    params: incidentParams,
    state: 'showIncident',
    body: mapping({ note: reason.default('') }),
    answers: { 200: json('The incident.', incident) },
  },
  resolveIncident: {
    method: 'POST',
    url: '/api/v1/incidents/{model}/{environment}/{problem}/resolve',
    access: ['oncall', 'operator'],
    summary: 'It is over; of an incident that nothing measures, such as break-glass',
    params: incidentParams,
    state: 'showIncident',
    body: mapping({ reason: givenReason }),
    answers: { 200: json('The incident.', incident) },
  },
} as const satisfies Record<string, RouteShape>;
