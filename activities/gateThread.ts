/** Judges gates on a thread of its own: a thousand rounds over all rows must not hold the event loop. */
import { parentPort, workerData } from 'node:worker_threads';
import { judgeGates, type GateQuestion } from '../src/domain/gate/judgeGates.js';

parentPort?.postMessage(judgeGates(workerData as GateQuestion));
