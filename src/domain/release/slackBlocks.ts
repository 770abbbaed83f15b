/** How a message of Slack says which release its elements are about, and what they do. */
export const SLACK_SEEN = 'slipway_seen';
export const SLACK_QUESTION = 'slipway_question';

/** Slack takes no longer ones. */
const LONGEST = 255;

/** IDs of the blocks of a message about a release; undefined: it has no name that fits. */
export const slackBlocks = (
  releaseId: unknown,
): { readonly actions: string; readonly question: string } | undefined => {
  if (typeof releaseId !== 'string' || !/^release\/[^/]+\/[^/]+$/.test(releaseId)) return undefined;
  const name = releaseId.slice('release/'.length);
  const question = `slipway-question/${name}`;
  return question.length > LONGEST ? undefined : { actions: `slipway/${name}`, question };
};

/** The release that a block is about; undefined for a block of somebody else. */
export const releaseOfBlock = (
  blockId: string | undefined,
): { readonly model: string; readonly release: string } | undefined => {
  const [, model, release] = /^slipway(?:-question)?\/([^/]+)\/([^/]+)$/.exec(blockId ?? '') ?? [];
  return model === undefined || release === undefined ? undefined : { model, release };
};
