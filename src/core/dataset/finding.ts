export type Severity = 'error' | 'warning' | 'information';

/** Problem of a dataset with its place. */
export interface Finding {
  /** Stable kebab-case code, e.g. `json-syntax`, `no-assistant`, `too-few-examples`. */
  readonly code: string;
  readonly severity: Severity;
  /** One sentence naming the reason, without the line number (callers put it in front). */
  readonly message: string;
  /** One imperative sentence: what to do now. */
  readonly action: string;
  /** Line number from 1; 0 for a finding about the whole file. */
  readonly line: number;
  /** Column from 1, in UTF-16 units as editors count; 0 for the whole line. */
  readonly column: number;
  /** Exclusive end column; 0 for the whole line. */
  readonly endColumn: number;
  /** Last line of an example that goes on over several; absent for one line. */
  readonly endLine?: number;
}
