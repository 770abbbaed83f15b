/** Files and addresses, as the operator's file names them. */
import { z } from 'zod';

export const filePath = z.string({ error: 'the path of a file' }).min(1);
export const url = z.url({ protocol: /^https?$/, error: 'an http or https address' });

export const hostAndPort = z
  .string({ error: 'host:port' })
  .regex(/^[^\s/:]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/, 'host:port');
export const hostNames = z
  .array(z.string({ error: 'a host name' }).regex(/^[A-Za-z0-9._-]{1,253}$/, 'a host name without port'))
  .max(100)
  .default([]);
/** Of metrics, where one host has many services. */
export const metricHosts = z
  .array(
    z
      .string({ error: 'host or host:port' })
      .regex(
        /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/,
        'host or host:port, as its address names it',
      ),
  )
  .max(100)
  .default([]);
