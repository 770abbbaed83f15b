/** Asks one of our processes whether it is alive, for health checks of containers: `health.js <url | socket path>`. */
import { exchange } from './transport/exchange.js';

const target = process.argv[2] ?? '';
const TIMEOUT_MS = 2_000;

const ask = () => {
  if (!target.startsWith('http')) return exchange({ socketPath: target }, { path: '/health', timeoutMs: TIMEOUT_MS });
  const { hostname, port, pathname } = new URL(target);
  return exchange({ host: hostname, port }, { path: pathname, timeoutMs: TIMEOUT_MS });
};

const healthy = await ask().then(
  ({ status }) => status === 200,
  () => false,
);
process.exit(healthy ? 0 : 1);
