import type { Readable } from 'node:stream';

export type Copy = Readable;
