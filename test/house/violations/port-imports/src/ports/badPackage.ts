import type { Client } from 'minio';

export type Copy = Client;
