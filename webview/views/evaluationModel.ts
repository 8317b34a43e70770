import type { Contestant, ContestantReport, RowResult } from '../../src/core/evaluation/types.ts';
import type {
  EvaluationGuests,
  EvaluationPanelItem,
  EvaluationPanelPatch,
  EvaluationPanelState,
} from '../../src/protocol/evaluationPanel.ts';

export const FILTERS = ['all', 'green', 'orange', 'red', 'no-number', 'refused', 'error', 'ungradable'] as const;
/** The classes of rows: each row is in exactly one besides `all`. */
export type Filter = (typeof FILTERS)[number];
export type RowClass = Exclude<Filter, 'all'>;

/** Counts and sums of one contestant, kept up to date row by row. */
export interface Tally {
  readonly classes: Record<Filter, number>;
  /** Answered rows whose reply reached the limit of tokens. */
  cutOff: number;
  /** Rows with a time, and their milliseconds together. */
  timed: number;
  ms: number;
  /** Rows with counted tokens, and their tokens together. */
  counted: number;
  input: number;
  output: number;
}

/** State of a run in the page: state and patches in, rows in any order out. The work of a patch is that of its rows. */
export class EvaluationModel {
  #state: EvaluationPanelState;
  #guests: EvaluationGuests | null = null;
  readonly #rows = new Map<string, Map<number, RowResult>>();
  readonly #tallies = new Map<string, Tally>();
  readonly #items: ReadonlyMap<number, EvaluationPanelItem>;
  #version = 0;

  constructor(state: EvaluationPanelState) {
    this.#state = { ...state, rows: [] };
    this.#items = new Map(state.items.map((item) => [item.index, item]));
    // Asked for every row of every figure: most files have no equal prompts.
    this.clusterOf = state.items.some(({ cluster }) => cluster !== undefined)
      ? (item) => this.#items.get(item)?.cluster ?? item
      : (item) => item;
    this.#put(state.rows);
  }

  get state(): Omit<EvaluationPanelState, 'rows'> {
    return this.#state;
  }

  /** Number that changes with the rows, those of another run included. */
  get version(): number {
    return this.#version;
  }

  get guests(): EvaluationGuests | null {
    return this.#guests;
  }

  /** Contestants of the run, then those of another run that it is compared with. */
  get contestants(): readonly Contestant[] {
    return [...this.#state.run.contestants, ...(this.#guests?.contestants ?? [])];
  }

  apply(patch: EvaluationPanelPatch): void {
    const { rows, contestants, ...fields } = patch;
    const run = contestants === undefined ? {} : { run: { ...this.#state.run, contestants } };
    this.#state = { ...this.#state, ...fields, ...run };
    this.#put(rows);
  }

  invite(guests: EvaluationGuests | null): void {
    for (const { id } of this.#guests?.contestants ?? []) {
      this.#rows.delete(id);
      this.#tallies.delete(id);
    }
    this.#guests = guests;
    this.#version += 1;
    if (guests) this.#put(guests.rows);
  }

  contestant(id: string): Contestant | undefined {
    return this.contestants.find((contestant) => contestant.id === id);
  }

  labelOf(id: string): string {
    return this.contestant(id)?.label ?? id;
  }

  item(index: number): EvaluationPanelItem | undefined {
    return this.#items.get(index);
  }

  row(contestant: string, item: number): RowResult | undefined {
    return this.#rows.get(contestant)?.get(item);
  }

  rowsOf(contestant: string): ReadonlyMap<number, RowResult> {
    return this.#rows.get(contestant) ?? new Map<number, RowResult>();
  }

  /** Item that stands for all items with an equal prompt. */
  readonly clusterOf: (item: number) => number;

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
      const { classes } = this.tally(id);
      failed += classes.error + classes.refused;
      ungradable += classes.ungradable;
      done += classes.all - classes.error - classes.refused - classes.ungradable;
    }
    return { done, total: asked.length * this.#state.items.length - ungradable, failed };
  }

  tally(contestant: string): Tally {
    let tally = this.#tallies.get(contestant);
    if (!tally) {
      const classes = Object.fromEntries(FILTERS.map((kind) => [kind, 0])) as Record<Filter, number>;
      tally = { classes, cutOff: 0, timed: 0, ms: 0, counted: 0, input: 0, output: 0 };
      this.#tallies.set(contestant, tally);
    }
    return tally;
  }

  /** Wrong answers by pair of truth and guess, most frequent first. */
  confusions(
    contestant: string,
  ): readonly { readonly truth: string; readonly guess: string; readonly items: readonly number[] }[] {
    const pairs = new Map<string, { truth: string; guess: string; items: number[] }>();
    for (const row of this.rowsOf(contestant).values()) {
      if (row.status !== 'graded' || row.colour === 'green') continue;
      const pair = { truth: String(row.truth), guess: String(row.guess ?? ''), items: [] };
      const key = JSON.stringify([pair.truth, pair.guess]);
      const known = pairs.get(key) ?? pair;
      known.items.push(row.item);
      pairs.set(key, known);
    }
    return [...pairs.values()].sort((a, b) => b.items.length - a.items.length || (a.truth < b.truth ? -1 : 1));
  }

  #put(rows: readonly RowResult[]): void {
    if (rows.length > 0) this.#version += 1;
    for (const row of rows) {
      let ofContestant = this.#rows.get(row.contestant);
      if (!ofContestant) {
        ofContestant = new Map();
        this.#rows.set(row.contestant, ofContestant);
      }
      const tally = this.tally(row.contestant);
      const before = ofContestant.get(row.item);
      if (before) count(tally, before, -1);
      count(tally, row, 1);
      ofContestant.set(row.item, row);
    }
  }
}

function count(tally: Tally, row: RowResult, sign: 1 | -1): void {
  tally.classes.all += sign;
  const kind = classOf(row);
  if (kind !== null) tally.classes[kind] += sign;
  if (row.finishReason === 'length' && (row.status === 'graded' || row.status === 'no-number')) tally.cutOff += sign;
  if (row.ms !== undefined) {
    tally.timed += sign;
    tally.ms += sign * row.ms;
  }
  if (row.usage !== undefined) {
    tally.counted += sign;
    tally.input += sign * row.usage.input;
    tally.output += sign * row.usage.output;
  }
}

export function classOf(row: RowResult): RowClass | null {
  if (row.status === 'graded') return row.colour;
  return row.status === 'error' && row.code === 'moderated' ? 'refused' : row.status;
}

/** Whether the row has an answer to grade: rows that failed, were refused or cannot be graded have none. */
export function isAnswered(row: RowResult | undefined): row is RowResult {
  return row?.status === 'graded' || row?.status === 'no-number';
}
