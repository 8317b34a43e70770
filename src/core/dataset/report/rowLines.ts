/** Rows of a file: their number and the lines of the first thousand. */
export interface RowLines {
  readonly count: number;
  /** Lines from 1, `MAX_ROW_LINES` at most. */
  readonly lines: readonly number[];
}

/** Bar of a histogram: from (inclusive) to (exclusive). */
export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly rows: RowLines;
}

/** Value with the rows that have it. */
export interface Mark {
  readonly value: number;
  readonly rows: RowLines;
}

/** Most lines of a list; more are only counted, since no user reads them all. */
export const MAX_ROW_LINES = 1000;

/** Collects rows in the order they are added; the same line twice in a row counts once. */
export class RowCollector {
  #count = 0;
  #last = 0;
  readonly #lines: number[] = [];

  add(line: number): void {
    if (line === this.#last) return;
    this.#last = line;
    this.#count += 1;
    if (this.#lines.length < MAX_ROW_LINES) this.#lines.push(line);
  }

  rows(): RowLines {
    return { count: this.#count, lines: this.#lines };
  }
}

/** Wraps an existing list of lines. */
export function rowLines(lines: readonly number[]): RowLines {
  return { count: lines.length, lines: lines.slice(0, MAX_ROW_LINES) };
}
