import { report } from '../../../core/evaluation/report/report.ts';
import { RunningReport } from '../../../core/evaluation/report/running.ts';
import type { ContestantReport, RowResult } from '../../../core/evaluation/types.ts';
import type { EvaluationRun } from '../../../evals/runner.ts';

/** Rows added up at a time: a few milliseconds, so that the thread stays free for other work in between. */
const SLICE_ROWS = 2000;

interface Figures {
  running: RunningReport;
  /** Row of each item that is added up. */
  readonly rows: Map<number, RowResult>;
  report: ContestantReport | null;
  isStale: boolean;
}

/**
 * The figures of a run while it grows: a new row costs the same, however many there are. Only where a row replaces another one that had
 * an answer all rows of its contestant are added up again.
 */
export class RunFigures {
  readonly #run: Pick<EvaluationRun, 'config' | 'rows'>;
  readonly #figures: ReadonlyMap<string, Figures>;
  #pending: RowResult[] = [];
  #isRead = false;

  constructor(run: Pick<EvaluationRun, 'config' | 'rows'>) {
    this.#run = run;
    this.#figures = new Map(
      run.config.contestants.map(({ id }) => [
        id,
        { running: new RunningReport(id), rows: new Map(), report: null, isStale: true },
      ]),
    );
  }

  /** Reports in the order of the contestants; those that `update` has not come to yet are missing or older. */
  get reports(): readonly ContestantReport[] {
    return [...this.#figures.values()].flatMap(({ report: figures }) => figures ?? []);
  }

  /** Whether rows came that no report has yet. */
  get isStale(): boolean {
    return !this.#isRead || this.#pending.length > 0;
  }

  add(rows: readonly RowResult[]): void {
    // All rows that are there are read with the first update.
    if (this.#isRead) for (const row of rows) this.#pending.push(row);
  }

  /** Adds up the new rows, in slices. */
  async update(): Promise<void> {
    if (!this.#isRead) {
      this.#isRead = true;
      this.#pending = [...this.#run.rows];
    }
    const rows = this.#pending;
    this.#pending = [];
    for (let first = 0; first < rows.length; first += SLICE_ROWS) {
      for (const row of rows.slice(first, first + SLICE_ROWS)) this.#take(row);
      await new Promise(setImmediate);
    }
    for (const [id, figures] of this.#figures) {
      if (!figures.isStale) continue;
      figures.isStale = false;
      figures.report = figures.running.report() ?? report(id, [...figures.rows.values()]);
    }
  }

  #take(row: RowResult): void {
    const figures = this.#figures.get(row.contestant);
    if (!figures) return;
    const before = figures.rows.get(row.item);
    // A row that was read with the others, and told as well.
    if (before === row) return;
    figures.rows.delete(row.item);
    figures.rows.set(row.item, row);
    figures.isStale = true;
    if (before === undefined || figures.running.remove(before)) {
      figures.running.add(row);
      return;
    }
    figures.running = new RunningReport(row.contestant);
    for (const one of figures.rows.values()) figures.running.add(one);
  }
}
