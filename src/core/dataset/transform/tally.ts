// Counts of one conversion: what became an example, what was left out, and why.
import { t } from '../../base/messages.ts';
import type { Result } from '../../base/result.ts';
import type { TrainedKind } from '../kind.ts';
import type { ConvertedRow } from './forms.ts';

export interface SkippedRow {
  /** Line of the source, from 1. */
  readonly line: number;
  /** Reason in one sentence. */
  readonly reason: string;
}

/** Rows that were left out for one reason. */
export interface SkippedReason {
  readonly reason: string;
  readonly rows: number;
  /** First line with this reason, from 1. */
  readonly line: number;
}

/** Key of the source that the result has no place for. */
export interface LeftOutKey {
  readonly key: string;
  readonly rows: number;
}

export interface ConversionCounts {
  /** Rows that could not be converted so far, the first 100; `skippedCount` counts all. */
  readonly skipped: readonly SkippedRow[];
  readonly skippedCount: number;
  /** The first 100 reasons, the most frequent one first. */
  readonly reasons: readonly SkippedReason[];
  /** Keys in converted rows, the first 100. */
  readonly leftOut: readonly LeftOutKey[];
  readonly converted: number;
  /** Kind of the lines; null before the first one. */
  readonly kind: TrainedKind | null;
}

const MAX_SKIPPED = 100;

/** Counts the rows of one conversion. */
export class Tally implements ConversionCounts {
  readonly #skipped: SkippedRow[] = [];
  readonly #reasons = new Map<string, { rows: number; line: number }>();
  readonly #leftOut = new Map<string, number>();
  #skippedCount = 0;
  #converted = 0;
  #kind: TrainedKind | null = null;

  *take(
    line: number,
    row: Result<ConvertedRow, string>,
    leftOut: readonly string[] = [],
  ): Generator<string, void, undefined> {
    if (!row.ok) {
      yield* this.skip(line, row.error);
      return;
    }
    this.#kind ??= row.value.kind;
    if (row.value.kind !== this.#kind) {
      yield* this.skip(line, t('The row is of another kind than the rows before it.'));
      return;
    }
    this.#converted += 1;
    for (const key of [...leftOut, ...row.value.leftOut])
      if (this.#leftOut.has(key) || this.#leftOut.size < MAX_SKIPPED)
        this.#leftOut.set(key, (this.#leftOut.get(key) ?? 0) + 1);
    yield row.value.line;
  }

  /** Returns no lines. */
  skip(line: number, reason: string): readonly string[] {
    this.#skippedCount += 1;
    if (this.#skipped.length < MAX_SKIPPED) this.#skipped.push({ line, reason });
    const seen = this.#reasons.get(reason);
    if (seen !== undefined) seen.rows += 1;
    else if (this.#reasons.size < MAX_SKIPPED) this.#reasons.set(reason, { rows: 1, line });
    return [];
  }

  get skipped(): readonly SkippedRow[] {
    return this.#skipped;
  }

  get skippedCount(): number {
    return this.#skippedCount;
  }

  get reasons(): readonly SkippedReason[] {
    return [...this.#reasons].map(([reason, seen]) => ({ reason, ...seen })).sort((a, b) => b.rows - a.rows);
  }

  get leftOut(): readonly LeftOutKey[] {
    return [...this.#leftOut].map(([key, rows]) => ({ key, rows }));
  }

  get converted(): number {
    return this.#converted;
  }

  get kind(): TrainedKind | null {
    return this.#kind;
  }
}
