/**
 * Every error that leaves Slipway: through the API (as problem details), the CLI, a workflow's failure, or a
 * release's reason. `docs/errors.md` is generated from this table.
 */
export interface ErrorEntry {
  readonly meaning: string;
  /** Would the same call later succeed without anybody changing anything? */
  readonly retryable: boolean;
  readonly status: number;
  /** Exit code of the CLI. */
  readonly exit: number;
  readonly action: string;
}

const entry = (status: number, exit: number, retryable: boolean, meaning: string, action: string): ErrorEntry => ({
  meaning,
  retryable,
  status,
  exit,
  action,
});

export const ERRORS = {
  // What users write
  spec_missing: entry(
    422,
    2,
    false,
    'The commit has no slipway.yaml.',
    'Add slipway.yaml to the root of the repository; docs/spec.md describes it.',
  ),
  spec_invalid: entry(
    422,
    2,
    false,
    'slipway.yaml has mistakes.',
    'Correct the lines named; `slipway validate` checks the working copy.',
  ),
  config_invalid: entry(500, 2, false, 'slipway.config.yaml has mistakes.', 'Correct the lines named and start again.'),
  request_invalid: entry(
    400,
    2,
    false,
    'The request does not fit the schema.',
    'Correct the fields named; the OpenAPI document at /api/v1/openapi.json has the schema.',
  ),
  route_unknown: entry(404, 2, false, 'The API has no such route.', 'See /api/v1/openapi.json.'),
  body_too_large: entry(413, 2, false, 'The body of the request is larger than the API accepts.', 'Send it in parts.'),
  media_type_unsupported: entry(415, 2, false, 'The body of the request is no JSON.', 'Send application/json.'),
  usage: entry(400, 2, false, 'The command was called with wrong words.', 'See `slipway <command> --help`.'),
  // Source
  unknown_model: entry(
    404,
    8,
    false,
    'No such model is configured.',
    'Add it to slipway.config.yaml, or correct the name.',
  ),
  unknown_environment: entry(
    404,
    8,
    false,
    'The model has no such environment.',
    'Use an environment of its slipway.yaml.',
  ),
  unknown_commit: entry(404, 8, false, 'The repository has no such commit.', 'Push the commit, or give its full hash.'),
  repository_unreachable: entry(
    502,
    9,
    true,
    'The repository cannot be read.',
    'Check its address and rights in slipway.config.yaml.',
  ),
  repository_refused: entry(
    422,
    2,
    false,
    'The address of the repository is not allowed.',
    'Use https or ssh, or list its folder under sourceRoots in slipway.config.yaml.',
  ),
  // Steps
  step_failed: entry(
    422,
    1,
    false,
    'A command of the model repository failed.',
    'Read its last lines in the release, correct the code, and commit again.',
  ),
  step_timeout: entry(
    422,
    1,
    false,
    'A command of the model repository ran past its timeout.',
    'Make it faster, or raise its timeout in slipway.yaml.',
  ),
  output_missing: entry(
    422,
    1,
    false,
    'The build did not write a file that slipway.yaml declares.',
    'Write the file named, or correct its path under artifact.',
  ),
  checks_failed: entry(
    422,
    1,
    false,
    'Checks of the commit failed.',
    'See the failing checks and tests in the release, and commit a correction.',
  ),
  // Artifacts
  model_invalid: entry(
    422,
    1,
    false,
    'The model file cannot be loaded as ONNX.',
    'Export an ONNX model; other formats are not deployed.',
  ),
  signature_mismatch: entry(
    422,
    1,
    false,
    'The model has other inputs or outputs than slipway.yaml declares.',
    'Make signature in slipway.yaml and the exported graph the same.',
  ),
  table_invalid: entry(
    422,
    1,
    false,
    'A table of the build cannot be read, or lacks declared columns.',
    'Write every declared feature, the label and the event time.',
  ),
  digest_mismatch: entry(
    502,
    1,
    true,
    'Bytes from the store do not have the digest they are stored under.',
    'Restore the object from a backup; it is not used.',
  ),
  signature_invalid: entry(
    403,
    3,
    false,
    'An attestation is not signed by this installation, or is about something else.',
    'Do not use the artifact; package the commit again, and look at who wrote the attestation.',
  ),
  ledger_tampered: entry(
    409,
    1,
    false,
    'The ledger is not what was written to it.',
    'Run `slipway audit verify`; docs/audit.md says what each fault means.',
  ),
  not_found: entry(
    404,
    8,
    false,
    'No such thing is stored.',
    'Check the name; `slipway status`, `release list` and `incident list` show what there is.',
  ),
  too_large: entry(
    413,
    1,
    false,
    'What is stored there is larger than what was asked for may be.',
    'Fetch it as a file, or look at who wrote it.',
  ),
  artifact_unknown: entry(
    404,
    8,
    false,
    'No artifact has this digest.',
    'Use a digest that `slipway status` or `slipway release show` prints.',
  ),
  artifact_refused: entry(
    422,
    3,
    false,
    'This is no artifact that Slipway takes: its kind, its paths or its files are not allowed.',
    'See what is named; docs/artifacts.md says what is taken.',
  ),
  // Decisions
  unauthenticated: entry(
    401,
    3,
    false,
    'No valid token came with the request.',
    'Use --as <identity>, or set SLIPWAY_TOKEN.',
  ),
  forbidden: entry(403, 3, false, 'The identity has no role that may do this.', 'Ask somebody who has the role named.'),
  self_approval: entry(403, 3, false, 'Authors and triggers of a release cannot approve it.', 'Ask another reviewer.'),
  unknown_author: entry(
    403,
    3,
    false,
    'A commit was written by somebody who is no known identity.',
    'Add the e-mail address to identities in slipway.config.yaml.',
  ),
  not_waiting: entry(
    409,
    3,
    false,
    'The release does not wait for a decision.',
    'See its state with `slipway release show`.',
  ),
  statement_unsigned: entry(
    403,
    3,
    false,
    'The decision has no valid signature.',
    'Decide with `slipway approve` or `slipway reject`.',
  ),
  statement_mismatch: entry(
    409,
    3,
    false,
    'The decision is for other evidence than the release waits with.',
    'Look at the evidence again and decide again.',
  ),
  statement_expired: entry(409, 3, false, 'The decision was delivered too late.', 'Decide again.'),
  statement_used: entry(409, 3, false, 'The decision was used before.', 'Decide again.'),
  inbox_full: entry(429, 9, true, 'More decisions arrived than can be judged at once.', 'Try again in a moment.'),
  already_decided: entry(409, 3, false, 'This person decided already.', 'Nothing needs to be done.'),
  reason_required: entry(422, 2, false, 'A rejection needs a reason.', 'Give --reason.'),
  // Deployment
  stale_command: entry(
    409,
    1,
    false,
    'A command with a newer epoch was carried out before.',
    'Nothing needs to be done: the newer command stands.',
  ),
  command_conflict: entry(
    409,
    1,
    false,
    'Another command has the same epoch and sequence.',
    'Report this: two writers share an environment.',
  ),
  target_unreachable: entry(
    502,
    9,
    true,
    'The serving node of the environment does not answer.',
    'See `slipway doctor`; start the node again.',
  ),
  version_unready: entry(502, 1, false, 'The model server did not become ready.', 'See its last lines in the reason.'),
  served_digest_mismatch: entry(
    502,
    1,
    false,
    'The model server serves another digest than the one deployed.',
    'The deployment was stopped; look at the serving node.',
  ),
  smoke_failed: entry(
    422,
    1,
    false,
    'Smoke test rows were not answered as they should.',
    'See the rows named in the evidence.',
  ),
  nothing_to_roll_back: entry(
    409,
    3,
    false,
    'The environment has no earlier version.',
    'Name a version with --to <digest>.',
  ),
  superseded: entry(409, 10, false, 'A newer commit took the place of this release.', 'Look at the newer release.'),
  withdrawn: entry(
    409,
    10,
    false,
    'The release took its request for deployment back.',
    'Nothing needs to be done: the release has ended.',
  ),
  queue_full: entry(429, 9, true, 'Too many requests wait for the environment.', 'Wait until some of them have ended.'),
  rollout_active: entry(
    409,
    3,
    true,
    'Another rollout is running in the environment.',
    'Wait until it has ended, or abort it.',
  ),
  lease_taken: entry(409, 3, true, 'Another incident repairs this environment.', 'Wait until it has ended.'),
  // Monitoring
  no_window: entry(
    404,
    6,
    true,
    'No window of production data is complete yet.',
    'Send traffic, and check again when the window has ended.',
  ),
  incident_closed: entry(409, 3, false, 'The incident is resolved.', 'Nothing needs to be done.'),
  notification_failed: entry(
    502,
    9,
    true,
    'The receiver of a notification did not accept it.',
    'Check the channel in slipway.config.yaml.',
  ),
  notification_refused: entry(
    502,
    1,
    false,
    'The receiver of a notification refuses it, or there is no channel for it.',
    'Correct the channel in slipway.config.yaml: its address, its secret, or its name.',
  ),
  // World
  store_unreachable: entry(
    503,
    9,
    true,
    'The object store does not answer.',
    'Start it, or correct store.endpoint; see `slipway doctor`.',
  ),
  registry_unreachable: entry(502, 9, true, 'The registry does not answer.', 'Check its address, and try again.'),
  registry_refused: entry(
    403,
    3,
    false,
    'The registry refuses the request.',
    'Set SLIPWAY_REGISTRY_USER and SLIPWAY_REGISTRY_PASSWORD, and check the rights of that user.',
  ),
  store_unsafe: entry(
    503,
    9,
    false,
    'The object store does not keep conditional writes.',
    'Use a store that honours If-None-Match.',
  ),
  store_full: entry(507, 9, true, 'The object store has no room.', 'Free space; nothing was lost.'),
  precondition_failed: entry(
    409,
    1,
    false,
    'The object exists with other content.',
    'Report this: content under a key never changes.',
  ),
  temporal_unreachable: entry(
    503,
    9,
    true,
    'Temporal does not answer.',
    'Start it, or correct temporal.address; see `slipway doctor`.',
  ),
  temporal_empty: entry(
    503,
    9,
    false,
    'Temporal has lost what it knew: its database is another than before.',
    'Restore its database, or follow docs/operations.md, "A lost engine".',
  ),
  signer_unreachable: entry(503, 9, true, 'The signer does not answer.', 'Start it; see `slipway doctor`.'),
  api_unreachable: entry(503, 9, true, 'No Slipway API answers.', 'Start one with `slipway dev`, or set SLIPWAY_URL.'),
  port_taken: entry(500, 9, false, 'A port is used by another program.', 'Stop that program, or choose another port.'),
  server_missing: entry(
    500,
    9,
    false,
    'A server program cannot be had on this machine.',
    'Follow one of the ways named.',
  ),
  disk_full: entry(507, 9, true, 'The disk has no room.', 'Free space; nothing was lost.'),
  timed_out: entry(
    504,
    9,
    true,
    'The answer did not come in time.',
    'Look at the state; what was asked may still happen.',
  ),
  internal: entry(500, 1, false, 'Something unexpected happened.', 'Report this with the log lines around it.'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;
