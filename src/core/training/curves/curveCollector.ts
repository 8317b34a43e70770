import { t } from '../../base/messages.ts';

/** Values of a file by step. */
export interface CurveSeries {
  /** Ascending; points of the same step keep the order of the file. */
  readonly steps: Float64Array;
  /** One finite value a step. */
  readonly values: Float64Array;
  /** Cells with something that is no number, `NaN` and infinity excepted. */
  readonly unreadable: number;
  /** Cells with `NaN`, infinity or `N/A`: the trainer had no number there. */
  readonly gaps: number;
}

/** A cell or a row that could not be read. */
export interface ReadingProblem {
  /** Line of the file, from 1; in a trainer_state.json the entry of `log_history`, from 1. */
  readonly line: number;
  /** One sentence. */
  readonly reason: string;
}

/** Problems that are listed; the others are counted. */
const MOST_LISTED = 100;
/** Longest piece of a cell that is shown. */
const MOST_SHOWN = 40;
const NUMBER = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/;
const GAP = /^(?:n\/?a|[-+]?nan|none|null|[-+]?inf(?:inity)?)$/i;

interface Growing {
  readonly steps: number[];
  readonly values: number[];
  unreadable: number;
  gaps: number;
}

/** Collects series while a file is read. */
export class CurveCollector {
  readonly #series = new Map<string, Growing>();
  readonly #problems: ReadingProblem[] = [];
  readonly #leftOut = new Set<string>();
  #count = 0;

  /** Adds a number; one that is not finite is a gap. */
  add(name: string, step: number, value: number): void {
    const series = this.#grow(name);
    if (Number.isFinite(value)) {
      series.steps.push(step);
      series.values.push(value);
    } else series.gaps++;
  }

  /** Adds the text of a cell; an empty one is no value at all. */
  addCell(name: string, step: number, cell: string, line: number): void {
    if (cell === '') return;
    const value = numberIn(cell);
    if (value !== null) this.add(name, step, value);
    else {
      this.#grow(name).unreadable++;
      this.report(line, t('{0} in {1} is no number.', shown(cell), name));
    }
  }

  /** Notes a row or a cell that cannot be read. */
  report(line: number, reason: string): void {
    this.#count++;
    if (this.#problems.length < MOST_LISTED) this.#problems.push({ line, reason });
  }

  /** Notes a column that is no series. */
  leaveOut(name: string): void {
    this.#leftOut.add(name);
  }

  /** Series with a value at least, in the order in which they were met. */
  series(): ReadonlyMap<string, CurveSeries> {
    const found = new Map<string, CurveSeries>();
    for (const [name, { steps, values, unreadable, gaps }] of this.#series)
      if (values.length > 0) found.set(name, { ...ordered(steps, values), unreadable, gaps });
    return found;
  }

  /** Names of the columns that are no series: companions, and those without a single number. */
  get leftOut(): readonly string[] {
    const empty = [...this.#series].filter(([, { values }]) => values.length === 0).map(([name]) => name);
    return [...this.#leftOut, ...empty];
  }

  get problems(): readonly ReadingProblem[] {
    return this.#problems;
  }

  get problemCount(): number {
    return this.#count;
  }

  #grow(name: string): Growing {
    let series = this.#series.get(name);
    if (series === undefined) {
      series = { steps: [], values: [], unreadable: 0, gaps: 0 };
      this.#series.set(name, series);
    }
    return series;
  }
}

/** Number of a cell: NaN for a gap, null for something else. */
export function numberIn(cell: string): number | null {
  if (NUMBER.test(cell)) return Number(cell);
  return GAP.test(cell) ? NaN : null;
}

/** Piece of a cell for a sentence. */
export function shown(cell: string): string {
  return `“${cell.length > MOST_SHOWN ? `${cell.slice(0, MOST_SHOWN)}…` : cell}”`;
}

function ordered(steps: readonly number[], values: readonly number[]): Pick<CurveSeries, 'steps' | 'values'> {
  const ascending = steps.every((step, i) => i === 0 || (steps[i - 1] ?? 0) <= step);
  if (ascending) return { steps: Float64Array.from(steps), values: Float64Array.from(values) };
  const order = Uint32Array.from(steps, (_, i) => i).sort((a, b) => (steps[a] ?? 0) - (steps[b] ?? 0) || a - b);
  return {
    steps: Float64Array.from(order, (i) => steps[i] ?? 0),
    values: Float64Array.from(order, (i) => values[i] ?? 0),
  };
}
