import type { Finding } from '../finding.ts';

/** First finding of each form that was named. */
export type FormState = readonly (readonly [form: string, finding: Finding])[];

/** Names a form that a whole file has only once, instead of once a line. */
export class FormTally {
  readonly #named = new Map<string, Finding>();
  readonly #continues: boolean;

  constructor(continues: boolean) {
    this.#continues = continues;
  }

  /**
   * Returns the finding when it is to be reported. `isFirst`: the line is the first example, or the form is one of whole files.
   * A form of the first line is that of the file; one that appears later is a slip, named at each of its lines.
   */
  add(form: string, finding: Finding, isFirst: boolean): Finding | null {
    if (this.#named.has(form)) return null;
    if (!isFirst) return finding;
    this.#named.set(form, finding);
    return this.#continues ? null : finding;
  }

  state(): FormState {
    return [...this.#named];
  }

  /** Adds those of a part that begins after `before` lines. Returns findings that are the first of their forms. */
  join(state: FormState, before: number): readonly Finding[] {
    return state.flatMap(([form, finding]) => {
      if (this.#named.has(form)) return [];
      const { endLine } = finding;
      const moved = {
        ...finding,
        line: finding.line + before,
        ...(endLine === undefined ? {} : { endLine: endLine + before }),
      };
      this.#named.set(form, moved);
      return this.#continues ? [] : [moved];
    });
  }
}
