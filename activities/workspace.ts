import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { activityInfo } from '@temporalio/activity';
import { requireSpec } from '../src/contract/spec/requireSpec.js';
import type { Digest } from '../src/domain/artifact/types.js';
import { paramsOf } from '../src/domain/build/describeSteps.js';
import { describeCap } from '../src/domain/release/logCap.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { CommandSpec, ParamValue, Spec, StepSpec } from '../src/domain/spec/types.js';
import type { StepCommand, StepResult, StepTools } from '../src/ports/stepRunner.js';
import type { GuardedFolder } from './guardedFolder.js';
import { termsOf } from './heldToTerms.js';
import { installCheckout } from './installCheckout.js';
import type { Ports } from './ports.js';
import { readInCheckout, writeOverrides } from './checkoutFiles.js';
import { maskedLog } from './maskedLog.js';
import { openGuardedFolder } from './openGuardedFolder.js';
import type { StageLog } from './stageLog.js';
import { withoutSecrets } from './withoutSecrets.js';
import { readWritten } from './writtenFile.js';

export interface CommitRef {
  readonly repository: string;
  readonly commit: string;
  readonly model: string;
  readonly params: Readonly<Record<string, ParamValue>>;
  /** Whether the steps get the rows that production logged, where the release brings some. */
  readonly withExportedData: boolean;
}

/** A clean checkout of a commit, private to one activity attempt. */
export interface Workspace {
  /** Where commands begin. What is in it is touched by `files` alone: commands may change it at the same time. */
  readonly directory: string;
  readonly files: GuardedFolder;
  /** The folder that holds the checkout and everything else of this run. */
  readonly root: string;
  readonly spec: Spec;
  readonly params: Readonly<Record<string, ParamValue>>;
  /** Takes the secrets of its commands out of what comes from their files or their output, and is kept. */
  shown<T>(value: T): T;
  /**
   * Prepares the checkout as its spec says, once; every command after it has what was installed. The error says what
   * failed.
   *
   * @param signal ends it; the activity's own where absent
   */
  install(log: Pick<StageLog, 'write' | 'note'>, signal?: AbortSignal): Promise<SlipwayError | undefined>;
  /**
   * @param signal ends the command; the activity's own where absent
   * @param limits what a step of the build is given, and how much it may take; everything where absent
   */
  run(
    command: CommandSpec,
    log: Pick<StageLog, 'write' | 'note'>,
    signal?: AbortSignal,
    limits?: Pick<StepSpec, 'name' | 'params' | 'resources'>,
  ): Promise<StepResult>;
}

/** Checks the commit out into an empty directory, reads its spec, runs `work`, and removes everything again. */
export const withWorkspace = async <T>(
  ports: Ports,
  ref: CommitRef,
  signal: AbortSignal,
  work: (workspace: Workspace) => Promise<T>,
): Promise<T> => {
  const root = join(ports.settings.workDirectory, randomUUID());
  const directory = join(root, 'checkout');
  try {
    await mkdir(join(root, 'home'), { recursive: true, mode: 0o700 });
    await mkdir(join(root, 'tmp'), { recursive: true, mode: 0o700 });
    await mkdir(directory, { recursive: true });
    const files = await openGuardedFolder(directory);
    await ports.source.checkout(ref.repository, ref.commit, directory);
    const spec = await readSpec(ports, files, directory, ref);
    const params = { ...spec.build.params, ...ref.params };
    await writeOverrides(directory, spec.build.origins ?? {}, ref.params);
    const env = await stepEnvironment(ports, root, params, ref.withExportedData);
    const task = currentTask();
    const known = await secretsOfSpec(ports, ref.model, spec);
    let installed: Promise<SlipwayError | undefined> | undefined;
    let added: { readonly tools?: StepTools; readonly env: Readonly<Record<string, string>> } = { env: {} };
    const workspace: Workspace = {
      directory,
      files,
      root,
      spec,
      params,
      shown: (value) => withoutSecrets(value, [...known]),
      install: (log, ending = signal) =>
        (installed ??= installCheckout(ports, workspace, log, ending, (tools) => {
          added = tools;
        })),
      run: async (command, log, ending = signal, limits) => {
        log.note(`$ ${command.run}`);
        const given =
          limits?.params === undefined ? env : await onlyParams(env, root, limits.name, limits.params, params);
        const secrets = await secretsOf(ports, ref.model, command.secrets ?? []);
        for (const { value } of secrets) known.add(value);
        const masked = [...known];
        const shown = maskedLog(log, masked);
        const result = await ports.steps.run(
          {
            command: command.run,
            directory,
            root,
            env: { ...given, ...added.env, ...command.env },
            ...(added.tools === undefined ? {} : { tools: added.tools }),
            timeoutMs: command.timeoutMs,
            task,
            ...(command.network === true ? { network: true } : {}),
            ...(secrets.length === 0 ? {} : { secrets }),
            ...(limits?.resources === undefined ? {} : { resources: limits.resources }),
          },
          shown.write,
          ending,
        );
        shown.end();
        if (result.logCapped) log.note(`\n[${describeCap(result.logBytes)}]`);
        return masked.length === 0 ? result : { ...result, tail: shown.tail() };
      },
    };
    return await work(workspace);
  } finally {
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  }
};

/** The same for all attempts of this activity, and for no other. */
const currentTask = (): NonNullable<StepCommand['task']> => {
  const { workflowExecution, activityId, attempt } = activityInfo();
  return { id: [workflowExecution?.workflowId, workflowExecution?.runId, activityId].join('/'), attempt };
};

const MAX_SPEC_BYTES = 1024 * 1024;

const readSpec = async (ports: Ports, files: GuardedFolder, directory: string, ref: CommitRef): Promise<Spec> => {
  const found = await readWritten(files, 'slipway.yaml', MAX_SPEC_BYTES);
  if ('problem' in found) {
    throw found.missing
      ? new SlipwayError('spec_missing', `${ref.commit.slice(0, 12)} has no slipway.yaml`)
      : new SlipwayError('spec_invalid', `slipway.yaml ${found.problem}`);
  }
  const spec = requireSpec(found.text, 'slipway.yaml', termsOf(ports.settings, ref.model), (path) =>
    readInCheckout(directory, path),
  );
  if (spec.model !== ref.model) {
    throw new SlipwayError(
      'spec_invalid',
      `slipway.yaml is for model ${spec.model}, this repository is configured as ${ref.model}`,
    );
  }
  return spec;
};

/** Of all its commands: one may print what another left. What cannot be had is said where it is used. */
const secretsOfSpec = async (ports: Ports, model: string, spec: Spec): Promise<Set<string>> => {
  const commands = [...(spec.install === undefined ? [] : [spec.install]), ...spec.checks, ...spec.build.steps];
  const names = new Set(commands.flatMap((command) => command.secrets ?? []));
  const read = await Promise.allSettled([...names].map((name) => ports.secrets.read(model, name)));
  return new Set(read.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
};

const secretsOf = (
  ports: Ports,
  model: string,
  names: readonly string[],
): Promise<readonly { readonly variable: string; readonly value: string }[]> =>
  Promise.all(
    names.map(async (name) => ({
      variable: `SLIPWAY_SECRET_${name.toUpperCase().replaceAll('-', '_')}`,
      value: await ports.secrets.read(model, name),
    })),
  );

/** A step that names its parameters finds no others: what it does not declare, it cannot depend on. */
const onlyParams = async (
  env: Readonly<Record<string, string>>,
  root: string,
  step: string,
  names: readonly string[],
  params: Readonly<Record<string, ParamValue>>,
): Promise<Readonly<Record<string, string>>> => {
  // Under a name that no command can have left a link at, and never through one.
  const file = join(root, `params.${step}.${randomUUID()}.json`);
  await writeFile(file, JSON.stringify(paramsOf({ params: names }, params)), { flag: 'wx' });
  const { SLIPWAY_EXPORTED_DATA: exported, ...rest } = env;
  return {
    ...rest,
    SLIPWAY_PARAMS_FILE: file,
    ...(exported === undefined || !names.includes('data.exported') ? {} : { SLIPWAY_EXPORTED_DATA: exported }),
  };
};

const stepEnvironment = async (
  ports: Ports,
  root: string,
  params: Readonly<Record<string, ParamValue>>,
  withExportedData: boolean,
): Promise<Readonly<Record<string, string>>> => {
  const paramsFile = join(root, 'params.json');
  await writeFile(paramsFile, JSON.stringify(params));
  const exported = withExportedData ? params['data.exported'] : undefined;
  const exportedFile = join(root, 'exported.parquet');
  if (typeof exported === 'string') await ports.store.getBlobToFile(exported as Digest, exportedFile);
  return {
    // Compiled files beside the sources would be files that a step reads and its key does not know.
    PYTHONDONTWRITEBYTECODE: '1',
    ...ports.settings.stepEnv,
    HOME: join(root, 'home'),
    TMPDIR: join(root, 'tmp'),
    LANG: 'C.UTF-8',
    CI: 'true',
    SLIPWAY_PARAMS_FILE: paramsFile,
    ...(typeof exported === 'string' ? { SLIPWAY_EXPORTED_DATA: exportedFile } : {}),
  };
};
