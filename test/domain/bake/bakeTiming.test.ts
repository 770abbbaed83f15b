import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerUntil, lookDue, nextInAsking, nextJudgement } from '../../../src/domain/bake/bakeTiming.js';

const DAY = 86_400_000;
const spec = { withinMs: 21 * DAY };

test('labels are judged twelve times, and once at the deadline', () => {
  assert.equal(nextJudgement(spec, 0, 21 * DAY), (21 * DAY) / 12);
  assert.equal(nextJudgement(spec, 21 * DAY - 5, 21 * DAY), 21 * DAY);
  assert.equal(nextJudgement(spec, 21 * DAY, 21 * DAY), 21 * DAY + 1, 'never in the past');
});

test('however many messages ask for a look, labels are judged thirteen times at most', () => {
  let [judged, judgeAt] = [0, 0];
  for (let now = 0; now <= 21 * DAY; now += 60_000) {
    if (lookDue(now, judgeAt) === 'place') continue;
    judged += 1;
    judgeAt = nextJudgement(spec, now, 21 * DAY);
  }
  assert.equal(judged, 13);
});

test('owners are reminded twice, and looked for in between, until the time is over', () => {
  const until = answerUntil({ answerWithinMs: 10 * DAY }, 0);
  const played: string[] = [];
  for (let [now, reminders] = [0, 0]; ;) {
    const next = nextInAsking({ since: 0, until, reminders }, now);
    if (next.does !== 'look') played.push(`${next.does} ${now / DAY}`);
    if (next.does === 'over') break;
    if (next.does === 'remind') reminders += 1;
    assert.ok(next.does === 'remind' || next.at > now, 'time goes on');
    now = next.at;
  }
  assert.deepEqual(played, ['remind 5', 'remind 9', 'over 10']);
});

test('a week, where a spec does not say', () => assert.equal(answerUntil({}, DAY), 8 * DAY));
