/** How entities are started where they do not run: one place, so that every starter says the same. */
import type { WorkflowStart } from '../src/ports/workflows.js';
import { environmentId, incidentId, type EnvironmentInput, type IncidentInput } from './messages.js';

export const environmentStart = (model: string, environment: string): WorkflowStart => {
  const input: EnvironmentInput = { model, environment };
  return {
    workflowType: 'environment',
    workflowId: environmentId(model, environment),
    input,
    summary: `Arbiter of ${model} in ${environment}`,
    searchAttributes: { SlipwayModel: model, SlipwayEnvironment: environment },
  };
};

export const incidentStart = (input: IncidentInput): WorkflowStart => ({
  workflowType: 'incident',
  workflowId: incidentId(input.model, input.environment, input.kind, input.subject),
  input,
  summary: `${input.kind} of ${input.subject}: ${input.model} in ${input.environment}`,
  searchAttributes: { SlipwayModel: input.model, SlipwayEnvironment: input.environment, SlipwayStage: 'open' },
});
