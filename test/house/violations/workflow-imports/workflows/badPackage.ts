import { Client } from 'minio';

export const copy = Client;
