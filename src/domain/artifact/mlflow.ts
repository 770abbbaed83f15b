export type ChosenFlavour =
  { readonly ok: true; readonly data: string; readonly run?: string } | { readonly ok: false; readonly reason: string };

/** `python_function` is the wrapper that MLflow writes beside every flavour. */
const WRAPPER = 'python_function';
/** Names, and letters of each. */
const SHOWN = 40;

/** The ONNX flavour of a parsed MLmodel file. Every other one runs code of its own when it is loaded, and is refused by name. */
export const chooseFlavour = (described: unknown): ChosenFlavour => {
  const { flavors, run_id: run } = (described ?? {}) as { flavors?: unknown; run_id?: unknown };
  if (typeof flavors !== 'object' || flavors === null) return { ok: false, reason: 'its MLmodel names no flavours' };
  const names = Object.keys(flavors);
  const onnx = (flavors as Readonly<Record<string, unknown>>)['onnx'] as { data?: unknown } | null | undefined;
  if (onnx === undefined || onnx === null) {
    const others = names.filter((name) => name !== WRAPPER);
    const which = (others.length === 0 ? names : others).map((name) => name.slice(0, SHOWN));
    const more = which.length > SHOWN ? ` and ${which.length - SHOWN} more` : '';
    return {
      ok: false,
      reason: `the flavour ${which.slice(0, SHOWN).join(', ')}${more} is not taken: log the model with mlflow.onnx`,
    };
  }
  const data = onnx.data ?? 'model.onnx';
  if (typeof data !== 'string') return { ok: false, reason: 'its onnx flavour names no data' };
  return { ok: true, data, ...(typeof run === 'string' ? { run } : {}) };
};
