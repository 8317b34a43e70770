// The first rows of a dataset, converted to see what will become of all.
import { isRecord } from '../check/rules/rule.ts';
import { detectKind, type ExampleKind, type TrainedKind } from '../kind.ts';
import { pairNames, type PairNames } from '../pairNames.ts';
import { createRowConverter, suggestedColumns, type ColumnMapping, type ConvertOptions } from '../transform/convert.ts';
import type { SkippedReason } from '../transform/tally.ts';

/** Columns that are no part of an example are many, and providers do not know them. */
export const IMPORT_OPTIONS: ConvertOptions = { onlyKnownKeys: true };

/** First rows of a dataset as the converter takes them. */
export interface RowsPreview {
  /** Form of the first row. */
  readonly form: ExampleKind;
  /** Columns of the question and of the answer, in rows that are pairs. */
  readonly pair: PairNames | null;
  /** Rows that were looked at. */
  readonly rows: number;
  readonly converted: number;
  /** Kind of the examples; null when none was converted. */
  readonly kind: TrainedKind | null;
  readonly reasons: readonly SkippedReason[];
  /** Columns and keys without a place in the examples. */
  readonly leftOut: readonly string[];
}

/** Columns of a dataset of which two can become a question and its answer. */
export interface ColumnChoice {
  /** All that hold texts, numbers or truth values. */
  readonly columns: readonly string[];
  /** Likely ones; null when no two are likely. */
  readonly suggested: ColumnMapping | null;
}

export function previewRows(rows: readonly unknown[]): RowsPreview {
  const converter = createRowConverter(IMPORT_OPTIONS, null);
  rows.forEach((row, index) => {
    // Only the counts are wanted, and lines are made when they are asked for.
    Array.from(converter.row(row, index + 1));
  });
  const [first] = rows;
  const form = isRecord(first) ? detectKind(first) : 'unknown';
  return {
    form,
    pair: form === 'pairs' && isRecord(first) ? pairNames(first) : null,
    rows: rows.length,
    converted: converter.converted,
    kind: converter.kind,
    reasons: converter.reasons,
    leftOut: converter.leftOut.map(({ key }) => key),
  };
}

/** Columns by the values of rows. */
export function columnsOfRows(rows: readonly unknown[]): ColumnChoice {
  const columns = new Set<string>();
  for (const row of rows)
    if (isRecord(row))
      for (const [name, value] of Object.entries(row)) if (SCALARS.has(typeof value)) columns.add(name);
  return columnChoice([...columns]);
}

export function columnChoice(columns: readonly string[]): ColumnChoice {
  return { columns, suggested: suggestedColumns(columns) };
}

const SCALARS: ReadonlySet<string> = new Set(['string', 'number', 'boolean']);
