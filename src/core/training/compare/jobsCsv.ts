import { csvText } from '../../base/csvText.ts';
import { kindOfColumn, valueOf } from './columns.ts';
import type { JobRow } from './jobRow.ts';

/** Rows as CSV, with ids of the columns as heads: numbers as they are, times in ISO 8601. `starred` and the job's id always. */
export function jobsCsv(rows: readonly JobRow[], columns: readonly string[]): string {
  const shown = columns.filter((column) => column !== 'id');
  return csvText([
    ['id', 'starred', ...shown],
    ...rows.map((row) => [
      row.jobId,
      row.starred ? 1 : 0,
      ...shown.map((column) => {
        const value = valueOf(row, column);
        const isTime = kindOfColumn(column) === 'time' && typeof value === 'number';
        return isTime ? new Date(value * 1000).toISOString() : value;
      }),
    ]),
  ]);
}
