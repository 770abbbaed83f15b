/** Answers one question about the prediction log, in a process of its own; see metricProcess.ts. */
import { clip } from '../../domain/clip.js';
import { unreadable } from '../../domain/rollout/metricReading.js';
import { endWithParent } from '../../transport/untrustedChild.js';
import { runMetricQuery, type MetricQueryQuestion } from './metricQuery.js';

/** DuckDB shows what it cannot read, which is as long as the log has it. */
const MOST_REASON = 500;

const answer = async (question: MetricQueryQuestion): Promise<void> => {
  const readings = await runMetricQuery(question).catch((error: unknown) =>
    question.versions.map(() =>
      unreadable(`the prediction log cannot be read: ${error instanceof Error ? error.message : String(error)}`),
    ),
  );
  process.send!(
    readings.map((one) => (one.kind === 'value' ? one : { ...one, reason: clip(one.reason, MOST_REASON) })),
  );
};

endWithParent();
process.once('message', (question: MetricQueryQuestion) => void answer(question));
