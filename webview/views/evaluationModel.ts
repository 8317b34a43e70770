import type { ContestantReport, RowResult } from '../../src/core/evaluation/types.ts';
import type {
  EvaluationPanelItem,
  EvaluationPanelPatch,
  EvaluationPanelState,
} from '../../src/protocol/evaluationPanel.ts';

export const FILTERS = ['all', 'green', 'orange', 'red', 'no-number', 'ungradable', 'error'] as const;
/** The classes of rows: each row is in exactly one besides `all`. */
export type Filter = (typeof FILTERS)[number];
export type Order = 'file' | 'worst';

/** State of a run in the page: state and patches in, rows in any order out. */
export class EvaluationModel {
  #state: EvaluationPanelState;
  readonly #rows = new Map<string, Map<number, RowResult>>();
  readonly #items: ReadonlyMap<number, EvaluationPanelItem>;

  constructor(state: EvaluationPanelState) {
    this.#state = { ...state, rows: [] };
    this.#items = new Map(state.items.map((item) => [item.index, item]));
    this.#put(state.rows);
  }

  get state(): Omit<EvaluationPanelState, 'rows'> {
    return this.#state;
  }

  apply(patch: EvaluationPanelPatch): void {
    const { rows, contestants, ...fields } = patch;
    const run = contestants === undefined ? {} : { run: { ...this.#state.run, contestants } };
    this.#state = { ...this.#state, ...fields, ...run };
    this.#put(rows);
  }

  item(index: number): EvaluationPanelItem | undefined {
    return this.#items.get(index);
  }

  row(contestant: string, item: number): RowResult | undefined {
    return this.#rows.get(contestant)?.get(item);
  }

  rowsOf(contestant: string): readonly RowResult[] {
    return [...(this.#rows.get(contestant)?.values() ?? [])];
  }

  report(contestant: string): ContestantReport | undefined {
    return this.#state.reports.find((report) => report.contestant === contestant);
  }

  /** Rows that hold a model's answer, and their final number; the constant and the items that cannot be graded need no request. */
  progress(): { readonly done: number; readonly total: number; readonly failed: number } {
    const asked = this.#state.run.contestants.filter((contestant) => contestant.kind !== 'constant');
    let done = 0;
    let failed = 0;
    let ungradable = 0;
    for (const { id } of asked) {
      for (const row of this.#rows.get(id)?.values() ?? []) {
        if (row.status === 'error') failed += 1;
        else if (row.status === 'ungradable') ungradable += 1;
        else done += 1;
      }
    }
    return { done, total: asked.length * this.#state.items.length - ungradable, failed };
  }

  counts(contestant: string): Readonly<Record<Filter, number>> {
    const counts: Record<Filter, number> = {
      all: 0,
      green: 0,
      orange: 0,
      red: 0,
      'no-number': 0,
      ungradable: 0,
      error: 0,
    };
    for (const row of this.#rows.get(contestant)?.values() ?? []) {
      counts.all += 1;
      const kind = classOf(row);
      if (kind !== null) counts[kind] += 1;
    }
    return counts;
  }

  /** The answered rows of one contestant: in the order of the file, or with the largest error first and the unreadable ones last. */
  list(contestant: string, filter: Filter, order: Order): readonly RowResult[] {
    const rows = this.rowsOf(contestant).filter((row) => filter === 'all' || classOf(row) === filter);
    return rows.sort((a, b) => (order === 'worst' ? badness(b) - badness(a) : 0) || a.item - b.item);
  }

  /** Wrong answers by pair of truth and guess, most frequent first. */
  confusions(
    contestant: string,
  ): readonly { readonly truth: string; readonly guess: string; readonly count: number }[] {
    const pairs = new Map<string, { truth: string; guess: string; count: number }>();
    for (const row of this.#rows.get(contestant)?.values() ?? []) {
      if (row.status !== 'graded' || row.colour === 'green') continue;
      const pair = { truth: String(row.truth), guess: String(row.guess ?? ''), count: 0 };
      const key = JSON.stringify([pair.truth, pair.guess]);
      const known = pairs.get(key) ?? pair;
      known.count += 1;
      pairs.set(key, known);
    }
    return [...pairs.values()].sort((a, b) => b.count - a.count || (a.truth < b.truth ? -1 : 1));
  }

  #put(rows: readonly RowResult[]): void {
    for (const row of rows) {
      let ofContestant = this.#rows.get(row.contestant);
      if (!ofContestant) {
        ofContestant = new Map();
        this.#rows.set(row.contestant, ofContestant);
      }
      ofContestant.set(row.item, row);
    }
  }
}

export function classOf(row: RowResult): Exclude<Filter, 'all'> | null {
  return row.status === 'graded' ? row.colour : row.status;
}

function badness(row: RowResult): number {
  if (row.status === 'ungradable') return -3;
  if (row.status === 'error') return -2;
  if (row.status === 'no-number') return -1;
  return row.error ?? (row.colour === 'green' ? 0 : 1);
}
