import { parse } from 'smol-toml';

export type TomlTable = Readonly<Record<string, unknown>>;

/** A file of Python's in TOML; an empty table where the text is none. */
export const readToml = (text: string): TomlTable => {
  try {
    return parse(text);
  } catch {
    return {};
  }
};

export const isTable = (value: unknown): value is TomlTable =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
