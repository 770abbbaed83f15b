import { fastify } from 'fastify';

export const copy = fastify;
