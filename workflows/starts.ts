/** How entities are started where they do not run (`WorkflowStart` of the port): one place, so that all say the same. */
import { environmentId, incidentId, type EnvironmentInput, type IncidentInput } from './messages.js';

export const environmentStart = (model: string, environment: string) => {
  const input: EnvironmentInput = { model, environment };
  return {
    workflowType: 'environment',
    workflowId: environmentId(model, environment),
    input,
    summary: `Arbiter of ${model} in ${environment}`,
    searchAttributes: { SlipwayModel: model, SlipwayEnvironment: environment },
  };
};

export const incidentStart = (input: IncidentInput) => ({
  workflowType: 'incident',
  workflowId: incidentId(input.model, input.environment, input.kind, input.subject),
  input,
  summary: `${input.kind} of ${input.subject}: ${input.model} in ${input.environment}`,
  searchAttributes: { SlipwayModel: input.model, SlipwayEnvironment: input.environment, SlipwayStage: 'open' },
});
