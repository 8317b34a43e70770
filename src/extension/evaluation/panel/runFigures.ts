import { reportAll } from '../../../core/evaluation/report/report.ts';
import type { ContestantReport, RowResult } from '../../../core/evaluation/types.ts';
import type { EvaluationRun } from '../../../evals/runner.ts';

/** The figures of a run while it grows: only a contestant with new rows is added up again, one at a time. */
export class RunFigures {
  readonly #run: Pick<EvaluationRun, 'config' | 'rowsOf'>;
  readonly #reports = new Map<string, ContestantReport>();
  readonly #stale: Set<string>;

  constructor(run: Pick<EvaluationRun, 'config' | 'rowsOf'>) {
    this.#run = run;
    this.#stale = new Set(run.config.contestants.map(({ id }) => id));
  }

  /** Reports in the order of the contestants; those that `update` has not come to yet are missing or older. */
  get reports(): readonly ContestantReport[] {
    return this.#run.config.contestants.flatMap(({ id }) => this.#reports.get(id) ?? []);
  }

  /** Whether rows came that no report has yet. */
  get isStale(): boolean {
    return this.#stale.size > 0;
  }

  add(rows: readonly RowResult[]): void {
    for (const { contestant } of rows) this.#stale.add(contestant);
  }

  /** Adds up the new rows; yields between two contestants, each of which takes some milliseconds for 25,000 rows. */
  async update(): Promise<void> {
    for (const id of [...this.#stale]) {
      this.#stale.delete(id);
      const [figures] = reportAll([id], this.#run.rowsOf(id));
      if (figures) this.#reports.set(id, figures);
      await new Promise(setImmediate);
    }
  }
}
