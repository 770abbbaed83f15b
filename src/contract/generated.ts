import { ERRORS, type ErrorEntry } from '../domain/errors/table.js';
import { openApi } from './http/openapi.js';
import { routesPage } from './routesPage.js';
import { specJsonSchema } from './spec/jsonSchema.js';

/** Every derived file, by its path in the repository. */
export const generatedFiles = (): Readonly<Record<string, string>> => ({
  'src/contract/generated/slipway.schema.json': json(specJsonSchema()),
  'src/contract/generated/openapi.json': json(openApi()),
  'docs/errors.md': errorsPage(),
  'docs/routes.md': routesPage(),
});

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const errorsPage = (): string => {
  const rows = Object.entries(ERRORS).map(([code, entry]: [string, ErrorEntry]) =>
    [`\`${code}\``, entry.meaning, entry.action, entry.retryable ? 'yes' : 'no', entry.status, entry.exit].join(' | '),
  );
  return [
    '# Errors',
    '',
    'Generated from `src/domain/errors/table.ts`. Every error of the API is a problem document (RFC 9457) with its `code`;',
    'the command line ends with its exit code, and a release that failed begins its reason with the code.',
    '"Again" says whether the same call can succeed later without anybody changing anything.',
    '',
    'Code | Meaning | What to do | Again | HTTP status | Exit code',
    '--- | --- | --- | --- | --- | ---',
    ...rows,
    '',
  ].join('\n');
};
