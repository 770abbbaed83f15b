import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { WorkflowStart } from '../src/ports/workflows.js';
import type { Ports } from './ports.js';

export interface SendMessageInput {
  readonly workflowId: string;
  readonly signal: string;
  readonly argument: unknown;
  /** Present: the workflow is started first where it does not run. */
  readonly start?: WorkflowStart;
}

/**
 * Reaches a workflow that may not exist yet (a workflow itself cannot signal-with-start). The argument carries an
 * ID of its own, so that a repeat is dropped by the receiver. `delivered: false`: it has ended or never was.
 */
export const createSendMessage =
  (ports: Ports) =>
  async (input: SendMessageInput): Promise<{ readonly delivered: boolean }> => {
    try {
      if (input.start === undefined) await ports.workflows.signal(input.workflowId, input.signal, input.argument);
      else await ports.workflows.signalWithStart(input.start, input.signal, input.argument);
      ports.failpoint('sendMessage.sent');
      return { delivered: true };
    } catch (error) {
      if (error instanceof SlipwayError && error.code === 'not_found') return { delivered: false };
      throw error;
    }
  };
