import type { Client } from 'minio';
import { clientError } from './storeErrors.js';

/** Object lock: `governance` can be lifted by who has the right for it, `compliance` by nobody. */
export interface Retention {
  readonly mode: 'governance' | 'compliance';
  readonly days: number;
}

type LockConfig = Parameters<Client['setObjectLockConfig']>[1];

/** Object lock can be had at the making of a bucket only; a store that has none makes a plain one. */
export const makeLockedBucket = async (
  control: Client,
  bucket: string,
  region: string,
  { mode, days }: Retention,
): Promise<void> => {
  try {
    await control.makeBucket(bucket, region, { ObjectLocking: true });
    // The client's types know of no promise here; it gives one.
    await (control.setObjectLockConfig(bucket, {
      mode: mode === 'governance' ? 'GOVERNANCE' : 'COMPLIANCE',
      unit: 'Days',
      validity: days,
    } as LockConfig) as unknown as Promise<void>);
  } catch (error) {
    const taken = (error as { code?: string }).code === 'BucketAlreadyOwnedByYou';
    if (taken) throw error;
    if (!(await control.bucketExists(bucket))) await control.makeBucket(bucket, region);
  }
};

export const readRetention = async (
  control: Client,
  bucket: string,
  endpoint: string,
): Promise<Retention | undefined> => {
  try {
    const { mode, unit, validity } = await (control.getObjectLockConfig(bucket) as unknown as Promise<{
      mode?: string;
      unit?: string;
      validity?: number;
    }>);
    if (mode === undefined || validity === undefined) return undefined;
    return {
      mode: mode === 'COMPLIANCE' ? 'compliance' : 'governance',
      days: unit === 'Years' ? validity * 365 : validity,
    };
  } catch (error) {
    const { name, code } = error as { name?: string; code?: string };
    if (name === 'S3Error' && code !== 'AccessDenied') return undefined;
    throw clientError(`object lock of ${bucket}`, endpoint, error);
  }
};
