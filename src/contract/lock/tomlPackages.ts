import { pypiName, type Package } from '../../domain/artifact/lockedPackages.js';
import { isTable, readToml } from './readToml.js';

/** `packages` in pylock.toml (PEP 751), `package` in the lock files of uv and Poetry. */
const TABLES = ['packages', 'package'] as const;
/** Where a package is the repository itself, or a folder of it: nothing was fetched for it. */
const LOCAL_SOURCES: ReadonlySet<string> = new Set(['virtual', 'editable', 'directory']);

/**
 * Packages that a lock file of Python in TOML pins: pylock.toml, uv.lock, poetry.lock. Empty where the text is none.
 * Which of several wheels was installed it does not say, so no hash is told.
 */
export const tomlPackages = (text: string): readonly Package[] => {
  const document = readToml(text);
  return TABLES.flatMap((table) => listOf(document[table])).flatMap((entry): readonly Package[] => {
    const { name, version, source, directory } = entry;
    if (typeof name !== 'string' || typeof version !== 'string') return [];
    if (directory !== undefined || isLocal(source)) return [];
    return [{ ecosystem: 'pypi', name: pypiName(name), version }];
  });
};

/** uv says `source = { editable = "." }`, Poetry `[package.source] type = "directory"`. */
const isLocal = (source: unknown): boolean =>
  isTable(source) &&
  (Object.keys(source).some((key) => LOCAL_SOURCES.has(key)) || LOCAL_SOURCES.has(String(source['type'])));

const listOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter(isTable) : [];
