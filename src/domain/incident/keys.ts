import type { RememberedRemediation } from './remediationMemory.js';
import type { IncidentView } from './types.js';

/** One problem is one incident, and one workflow. */
export const incidentId = (model: string, environment: string, kind: string, subject: string): string =>
  `incident/${model}/${environment}/${kind}.${subject}`;

/** Where the last view of an incident is kept for readers; one problem can come back, so the opening is in the name. */
export const incidentKey = ({
  model,
  environment,
  kind,
  subject,
  openedAt,
}: Pick<IncidentView, 'model' | 'environment' | 'kind' | 'subject' | 'openedAt'>): string =>
  `incidents/${model}/${environment}/${new Date(openedAt).toISOString()}.${encodeURIComponent(kind)}.${encodeURIComponent(subject)}.json`;

/** What was repaired in an environment, each a document of its own; their names ascend with time. */
export const remediationsPrefix = (model: string, environment: string): string =>
  `pointers/remediation/${model}/${environment}/`;

export const remediationKey = (
  model: string,
  environment: string,
  { id, at }: Pick<RememberedRemediation, 'id' | 'at'>,
): string => `${remediationsPrefix(model, environment)}${String(at).padStart(15, '0')}.${encodeURIComponent(id)}.json`;

/** Where earlier versions kept all of them. */
export const remediationMemoryKey = (model: string, environment: string): string =>
  `pointers/remediation/${model}/${environment}.json`;
