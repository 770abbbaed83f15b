import { ApplicationFailure, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import { endStages } from '../../src/domain/release/stages.js';
import type { ReleaseOutcome, ReleaseView } from '../../src/domain/release/types.js';
import {
  deploymentSettledSignal,
  releaseId,
  releaseStateQuery,
  SEARCH_ATTRIBUTES,
  type ReleaseInput,
} from '../messages.js';
import { openAnswers } from './answers.js';
import { openGlass } from './breakGlass.js';
import { openCommentNotices } from './commentNotices.js';
import { openDesk } from './decisionDesk.js';
import { openHoldsShown } from './holdsShown.js';
import { openPeopleAwaited } from './peopleAwaited.js';
import { openStages } from './stages.js';
import type { Story } from './story.js';
import { openSupersession } from './supersession.js';
import { openTurn, withPlace } from './turn.js';
import { openView, type ShownView } from './view.js';

/**
 * Sets up everything that may be asked or told before the story's first step. The order stays: messages that came with
 * the start are handed out as their handlers are set.
 */
export const openStory = (input: ReleaseInput): Story => {
  const { carried } = input;
  const id = releaseId(input.model, input.commit, input.rerun);
  const shown = openView(id, input);
  const { view, show, note, drop } = shown;
  const answers = openAnswers();
  const desk = openDesk(shown, carried?.decisions);
  setHandler(releaseStateQuery, view, {
    description: 'The whole state of the release: stages, verdicts, what it waits for',
  });
  // A hotfix that is in waits for its review in run after run, whatever is newer.
  const supersession = openSupersession(shown, carried?.view.review !== undefined || carried?.bake !== undefined);
  const turn = openTurn(() => {
    const { awaited } = view();
    if (awaited !== undefined) show({ awaited: withPlace(turn, awaited) });
  });
  const people = openPeopleAwaited(shown, carried);
  const comments = openCommentNotices(
    view,
    note,
    carried?.comments,
    carried === undefined ? Date.now() : view().startedAt,
  );
  const stages = openStages(shown);
  const glass = openGlass(view, show, () => stages.plan()?.owners ?? []);
  const holds = openHoldsShown(shown, answers.unanswered);
  setHandler(
    deploymentSettledSignal,
    (message) => {
      answers.arrive(message);
      if (answers.unanswered() === undefined) holds.free();
    },
    { description: 'The answer of an environment to a request for deployment' },
  );

  return {
    ...{ releaseId: id, model: input.model, input, view, turn, glass },
    ...stages,
    ...supersession,
    ...people,
    ...desk,
    carry: (wait) => {
      const plan = stages.plan();
      if (plan === undefined) throw ApplicationFailure.nonRetryable('the release has no plan yet', 'internal');
      const looks = people.looks();
      return {
        ...{ view: view(), plan, decisions: desk.carry(), comments: comments.carry() },
        ...(wait === undefined ? {} : { wait }),
        ...(looks === undefined ? {} : { looks }),
      };
    },
    ...answers,
    awaits: (awaited) => {
      drop('awaited');
      show(awaited === undefined ? {} : { awaited });
    },
    asksOwners: (bakeAsked) => {
      drop('bakeAsked');
      show(bakeAsked === undefined ? {} : { bakeAsked });
    },
    underReview: (review) => show({ review }),
    provisional: (reason) => {
      show({ outcome: 'provisional', reason });
      upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.verdict, value: 'provisional' }]);
    },
    thaw: (overridden) => {
      holds.overrode(overridden);
      holds.free();
      supersession.returnBehindIt();
    },
    end: (outcome, reason) => {
      desk.refuseRest();
      drop('waiting', 'awaited', 'bakeAsked');
      end(shown, outcome, reason);
    },
  };
};

const end = ({ view, show }: ShownView, outcome: ReleaseOutcome, reason: string): void => {
  const stages = endStages(view().stages, Date.now(), reason);
  show({ outcome, reason, stages, endedAt: Date.now(), ...blockedBy(view(), outcome) });
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.stage, value: 'ended' },
    { key: SEARCH_ATTRIBUTES.verdict, value: outcome },
  ]);
};

const blockedBy = ({ stages }: ReleaseView, outcome: ReleaseOutcome): Pick<ReleaseView, 'blockedBy'> => {
  const verdict =
    outcome === 'blocked'
      ? stages.find((stage) => stage.name === 'gate' && stage.status === 'failed')?.verdict
      : undefined;
  return verdict === undefined ? {} : { blockedBy: verdict };
};
