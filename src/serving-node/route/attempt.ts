import type { Deployment } from '../deployment.js';
import type { Replica } from '../replica.js';
import type { Running } from '../running.js';
import { GivenUp, SilentServer, type Relayed } from './exchange.js';

/** A request of a caller as it is sent to model servers. */
export interface Question {
  readonly method: string;
  readonly path: string;
  /** Headers that the model server understands, as lines. */
  readonly headers: string;
  readonly body: Buffer;
  readonly timeoutMs: number;
}

/** Its queue takes no more. */
const FULL = 429;

/**
 * Asks one version, of its processes the one with the least to do. Undefined: it took the request and did not answer, which is its failure where it was `counted`; or
 * it has no process to ask; or the caller went away, which is nobody's failure.
 */
export const attempt = async (
  deployment: Deployment,
  to: Running,
  question: Question,
  counted: boolean,
  cancelled?: AbortSignal,
  replica: Replica | undefined = to.choose(),
): Promise<Relayed | undefined> => {
  const exchange = replica?.exchange();
  if (replica === undefined || exchange === undefined) return undefined;
  const inference = question.method === 'POST';
  const outcome = replica.ask(inference);
  to.load.begin();
  try {
    const { body, timeoutMs } = question;
    // Whether a server that answered nobody is back is not for one caller to break off.
    const answer = await exchange.send(
      headOf(question, to, counted),
      body,
      timeoutMs,
      outcome.decides ? undefined : cancelled,
    );
    outcome.answered();
    if (answer.status === FULL) to.load.refused += 1;
    return answer;
  } catch (error) {
    if (error instanceof GivenUp) return void outcome.givenUp();
    if (counted && inference) to.lost += 1;
    outcome.lost();
    if (!(error instanceof SilentServer)) replica.process.suspect();
    return undefined;
  } finally {
    to.load.end();
    to.released();
    deployment.released(to);
  }
};

const headOf = ({ method, path, headers, body }: Question, to: Running, counted: boolean): string =>
  `${method} ${path} HTTP/1.1\r\nhost: model\r\nx-slipway-route: ${to.role}\r\n${counted ? '' : 'x-slipway-asked-for: 1\r\n'}${headers}content-length: ${body.length}\r\n\r\n`;
