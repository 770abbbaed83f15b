/** docker-compose.yml as a test sees it: each of our services as a command that runs on this machine. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** `<volume or folder>:<path>[:ro]` */
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly read_only?: boolean;
  readonly restart?: string;
}

interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export const readComposeFile = (variables: Readonly<Record<string, string>>): ComposeFile =>
  parse(substitute(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), variables), { merge: true }) as ComposeFile;

/** Services that are built from our Dockerfile, in the order of the file. */
export const ourServices = ({ services }: ComposeFile): readonly (readonly [name: string, service: Service])[] =>
  Object.entries(services).filter(([, { image }]) => image.startsWith('slipway:'));

/** `${NAME:?why}`, `${NAME:-otherwise}`, and `$$` for a dollar. */
const substitute = (text: string, variables: Readonly<Record<string, string>>): string =>
  text.replace(/\$\$|\$\{(\w+)(?::([?-])([^}]*))?\}/g, (whole, name: string | undefined, kind, rest: string) => {
    if (name === undefined) return '$';
    const value = variables[name];
    if (value !== undefined && value !== '') return value;
    if (kind === '-') return rest;
    throw new Error(`${name} is not set: ${kind === '?' ? rest : whole}`);
  });
