/** Value or reason. Parsers of data from outside return this; exceptions are for bugs. */
export type Result<T, E = Problem> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** Message to the user about a failure: one sentence about the cause and one action that helps. */
export interface Problem {
  /** Stable kebab-case code, e.g. `json-syntax`. */
  readonly code: string;
  /** One sentence about the cause. */
  readonly message: string;
  /** One imperative sentence about the next step. */
  readonly action: string;
}

/** Reason and way out of a refused value, for the field that it was typed into; null for a value. */
export function whyRefused(result: Result<unknown>): string | null {
  return result.ok ? null : `${result.error.message} ${result.error.action}`;
}

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function fail<E = Problem>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}
