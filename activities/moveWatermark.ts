import { advanceWatermark, type DueWindow, type Watermark } from '../src/domain/drift/dueWindows.js';
import type { Ports } from './ports.js';
import { addMark, clearMarksBehind, readWatermark } from './watermark.js';

export interface MoveWatermarkInput {
  readonly model: string;
  readonly environment: string;
  /** Windows whose reports are stored and whose findings were handed over. */
  readonly due: readonly DueWindow[];
}

/** Writes down how far the environment was measured. It is only ever raised, whoever wakes up late. */
export const createMoveWatermark =
  (ports: Ports) =>
  async ({ model, environment, due }: MoveWatermarkInput): Promise<Watermark | undefined> => {
    const before = await readWatermark(ports.store, model, environment);
    const after = due.reduce<Watermark | undefined>(advanceWatermark, before);
    if (after === undefined || (before?.early === after.early && before.complete === after.complete)) return before;
    await addMark(ports.store, model, environment, after);
    ports.failpoint('moveWatermark.moved');
    if (before !== undefined) await clearMarksBehind(ports.store, model, environment, before);
    return after;
  };
