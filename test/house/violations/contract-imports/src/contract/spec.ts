import { z } from 'zod';
import { answer } from '../domain/gate.js';

export const schema = z.literal(answer);
