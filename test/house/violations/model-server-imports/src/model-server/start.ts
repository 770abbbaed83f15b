import { createServer } from 'node:http';
import { answer } from '../domain/gate.js';

export const start = [createServer, answer];
