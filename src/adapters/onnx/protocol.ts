import type { FeatureSpec } from '../../domain/spec/types.js';
import type { FeatureColumns } from '../../ports/inferenceRunner.js';

export type Question =
  | { readonly kind: 'describe'; readonly modelPath: string }
  | {
      readonly kind: 'predict';
      readonly modelPath: string;
      readonly features: readonly FeatureSpec[];
      readonly output: string;
      readonly columns: FeatureColumns;
      readonly rows: number;
    };

export type Answer = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly message: string };
