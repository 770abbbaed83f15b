/** Reads one table after another, in a process of its own; see tableReader.ts. */
import { clip } from '../../domain/clip.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { endWithParent } from '../../transport/untrustedChild.js';
import { readTable, type TableQuestion } from './readTable.js';
import { pack, type TableAnswer } from './tableProtocol.js';

/** DuckDB shows what it cannot read, which is as long as the table has it. */
const MOST_MESSAGE = 2_000;

/** Resolves when the other side has room for more. */
const send = (answer: TableAnswer): Promise<void> =>
  new Promise((resolve, reject) => {
    process.send!(answer, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });

const answer = async (question: TableQuestion): Promise<void> => {
  try {
    await readTable(question, (columns) => send({ kind: 'chunk', columns: columns.map(pack) }));
    await send({ kind: 'done' });
  } catch (error) {
    const message = clip(error instanceof Error ? error.message : String(error), MOST_MESSAGE);
    await send({ kind: 'invalid', message, details: error instanceof SlipwayError ? error.details : {} });
  }
};

endWithParent();
process.on('message', (question: TableQuestion) => void answer(question));
