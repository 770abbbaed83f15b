import type { StepStory } from '../build/story.js';
import type { Prospect } from './prospect.js';

/**
 * What whoever decides is shown beside the evidence. It is no part of what is signed; the entry that asked for the decision
 * names its digest, so that nobody who can write to the store shows something else.
 */
export interface ShownWithIt {
  readonly prospect: Prospect;
  readonly steps: readonly StepStory[];
}
