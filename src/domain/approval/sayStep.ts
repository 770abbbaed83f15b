import type { LadderStep } from './ladder.js';

/** A step of the ladder in words. */
export const sayStep = (step: LadderStep): string => {
  switch (step.kind) {
    case 'remind':
      return `reminder ${step.number} to ${step.to.join(', ')}`;
    case 'delegate':
      return `${step.to.join(', ')} may decide in place of ${step.of}`;
    case 'escalate':
      return `escalation to ${step.to.join(', ')}`;
  }
};
