import type { Command } from 'commander';
import type { Artifacts } from '../artifacts.js';
import type { Cli } from '../context.js';
import { explain } from '../help.js';
import { short } from '../output.js';

/** A command that is given the artifacts of where it runs. */
type Action = (cli: Cli, artifacts: Artifacts, ...words: never[]) => Promise<number | void>;

const REFERENCES =
  'A registry is named as elsewhere: host[:port]/repository[:tag][@digest]. Credentials are SLIPWAY_REGISTRY_USER and SLIPWAY_REGISTRY_PASSWORD.';
const EXITS = '0 done; 1 the bytes are not what they should be; 2 usage; 3 refused; 8 not found; 9 unreachable';

export const transferCommands = (
  artifact: Command,
  run: (action: Action) => (...words: never[]) => Promise<void>,
): void => {
  explain(
    artifact
      .command('pull <artifact> <folder>')
      .description('lay an artifact and its attestations down in a new folder, from a registry or the store')
      .option('--plain-http', 'the registry has no TLS')
      .addHelpText('after', `\n${REFERENCES}`)
      .action(run(pull as never) as never),
    ['artifact pull registry.example.com/models/flight-delay:1 ./pulled', 'artifact pull 3f8a91c2 ./pulled'],
    EXITS,
  );
  explain(
    artifact
      .command('push <artifact> <reference>')
      .description('put an artifact and its attestations into an OCI registry')
      .option('--plain-http', 'the registry has no TLS')
      .addHelpText('after', `\n${REFERENCES}`)
      .action(run(push as never) as never),
    [
      'artifact push 3f8a91c2 registry.example.com/models/flight-delay:1',
      'artifact push ./pulled localhost:5000/m --plain-http',
    ],
    EXITS,
  );
};

interface Options {
  readonly plainHttp?: boolean;
}

const pull = async (cli: Cli, artifacts: Artifacts, from: string, folder: string, options: Options): Promise<void> => {
  cli.out.progress(`pulling ${from}`);
  const pulled = await artifacts.pull(from, folder, { plainHttp: options.plainHttp === true });
  const attestations = Object.keys(await pulled.attestations());
  cli.out.result({ digest: pulled.digest, folder, layers: pulled.manifest.layers.length, attestations }, (done) =>
    [
      `${done.digest}: ${done.layers} layers in ${folder}, each with its digest`,
      `attestations: ${done.attestations.join(', ') || 'none'}; check them with: slipway artifact verify ${folder}`,
    ].join('\n'),
  );
};

const push = async (cli: Cli, artifacts: Artifacts, named: string, to: string, options: Options): Promise<void> => {
  const artifact = await artifacts.open(named);
  cli.out.progress(`pushing ${short(artifact.digest)} to ${to}`);
  const pushed = await artifacts.push(artifact, to, { plainHttp: options.plainHttp === true });
  cli.out.result(
    { ...pushed, to },
    (done) =>
      `${done.digest} is at ${to}: ${done.uploaded} blobs sent, ${done.present} were there, ${done.attestations} attestations`,
  );
};
