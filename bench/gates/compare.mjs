import { monitorEventLoopDelay } from 'node:perf_hooks';
import { judgeOnThread } from '../../dist/activities/judgeOnThread.js';
import { judgeGates } from '../../dist/src/domain/gate/judgeGates.js';
import { randomStream } from '../../dist/src/domain/statistics/randomStream.js';
import { compare } from '../measure.mjs';

const ROWS = 200_000;
const DAYS = 60;
const DAY = 86_400_000;

/** A gate of 1,000 bootstrap rounds over 200,000 rows: on the thread as the activity asks it, against the event loop itself. */
export const compareGates = async ({ rounds }) => {
  const question = makeQuestion();
  const { signal } = new AbortController();
  const longestStall = async (work) => {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    // The look itself needs a turn of the loop before the work and after it.
    await turn();
    await work();
    await turn();
    delay.disable();
    return delay.max / 1e6;
  };
  const onThread = () => judgeOnThread(question, signal);
  const onLoop = async () => judgeGates(question);
  const shared = { rounds, peerName: 'the same on the event loop', ours: onThread, peer: onLoop };
  return [
    await compare({ name: `gate: 1,000 rounds over ${ROWS / 1000},000 rows, both models`, ...shared }),
    await compare({
      name: 'longest stall of the worker meanwhile',
      ...shared,
      ours: () => longestStall(onThread),
      peer: () => longestStall(onLoop),
      value: ({ value }) => value,
    }),
  ];
};

const turn = () => new Promise((resolve) => setTimeout(resolve, 50));

/** Two models that differ a little, whose predictions hardly ever tie: the most work that sorting can have. */
const makeQuestion = () => {
  const next = randomStream('bench');
  const column = (of) => Float64Array.from({ length: ROWS }, (_, row) => of(row));
  const truth = column(() => 0.05 + 0.6 * next());
  const blurred = () => column((row) => Math.min(1, Math.max(0, truth[row] + 0.2 * (next() - 0.5))));
  return {
    gates: [
      {
        name: 'quality',
        minRows: 1_000,
        rules: [
          { kind: 'threshold', metric: 'roc_auc', min: 0.6, confidence: 0.95 },
          { kind: 'threshold', metric: 'calibration_error', max: 0.05, confidence: 0.95 },
          { kind: 'champion', metric: 'brier', test: 'non_inferiority', margin: 0.002, confidence: 0.95 },
          { kind: 'champion', metric: 'roc_auc', test: 'non_inferiority', margin: 0.002, confidence: 0.95 },
          { kind: 'champion', metric: 'pr_auc', test: 'non_inferiority', margin: 0.002, confidence: 0.95 },
        ],
      },
    ],
    sample: {
      times: column((row) => Math.floor((row * DAYS) / ROWS) * DAY),
      labels: column((row) => (next() < truth[row] ? 1 : 0)),
      candidate: blurred(),
      champion: blurred(),
      anchors: {},
    },
    championDigest: 'sha256:champion',
    facts: [{}],
    seed: 'bench',
  };
};
