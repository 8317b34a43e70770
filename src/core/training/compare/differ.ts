import { valueOf } from './columns.ts';
import type { CellValue, JobRow } from './jobRow.ts';

/** One setting of several jobs, a value a job in their order. */
export interface ComparedSetting {
  readonly column: string;
  readonly values: readonly CellValue[];
  /** Whether the provider chose the value, since `auto` was asked for. */
  readonly automatic: readonly boolean[];
}

/** Columns in which not all jobs have the same value; a missing value is one of its own. */
export function differingColumns(rows: readonly JobRow[], columns: readonly string[]): readonly string[] {
  const [first, ...others] = rows;
  if (!first) return [];
  return columns.filter((column) => {
    const value = valueOf(first, column);
    return others.some((row) => valueOf(row, column) !== value);
  });
}

/** Settings of jobs: those that differ, and those that all share. Those that no job has are in neither. */
export function compareSettings(
  rows: readonly JobRow[],
  columns: readonly string[],
): { readonly different: readonly ComparedSetting[]; readonly same: readonly ComparedSetting[] } {
  const differing = new Set(differingColumns(rows, columns));
  const settings = columns
    .map((column) => ({
      column,
      values: rows.map((row) => valueOf(row, column)),
      automatic: rows.map(({ automatic }) => automatic.includes(column)),
    }))
    .filter(({ values }) => values.some((value) => value !== null));
  return {
    different: settings.filter(({ column }) => differing.has(column)),
    same: settings.filter(({ column }) => !differing.has(column)),
  };
}
