import { setCurrentDetails } from '@temporalio/workflow';
import { describeStages } from '../../src/domain/release/stages.js';
import { renderStageTable } from '../../src/domain/release/stageTable.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { ReleaseInput } from '../messages.js';

/** What people and programs see of a release, and who changes it. */
export interface ShownView {
  view(): ReleaseView;
  /** Changes it, and renders it for the Temporal Web UI. */
  show(change: Partial<ReleaseView>): void;
  /** The same without the work of rendering it. */
  note(change: Partial<ReleaseView>): void;
  /** Parts that are not so any more; nothing is rendered. */
  drop(...parts: readonly ('waiting' | 'awaited' | 'bakeAsked' | 'held')[]): void;
}

export const openView = (releaseId: string, input: ReleaseInput): ShownView => {
  let view = input.carried?.view ?? begun(releaseId, input);
  const note: ShownView['note'] = (change) => void (view = { ...view, ...change });
  return {
    view: () => view,
    show: (change) => {
      note(change);
      setCurrentDetails(renderStageTable(view));
    },
    note,
    drop: (...parts) => {
      const rest: Partial<ReleaseView> = { ...view };
      for (const part of parts) delete (rest as Record<string, unknown>)[part];
      view = rest as ReleaseView;
    },
  };
};

const begun = (
  releaseId: string,
  { model, repository, commit, order, trigger, params, resume }: ReleaseInput,
): ReleaseView => ({
  ...{ releaseId, model, repository, commit, order, trigger, params },
  startedAt: resume?.view.startedAt ?? Date.now(),
  stages: describeStages([]),
  decisions: [],
  ...(resume === undefined ? {} : { resumed: resume.number }),
  ...(resume?.view.review === undefined ? {} : { review: resume.view.review }),
});
