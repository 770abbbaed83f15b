import { fastify } from 'fastify';
import { answer } from '../../workflows/messages.js';
import { answer as gate } from '../domain/gate.js';

export const api = [fastify, answer, gate];
