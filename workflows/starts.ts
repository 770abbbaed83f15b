/** How entities are started where they do not run (`WorkflowStart` of the port): one place, so that all say the same. */
import { environmentId, incidentId, type EnvironmentInput, type IncidentInput } from './messages.js';

export const environmentStart = (model: string, environment: string) => {
  const input: EnvironmentInput = { model, environment };
  return {
    workflowType: 'environment',
    workflowId: environmentId(model, environment),
    input,
    summary: `Arbiter of ${model} in ${environment}`,
    details: `The only one who decides which version of **${model}** runs in **${environment}**. It lives for years; who serves, what is under way and what waits is under Current Details. Send it no signals by hand: \`slipway rollback ${model} ${environment}\` puts an earlier version back.`,
    searchAttributes: { SlipwayModel: model, SlipwayEnvironment: environment },
  };
};

export const incidentStart = (input: IncidentInput) => ({
  workflowType: 'incident',
  workflowId: incidentId(input.model, input.environment, input.kind, input.subject),
  input,
  summary: `${input.kind} of ${input.subject}: ${input.model} in ${input.environment}`,
  details: `One problem of **${input.model}** in **${input.environment}**, from its alert to its resolution. Acknowledge it with \`slipway incident ack\`; until somebody does, the next owner is told.`,
  searchAttributes: { SlipwayModel: input.model, SlipwayEnvironment: input.environment, SlipwayStage: 'open' },
});
