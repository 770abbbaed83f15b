import { z } from 'zod';

export const copy = z;
