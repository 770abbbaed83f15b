import type { SeaweedPorts } from './objectStoreServer.js';

/** Ports that SeaweedFS wants besides the one that callers know. */
export const SEAWEED_PORTS = 8;

export const seaweedPortsOf = (s3: number, others: readonly number[]): SeaweedPorts => {
  const [s3Grpc = 0, master = 0, masterGrpc = 0, volume = 0, volumeGrpc = 0, filer = 0, filerGrpc = 0, admin = 0] =
    others;
  return { s3, s3Grpc, master, masterGrpc, volume, volumeGrpc, filer, filerGrpc, admin };
};
