export type Severity = 'error' | 'warning' | 'information';

/** One thing wrong with a dataset, with the place where it stands. */
export interface Finding {
  /** Stable kebab-case code, e.g. `json-syntax`, `no-assistant`, `too-few-examples`. */
  readonly code: string;
  readonly severity: Severity;
  /** One sentence naming the reason, without the line number (callers put it in front). */
  readonly message: string;
  /** One imperative sentence: what to do now. */
  readonly action: string;
  /** From 1; 0 when the finding is about the whole file. */
  readonly line: number;
  /** From 1, in UTF-16 units as editors count; 0 when the whole line is meant. */
  readonly column: number;
  /** Exclusive; 0 when the whole line is meant. */
  readonly endColumn: number;
}
