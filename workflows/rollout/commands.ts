import type { Version } from '../../src/domain/artifact/types.js';
import type { Fence, TargetCommand, TargetVersion } from '../../src/domain/rollout/types.js';
import type { RolloutInput } from '../messages.js';

/** Commands of one rollout: each call takes the next sequence number of the epoch. */
export interface Commands {
  /** The candidate comes up beside the champion, without traffic; alone where there is no champion. */
  beside(): TargetCommand;
  weighted(percent: number): TargetCommand;
  /** The champion has everything, and the candidate gets copies of that percent of the requests. */
  shadowed(copies: number): TargetCommand;
  /** The candidate has everything, and the champion is released. */
  alone(): TargetCommand;
  /** The champion has everything again; nothing runs where there was none. */
  back(): TargetCommand;
  /** Nothing runs. */
  none(): TargetCommand;
  /** Of the last one. */
  fence(): Fence;
}

export const commands = (input: RolloutInput): Commands => {
  let seq = input.seq - 1;
  const { candidate, champion } = input;
  const as = (version: Version, role: TargetVersion['role'], weight: number): TargetVersion => ({
    ...version,
    role,
    weight,
  });
  const command = (...versions: TargetVersion[]): TargetCommand => ({
    model: input.model,
    environment: input.environment,
    fence: { epoch: input.epoch, seq: ++seq },
    versions,
  });
  const same = champion?.artifactDigest === candidate.artifactDigest;
  // Nobody judges what comes at once where nothing ran: no later command makes it the champion.
  const takesOver = champion === undefined && input.plan.strategy === 'immediate';
  const both = (percent: number): TargetCommand =>
    champion === undefined || same
      ? command(as(candidate, takesOver ? 'champion' : 'candidate', 100))
      : command(as(champion, 'champion', 100 - percent), as(candidate, 'candidate', percent));
  return {
    beside: () => both(0),
    weighted: both,
    shadowed: (copies) =>
      champion === undefined || same
        ? both(0)
        : command(as(champion, 'champion', 100), { ...as(candidate, 'shadow', 0), copies }),
    alone: () => command(as(candidate, 'champion', 100)),
    none: () => command(),
    fence: () => ({ epoch: input.epoch, seq }),
    back: () => (champion === undefined ? command() : command(as(champion, 'champion', 100))),
  };
};
