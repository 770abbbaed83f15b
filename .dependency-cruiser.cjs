// Who may import whom: the table of docs/architecture.md, one rule per row. Every rule has a planted violation in
// test/house/violations, and test/house/importRules.test.ts proves that it is caught.

/** Node's own modules. */
const NODE =
  '^(node:)?(assert|async_hooks|buffer|child_process|cluster|crypto|dns|events|fs|http|http2|https|module|net|os|path|perf_hooks|process|readline|stream|string_decoder|test|timers|tls|url|util|v8|vm|worker_threads|zlib)(/|$)';
const PACKAGE = 'node_modules/';
const TYPES_ONLY = { dependencyTypesNot: ['type-only'] };
/** Entry files: the wiring of one process each. */
const ENTRY = '^src/[^/]+[.]ts$';

/** A rule that lets `from` reach what matches one of `allowed`, and nothing else. */
const only = (name, comment, from, ...allowed) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { pathNot: allowed },
});

/** A rule that lets `from` reach `to` as types only. */
const typesOnly = (name, comment, from, to) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: to, ...TYPES_ONLY },
});

/** The parts of one process: they meet others through ports only. */
const PARTS = ['model-server', 'serving-node', 'signer', 'supervisor'];

module.exports = {
  forbidden: [
    only('domain-is-pure', 'The domain imports itself only: no packages, no node:.', '^src/domain/', '^src/domain/'),
    {
      ...only(
        'contract-imports',
        'Contracts are built from the domain, zod, and the parsers of YAML and TOML.',
        '^src/contract/',
        '^src/(contract|domain)/',
        `${PACKAGE}(zod|yaml|smol-toml)/`,
        // Digests are part of what is agreed.
        '^(node:)?crypto$',
      ),
      // generate.ts is the program that writes JSON Schema, OpenAPI and docs/errors.md
      from: { path: '^src/contract/', pathNot: '^src/contract/generate[.]ts$' },
    },
    only('port-imports', 'A port speaks domain and contract.', '^src/ports/', '^src/(ports|domain|contract)/'),
    typesOnly('ports-are-types', 'A port is an interface: it imports types only.', '^src/ports/', '.'),
    only(
      'workflow-imports',
      'Workflows are deterministic: the SDK, the domain; types of activities and contract.',
      '^workflows/',
      '^workflows/',
      '^src/(domain|contract)/',
      '^activities/',
      `${PACKAGE}@temporalio/(workflow|common)/`,
    ),
    typesOnly(
      'workflows-know-types-of-activities-and-contract',
      'zod and activity code never enter the workflow bundle.',
      '^workflows/',
      '^(activities|src/contract)/',
    ),
    only(
      'activity-imports',
      'Activities reach the world through ports, never through adapters or configuration.',
      '^activities/',
      '^activities/',
      '^src/(domain|contract|ports|recovery)/',
      '^workflows/messages[.]ts$',
      `${PACKAGE}@temporalio/(activity|common)/`,
      NODE,
    ),
    typesOnly('activities-know-ports-as-types', 'Ports are handed to activities.', '^activities/', '^src/ports/'),
    {
      name: 'adapter-imports',
      comment: 'An adapter knows ports, domain, contract and its own SDK, and never another adapter.',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: {
        pathNot: [
          '^src/adapters/$1/',
          '^src/(ports|domain|contract|transport)/',
          '^workflows/messages[.]ts$',
          PACKAGE,
          NODE,
        ],
      },
    },
    {
      name: 'only-the-temporal-adapter-knows-messages',
      comment: 'Other adapters have nothing to say to workflows.',
      severity: 'error',
      from: { path: '^src/adapters/', pathNot: '^src/adapters/temporal/' },
      to: { path: '^workflows/' },
    },
    only(
      'server-imports',
      'The API knows contract, domain, ports, the messages, and workflow types.',
      '^src/server/',
      '^src/(server|contract|domain|ports|console|recovery)/',
      '^workflows/(messages|index)[.]ts$',
      PACKAGE,
      NODE,
    ),
    typesOnly(
      'server-knows-workflow-types',
      'Workflow code never runs in the API.',
      '^src/server/',
      '^workflows/index[.]ts$',
    ),
    only(
      'cli-imports',
      'The CLI speaks HTTP; what works offline is handed to it by its entry file.',
      '^src/cli/',
      '^src/(cli|contract|domain|ports|transport)/',
      PACKAGE,
      NODE,
    ),
    typesOnly('cli-knows-ports-as-types', 'Adapters are handed to the CLI.', '^src/cli/', '^src/ports/'),
    only(
      'offline-imports',
      'What commands do without an API: adapters put together, given plain values by the entry file.',
      '^src/offline/',
      '^src/(offline|adapters|domain|contract|ports|recovery)/',
      PACKAGE,
      NODE,
    ),
    only(
      'recovery-imports',
      'What API and activities share after a loss of the engine: it reads through ports, and starts workflows by name.',
      '^src/recovery/',
      '^src/(recovery|domain|contract|ports)/',
      '^workflows/(messages|starts)[.]ts$',
      NODE,
    ),
    only('console-imports', 'Pages are made from the contract.', '^src/console/', '^src/(console|contract)/', PACKAGE),
    ...PARTS.map((part) =>
      only(
        `${part}-imports`,
        'A process of its own: domain, contract, ports.',
        `^src/${part}/`,
        `^src/(${part}|domain|contract|ports|transport)/`,
        PACKAGE,
        NODE,
      ),
    ),
    only(
      'transport-imports',
      'How our processes ask each other knows neither.',
      '^src/transport/',
      '^src/transport/',
      NODE,
    ),
    only(
      'config-imports',
      'Configuration is checked by the contract, and its mistakes are errors of the domain table.',
      '^src/config/',
      '^src/(config|contract|domain)/',
      PACKAGE,
      NODE,
    ),
    {
      name: 'config-is-for-entry-files',
      comment: 'Entry files read the configuration and pass plain values down.',
      severity: 'error',
      from: { pathNot: ['^src/config/', ENTRY, '^test/'] },
      to: { path: '^src/config/' },
    },
    {
      name: 'nothing-imports-entry-files',
      comment: 'An entry file is wiring; what two of them share has a place of its own.',
      severity: 'error',
      from: {},
      to: { path: ENTRY },
    },
    {
      name: 'nothing-imports-tests',
      comment: 'Test code is reached from test code only.',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle hides which part is the lower one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // model repositories of tests, examples and the demo stand for code of other people
    exclude: { path: '^(dist|test/house/violations|examples|tools/demo/versions)/|^test/fixtures/.*/repository/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
