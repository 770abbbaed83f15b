import type { Command } from 'commander';
import type { FrozenReference, Lineage } from '../../domain/artifact/contents.js';
import { diffArtifacts, type Difference } from '../../domain/artifact/diffArtifacts.js';
import { FILEPATH, layerByPath, LAYERS } from '../../domain/artifact/manifest.js';
import { packagesOf } from '../../domain/artifact/packagesOf.js';
import type { ArtifactVerification } from '../../domain/artifact/verification.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { ERRORS } from '../../domain/errors/table.js';
import type { ShelvedArtifact } from '../../ports/artifactShelf.js';
import type { Artifacts } from '../artifacts.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { keepCommands } from './artifactKeep.js';
import { transferCommands } from './artifactTransfer.js';
import { bytes, mark, short } from '../output.js';
import type { Run } from '../run.js';
import { table } from '../table.js';

export type OpenArtifacts = (cli: Cli) => Promise<Artifacts>;

const MOST_PACKAGES = 50;

const NAMED =
  'An artifact is named by its digest, by the first digits of it, or by a folder that it was pulled to. The store is read directly: that of SLIPWAY_STORE_ENDPOINT with its keys, or the one of `slipway dev` in this home.';

export const artifactCommands = (program: Command, run: Run, open: OpenArtifacts): void => {
  const artifact = program
    .command('artifact')
    .description('versions of models: what they are, what is in them, and where they come from')
    .addHelpText('after', `\n${NAMED}`);
  const found =
    (show: (cli: Cli, artifacts: Artifacts, ...words: never[]) => Promise<number | void>) =>
    async (cli: Cli, ...words: never[]): Promise<number | void> =>
      show(cli, await open(cli), ...words);
  explain(
    artifact
      .command('list')
      .description('what is stored, newest first')
      .option('--model <name>', 'of one model')
      .action(run(found(list as never) as never)),
    ['artifact list', 'artifact list --model flight-delay --json'],
  );
  explain(
    artifact
      .command('show <artifact>')
      .description('layers, licence and model card')
      .action(run(found(show as never) as never)),
    ['artifact show 3f8a91c2', 'artifact show ./pulled --json'],
  );
  explain(
    artifact
      .command('verify <artifact>')
      .description('hash every byte again, and check its attestations')
      .option('--keys <file>', 'public keys to trust; else keys/public.json of the home')
      .action(run(found(verify as never) as never)),
    ['artifact verify 3f8a91c2', 'artifact verify ./pulled --keys public.json'],
    '0 it is what was attested; 1 something is not, each is named; 8 not found; 9 unreachable',
  );
  explain(
    artifact
      .command('verify-signature <folder>')
      .description('check an OpenSSF model signature over a folder, whoever made it')
      .option('--key <file>', 'P-256 public key as PEM; else keys/model-signing.pem of the home')
      .option('--signature <file>', 'the sigstore bundle; else model.sig in the folder')
      .action(run(found(verifySignature as never) as never)),
    ['artifact verify-signature ./pulled --key model-signing.pem'],
    '0 every file is what was signed; 1 one is not; 3 the key did not sign it; 8 not found',
  );
  explain(
    artifact
      .command('lineage <artifact>')
      .description('commit, data, params, environment and packages that it was made from')
      .action(run(found(lineage as never) as never)),
    ['artifact lineage 3f8a91c2 --json'],
  );
  explain(
    artifact
      .command('diff <from> <to>')
      .description('what differs between two versions')
      .action(run(found(diff as never) as never)),
    ['artifact diff 3f8a91c2 77b01e44', 'artifact diff ./pulled 77b01e44 --json'],
  );
  transferCommands(artifact, (action) => run(found(action) as never));
  keepCommands(artifact, (action) => run(found(action) as never));
};

const list = async (cli: Cli, artifacts: Artifacts, options: { readonly model?: string }): Promise<void> => {
  cli.out.result({ artifacts: await artifacts.list(options.model) }, (answer) =>
    table(
      ['Artifact', 'Model', 'Commit', 'Created', 'Size', 'Rerun', 'Outcome'],
      answer.artifacts.map((one) => [
        short(one.digest),
        one.model,
        short(one.commit),
        one.createdAt.slice(0, 10),
        bytes(one.size),
        one.releaseId?.split('.')[1]?.slice(0, 8) ?? '',
        mark(one.outcome ?? 'running'),
      ]),
    ),
  );
};

const show = async (cli: Cli, artifacts: Artifacts, named: string): Promise<void> => {
  const artifact = await artifacts.open(named);
  const { digest, model, manifest } = artifact;
  const config = JSON.parse(new TextDecoder().decode(await artifact.read(manifest.config))) as {
    descriptor?: Readonly<Record<string, unknown>>;
  };
  const card = await optionalDoc(artifact, LAYERS.card);
  const layers = manifest.layers.map((layer) => ({
    path: layer.annotations?.[FILEPATH] ?? '',
    mediaType: layer.mediaType,
    digest: layer.digest,
    size: layer.size,
  }));
  const attestations = Object.keys(await artifact.attestations());
  cli.out.result(
    {
      digest,
      model,
      annotations: manifest.annotations,
      descriptor: config.descriptor ?? {},
      card,
      layers,
      attestations,
    },
    (shown) =>
      [
        `${shown.model} ${shown.digest}`,
        ...Object.entries(shown.descriptor).map(([name, value]) => `  ${name}: ${plain(value)}`),
        ...Object.entries(shown.card ?? {}).map(([name, value]) => `  ${name}: ${plain(value)}`),
        `attested: ${shown.attestations.join(', ') || 'not at all'}`,
        '',
        table(
          ['Layer', 'Size', 'Digest', 'Media type'],
          shown.layers.map((one) => [one.path, bytes(one.size), short(one.digest), one.mediaType]),
        ),
      ].join('\n'),
  );
};

const verifySignature = async (
  cli: Cli,
  artifacts: Artifacts,
  folder: string,
  options: { readonly key?: string; readonly signature?: string },
): Promise<number> => {
  const key = options.key ?? `${cli.home}/keys/model-signing.pem`;
  const found = await artifacts.verifySignature(folder, options.signature ?? `${folder}/model.sig`, key);
  return tellVerification(cli, found);
};

const verify = async (
  cli: Cli,
  artifacts: Artifacts,
  named: string,
  options: { readonly keys?: string },
): Promise<number> => {
  const artifact = await artifacts.open(named);
  cli.out.progress('hashing every layer');
  const verification = await artifacts.verify(artifact, options.keys);
  return tellVerification(cli, verification);
};

const tellVerification = (cli: Cli, verification: ArtifactVerification): number => {
  cli.out.result(verification, ({ digest, ok, checks }) =>
    [
      `${digest} ${ok ? 'is what was attested' : 'is NOT what was attested'}`,
      table(
        ['What', 'State', 'Detail'],
        checks.map((one) => [one.what, mark(one.ok ? 'ok' : 'failed'), one.detail]),
      ),
    ].join('\n'),
  );
  return verification.ok ? 0 : ERRORS.digest_mismatch.exit;
};

const lineage = async (cli: Cli, artifacts: Artifacts, named: string): Promise<void> => {
  const artifact = await artifacts.open(named);
  const found = await lineageOf(artifact);
  const exported = found.params['data.exported'];
  const listed = layerByPath(artifact.manifest, LAYERS.environment);
  // What a retrain learned from is an export of production's log: the one thing that it inherits.
  const parents = [
    { kind: 'commit', name: found.repository, digest: found.commit },
    ...(found.declared ?? []).map(({ path, uri, digest }) => ({ kind: 'data', name: `${path} from ${uri}`, digest })),
    { kind: 'data', name: 'evaluation', digest: found.data.evaluation },
    { kind: 'data', name: 'reference', digest: found.data.reference },
    ...(typeof exported === 'string' ? [{ kind: 'data', name: 'exported from production', digest: exported }] : []),
    ...(listed === undefined ? [] : [{ kind: 'packages', name: LAYERS.environment, digest: listed.digest }]),
    { kind: 'build', name: 'evidence of the build', digest: found.build },
  ];
  const installed = await packagesIn(artifact);
  cli.out.result({ digest: artifact.digest, ...found, parents, installed }, (shown) =>
    [
      `${shown.model} ${shown.digest}`,
      table(
        ['Made from', 'Name', 'Digest'],
        shown.parents.map((one) => [one.kind, one.name, one.digest]),
      ),
      `params: ${entries(shown.params)}`,
      `environment: ${entries(shown.environment)}`,
      `packages: ${few(shown.installed)}`,
      `licence: ${shown.licence ?? 'none is declared'}`,
    ].join('\n'),
  );
};

const diff = async (cli: Cli, artifacts: Artifacts, from: string, to: string): Promise<void> => {
  const [a, b] = [await artifacts.open(from), await artifacts.open(to)];
  const differences = diffArtifacts(await compared(a), await compared(b));
  cli.out.result({ from: a.digest, to: b.digest, differences }, (shown) =>
    shown.differences.length === 0
      ? `${short(shown.from)} and ${short(shown.to)} do not differ`
      : table(
          ['Part', 'Name', short(shown.from), short(shown.to)],
          shown.differences.map((one: Difference) => [one.part, one.name, value(one.from), value(one.to)]),
        ),
  );
};

const compared = async (artifact: ShelvedArtifact) => ({
  manifest: artifact.manifest,
  lineage: await lineageOf(artifact),
  packages: await packagesIn(artifact),
  metrics: { ...(await doc<FrozenReference>(artifact, LAYERS.reference)).metrics },
});

const packagesIn = async (artifact: ShelvedArtifact): Promise<Readonly<Record<string, string>>> =>
  packagesOf(await optionalDoc(artifact, LAYERS.environment));

const lineageOf = (artifact: ShelvedArtifact): Promise<Lineage> => doc<Lineage>(artifact, LAYERS.lineage);

const doc = async <T>(artifact: ShelvedArtifact, path: string): Promise<T> => {
  const found = await optionalDoc(artifact, path);
  if (found === undefined) throw new SlipwayError('artifact_unknown', `${artifact.digest} has no ${path}`);
  return found as T;
};

const optionalDoc = async (
  artifact: ShelvedArtifact,
  path: string,
): Promise<Readonly<Record<string, unknown>> | undefined> => {
  const layer = layerByPath(artifact.manifest, path);
  if (layer === undefined) return undefined;
  return JSON.parse(new TextDecoder().decode(await artifact.read(layer))) as Readonly<Record<string, unknown>>;
};

const plain = (given: unknown): string => (Array.isArray(given) ? given.map(String).join(', ') : String(given));

const entries = (given: Readonly<Record<string, unknown>>): string =>
  Object.entries(given)
    .map(([name, one]) => `${name}=${String(one)}`)
    .join(', ') || 'none';

/** A lock file of npm has a thousand: those who want them all ask for JSON. */
const few = (given: Readonly<Record<string, string>>): string =>
  Object.keys(given).length > MOST_PACKAGES ? `${Object.keys(given).length}, see them with --json` : entries(given);

/** Digests are cut where people compare them by eye. */
const value = (given: string | number | boolean | undefined): string =>
  typeof given === 'string' && /^(sha256:)?[0-9a-f]{40,64}$/.test(given) ? short(given) : String(given ?? 'none');
