/** How a store is reached by who has no installation: its address, and keys that may read. */
export interface StoreAccess {
  readonly endpoint: string;
  readonly region?: string;
  readonly bucket: string;
  readonly ledgerBucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
}
