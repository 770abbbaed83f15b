import { advanceWatermark, type DueWindow, type Watermark } from '../src/domain/drift/dueWindows.js';
import { watermarkKey } from '../src/domain/drift/keys.js';
import { encodeJson, readDocument } from './documents.js';
import type { Ports } from './ports.js';

export interface MoveWatermarkInput {
  readonly model: string;
  readonly environment: string;
  /** Windows whose reports are stored and whose findings were handed over. */
  readonly due: readonly DueWindow[];
}

/** Writes down how far the environment was measured. What is there is only ever raised, whoever wakes up late. */
export const createMoveWatermark =
  (ports: Ports) =>
  async ({ model, environment, due }: MoveWatermarkInput): Promise<Watermark | undefined> => {
    const key = watermarkKey(model, environment);
    const before = await readDocument<Watermark>(ports.store, key);
    const after = due.reduce<Watermark | undefined>(advanceWatermark, before);
    if (after === undefined || (before?.early === after.early && before.complete === after.complete)) return before;
    await ports.store.putDocument(key, encodeJson(after), 'application/json');
    ports.failpoint('moveWatermark.moved');
    return after;
  };
