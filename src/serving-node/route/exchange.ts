import { createConnection, type Socket } from 'node:net';

export interface Relayed {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Connections to one model server. */
export interface Exchange {
  /**
   * Sends a request and waits for the whole answer; rejects where the server goes away or is silent for too long, and with
   * `GivenUp` where it was cancelled: then its connection ends, from which the server sees that nobody waits.
   */
  send(head: string, body: Buffer, timeoutMs: number, cancelled?: AbortSignal): Promise<Relayed>;
  /** Ends every connection: requests under way are rejected. */
  close(): void;
}

/** The server took a request and did not answer in time; it may answer others. */
export class SilentServer extends Error {}

/** The caller does not wait for the answer any more; the server may be as well as ever. */
export class GivenUp extends Error {}

const RELAYED = new Set(['content-type', 'inference-header-content-length', 'retry-after', 'allow', 'traceparent']);
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/**
 * HTTP/1.1 over a Unix socket to our own model server, which always announces the length of its answers. Node's
 * own client costs as much as the inference; a connection that says anything unexpected is not used again.
 */
export const createExchange = (socketPath: string): Exchange => {
  const idle: Connection[] = [];
  const all = new Set<Connection>();
  const take = (): Connection => {
    const waiting = idle.pop();
    if (waiting !== undefined) return waiting;
    const connection = new Connection(
      createConnection(socketPath),
      () => all.delete(connection) && remove(idle, connection),
    );
    all.add(connection);
    return connection;
  };
  return {
    send: async (head, body, timeoutMs, cancelled) => {
      if (cancelled?.aborted === true) throw new GivenUp('the caller went away');
      const connection = take();
      const asked = connection.request(head, body, timeoutMs);
      const answer = await (cancelled === undefined ? asked : endedBy(cancelled, connection, asked));
      if (connection.usable) idle.push(connection);
      return answer;
    },
    close: () => {
      for (const connection of all) connection.end(new Error('the model server was given up'));
    },
  };
};

const endedBy = async (cancelled: AbortSignal, connection: Connection, asked: Promise<Relayed>): Promise<Relayed> => {
  const giveUp = (): void => connection.end(new GivenUp('the caller went away'));
  cancelled.addEventListener('abort', giveUp);
  try {
    return await asked;
  } finally {
    cancelled.removeEventListener('abort', giveUp);
  }
};

const remove = (list: Connection[], one: Connection): void => {
  const index = list.indexOf(one);
  if (index >= 0) list.splice(index, 1);
};

class Connection {
  usable = true;
  #waiting: { readonly resolve: (answer: Relayed) => void; readonly reject: (error: Error) => void } | undefined;
  #chunks: Buffer[] = [];
  #size = 0;
  #head:
    | {
        readonly status: number;
        readonly headers: Record<string, string>;
        readonly length: number;
        readonly bodyAt: number;
      }
    | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly onEnd: () => void,
  ) {
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', (error) => this.end(error));
    socket.on('close', () => this.end(new Error('the model server closed the connection')));
  }

  request(head: string, body: Buffer, timeoutMs: number): Promise<Relayed> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.end(new SilentServer(`no answer in ${timeoutMs} ms`)), timeoutMs);
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          this.#waiting = undefined;
          then(value);
        };
      this.#waiting = { resolve: settle(resolve), reject: settle(reject) };
      if (!this.usable) return this.#waiting.reject(new Error('the connection is closed'));
      this.socket.cork();
      this.socket.write(head, 'latin1');
      if (body.length > 0) this.socket.write(body);
      this.socket.uncork();
    });
  }

  end(error: Error): void {
    if (!this.usable) return;
    this.usable = false;
    this.socket.destroy();
    this.onEnd();
    this.#waiting?.reject(error);
  }

  #read(chunk: Buffer): void {
    if (this.#waiting === undefined) return this.end(new Error('an answer without a question'));
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#head === undefined && !this.#readHead()) return;
    const { status, headers, length, bodyAt } = this.#head!;
    if (this.#size < bodyAt + length) return;
    if (this.#size > bodyAt + length) return this.end(new Error('the answer is longer than announced'));
    const whole = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#size = 0;
    this.#head = undefined;
    if (headers['connection'] === 'close') {
      this.usable = false;
      this.socket.end();
      this.onEnd();
    }
    this.#waiting.resolve({ status, headers: relayed(headers), body: whole.subarray(bodyAt) });
  }

  /** False while the head is not whole, or when it made no sense and the connection was ended. */
  #readHead(): boolean {
    const whole = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#chunks = [whole];
    const end = whole.indexOf(END_OF_HEAD);
    if (end < 0) {
      if (whole.length > 65_536) this.end(new Error('the answer has no end of its head'));
      return false;
    }
    const [first = '', ...lines] = whole.toString('latin1', 0, end).split('\r\n');
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const colon = line.indexOf(':');
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const status = Number(first.slice(9, 12));
    const length = Number(headers['content-length']);
    if (!first.startsWith('HTTP/1.1 ') || !(status >= 200) || !Number.isInteger(length) || length < 0) {
      this.end(new Error('the answer is not what a model server sends'));
      return false;
    }
    this.#head = { status, headers, length, bodyAt: end + END_OF_HEAD.length };
    return true;
  }
}

const relayed = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => RELAYED.has(name)));
