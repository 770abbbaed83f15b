import { randomUUID } from 'node:crypto';

export const copy = randomUUID;
