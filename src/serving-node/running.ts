import type { RoutableVersion } from '../domain/inference/chooseVersion.js';
import type { Digest } from '../domain/artifact/types.js';
import type { TargetVersion } from '../domain/rollout/types.js';
import { createExchange, type Exchange } from './route/exchange.js';
import type { ModelProcess } from './supervise/modelProcess.js';

/** One version of a model on this node: what the command says of it, its process, and what is under way there. */
export class Running implements RoutableVersion {
  retiring = false;
  inFlight = 0;
  /** Requests that the server took and never answered, since the last accepted command. */
  lost = 0;
  #exchange: { readonly socket: string; readonly exchange: Exchange } | undefined;

  constructor(
    public target: TargetVersion,
    readonly process: ModelProcess,
  ) {}

  get digest(): Digest {
    return this.target.artifactDigest;
  }

  get version(): string {
    return this.target.artifactDigest.slice('sha256:'.length);
  }

  get role(): TargetVersion['role'] {
    return this.target.role;
  }

  get weight(): number {
    return this.target.weight;
  }

  get ready(): boolean {
    return this.process.status().ready;
  }

  /** Connections to the server that runs now. */
  exchange(): Exchange | undefined {
    const { socket } = this.process.status();
    if (socket === undefined) return undefined;
    if (this.#exchange?.socket !== socket) {
      this.#exchange?.exchange.close();
      this.#exchange = { socket, exchange: createExchange(socket) };
    }
    return this.#exchange.exchange;
  }

  /** Requests under way are rejected, and can be sent elsewhere. */
  disconnect(): void {
    this.#exchange?.exchange.close();
    this.#exchange = undefined;
  }
}
