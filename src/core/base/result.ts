/** A value or a reason. Parsers of anything that comes from outside return this; exceptions are for bugs. */
export type Result<T, E = Problem> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** What a person is told when something fails: one sentence of what happened and one action that helps. */
export interface Problem {
  /** Stable kebab-case code, e.g. `json-syntax`. */
  readonly code: string;
  /** One sentence: what happened. */
  readonly message: string;
  /** One imperative sentence: what to do now. */
  readonly action: string;
}

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function fail<E = Problem>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}
