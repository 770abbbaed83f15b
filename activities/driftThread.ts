/** Measures one window on a thread of its own: statistics over millions of values must not hold the event loop. */
import { parentPort, workerData } from 'node:worker_threads';
import { measureDrift, type DriftQuestion } from '../src/domain/drift/measureDrift.js';

parentPort?.postMessage(measureDrift(workerData as DriftQuestion));
