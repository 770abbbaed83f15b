import { Connection, isGrpcServiceError } from '@temporalio/client';

const TIMEOUT_MS = 3_000;
/** gRPC: NOT_FOUND, PERMISSION_DENIED, UNAUTHENTICATED. */
const NOT_FOUND = 5;
const REFUSED: readonly number[] = [7, 16];

/**
 * Does the engine at this address let in who has neither certificate nor key? A namespace that is asked for and not there
 * was looked for, too. Undefined where it does not say: it is away, or wants TLS first.
 */
export const asksForCredentials = async (address: string): Promise<boolean | undefined> => {
  const connection = Connection.lazy({ address, tls: false, connectTimeout: TIMEOUT_MS });
  try {
    await connection.withDeadline(Date.now() + TIMEOUT_MS, () =>
      connection.workflowService.describeNamespace({ namespace: 'default' }),
    );
    return false;
  } catch (error) {
    if (!isGrpcServiceError(error)) return undefined;
    if (error.code === NOT_FOUND) return false;
    return REFUSED.includes(error.code) ? true : undefined;
  } finally {
    await connection.close();
  }
};
