import { decide } from '../domain/decide.js';

export const ask = () => decide();
