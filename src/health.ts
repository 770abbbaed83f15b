/** Asks one of our processes whether it is alive, for health checks of containers: `health.js <url | socket path>`. */
import { request } from 'node:http';

const target = process.argv[2] ?? '';
const options = target.startsWith('http')
  ? { host: new URL(target).hostname, port: new URL(target).port, path: new URL(target).pathname }
  : { socketPath: target, path: '/health' };

request({ ...options, timeout: 2_000 }, (response) => process.exit(response.statusCode === 200 ? 0 : 1))
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1))
  .end();
