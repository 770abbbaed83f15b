/** Files and addresses, as the operator's file names them. */
import { z } from 'zod';

export const filePath = z.string({ error: 'the path of a file' }).min(1);
export const url = z.url({ protocol: /^https?$/, error: 'an http or https address' });
