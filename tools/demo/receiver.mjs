// A receiver of signed webhooks, as an on-call tool would be one: verifies the signature, drops repeats of an ID, and
// appends what it accepted to a file. Runs as a process of its own: node receiver.mjs <secret file> <ledger file>;
// it tells its parent the port that it listens on.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const [secretFile, ledgerFile] = process.argv.slice(2);
const webhook = new Webhook(readFileSync(secretFile, 'utf8').trim());
const seen = new Set(
  existsSync(ledgerFile)
    ? readFileSync(ledgerFile, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).id)
    : [],
);

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString('utf8');
  try {
    webhook.verify(body, request.headers);
  } catch {
    response.writeHead(401).end();
    return;
  }
  const id = String(request.headers['webhook-id']);
  if (!seen.has(id)) {
    seen.add(id);
    const { type, data } = JSON.parse(body);
    appendFileSync(ledgerFile, `${JSON.stringify({ id, type, to: data.to, subject: data.subject, at: Date.now() })}\n`);
  }
  response.writeHead(204).end();
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));

// Ends with whoever started it, or, left running, with the process it was told to follow.
let followed;
process.on('message', ({ follow }) => {
  followed = follow;
});
process.on('disconnect', () => {
  if (followed === undefined) process.exit(0);
  setInterval(() => {
    try {
      process.kill(followed, 0);
    } catch {
      process.exit(0);
    }
  }, 1_000);
});
