import { columnName } from '../../contract/names.js';

/** What kind of model repository this is, from the names of its files and the text of a few of them. */
export type ProjectKind = 'node' | PythonKind | 'mlflow' | 'other';

export interface Project {
  readonly kind: ProjectKind;
  /** Why it is taken for that. */
  readonly because: string;
  /** Name of the model that it suggests. */
  readonly name: string;
  readonly install?: { readonly run?: string; readonly python?: string; readonly inputs: readonly string[] };
  readonly checks: readonly ProjectCheck[];
  readonly steps: readonly ProjectStep[];
  /** Its dvc.yaml, whose stages stand in the place of steps. */
  readonly dvc?: string;
  /** Where the model and its tables are, as far as files or scripts name them. */
  readonly model: string;
  /** Files that this spec asks for and nobody has written yet. */
  readonly missing: readonly string[];
  /** Columns that a model says it reads. */
  readonly features?: readonly Column[];
  /** What would serve better than what can be written. */
  readonly advice?: readonly string[];
}

export interface ProjectCheck {
  readonly name: string;
  readonly kind: 'lint' | 'unit';
  readonly run: string;
  readonly junit?: string;
}

export interface ProjectStep {
  readonly name: string;
  readonly run: string;
  readonly inputs: readonly string[];
}

export interface ProjectFiles {
  /** Paths, with `/`. */
  readonly paths: readonly string[];
  /** Text of a file; undefined where it is not there. */
  read(path: string): string | undefined;
}

export type PythonKind = 'scikit-learn' | 'pytorch' | 'python';

/** A feature as far as a table or a model tells. */
export interface Column {
  readonly name: string;
  readonly type: 'number' | 'integer' | 'string';
}

/** As slipway.yaml takes names of features. */
export const canBeFeature = (name: string): boolean => columnName.safeParse(name).success;
