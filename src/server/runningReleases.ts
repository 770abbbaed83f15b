import type { ListedWorkflow } from '../ports/visibility.js';
import type { ServerPorts } from './ports.js';

const PAGE = 100;

/** Releases that run, the latest first, at most so many; of a model where one is named. */
export const runningReleases = async (
  { visibility }: Pick<ServerPorts, 'visibility'>,
  { model, most }: { readonly model?: string | undefined; readonly most: number },
): Promise<readonly ListedWorkflow[]> => {
  const found: ListedWorkflow[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined && found.length < most;) {
    const page: Awaited<ReturnType<typeof visibility.list>> = await visibility.list({
      ...{ workflowType: 'release', running: true, limit: Math.min(PAGE, most - found.length) },
      ...(model === undefined ? {} : { searchAttributes: { SlipwayModel: model } }),
      ...(cursor === '' ? {} : { cursor }),
    });
    found.push(...page.workflows);
    cursor = page.cursor;
  }
  return found;
};
