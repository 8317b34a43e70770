import { csvText, type CsvCell } from '../../../core/base/csvText.ts';
import type { RowResult, RunConfig, TestItem } from '../../../core/evaluation/types.ts';

/** Run whose rows are written. */
export interface ExportedRun {
  readonly config: Pick<RunConfig, 'contestants'>;
  readonly items: readonly TestItem[];
  readonly row: (contestant: string, item: number) => RowResult | undefined;
}

/** Rows handled at a time: a few milliseconds, so that the thread stays free for other work in between. */
const SLICE_ITEMS = 500;

// The names of the columns are those of the journal: files of different languages stay comparable.
const COLUMNS = [
  'line',
  'title',
  'contestant',
  'model',
  'status',
  'code',
  'truth',
  'guess',
  'error',
  'color',
  'finish_reason',
  'ms',
  'input_tokens',
  'output_tokens',
  'reply',
  'message',
] as const;

/** One line for each item and contestant, items in the order of the file. Text stays text in spreadsheets. Yields between slices. */
export async function rowsAsCsv(run: ExportedRun): Promise<string> {
  const parts = [csvText([[...COLUMNS]])];
  await inSlices(run, (items) => {
    parts.push(csvText(items.flatMap((item) => rowsOf(run, item).map(({ cells }) => cells))));
  });
  return parts.join('');
}

/** The same as JSON lines, with the whole prompt and truth of each item. */
export async function rowsAsJsonl(run: ExportedRun): Promise<string> {
  const parts: string[] = [];
  await inSlices(run, (items) => {
    for (const item of items) {
      for (const { row, label, model } of rowsOf(run, item)) {
        const { item: index, contestant, ...rest } = row;
        const { line, title, messages, truth } = item;
        parts.push(
          `${JSON.stringify({ item: index, line, title, contestant, label, model, messages, answer: truth, ...rest })}\n`,
        );
      }
    }
  });
  return parts.join('');
}

async function inSlices({ items }: ExportedRun, write: (items: readonly TestItem[]) => void): Promise<void> {
  for (let first = 0; first < items.length; first += SLICE_ITEMS) {
    write(items.slice(first, first + SLICE_ITEMS));
    await new Promise(setImmediate);
  }
}

function rowsOf(
  run: ExportedRun,
  item: TestItem,
): readonly {
  readonly row: RowResult;
  readonly label: string;
  readonly model: string | null;
  readonly cells: readonly CsvCell[];
}[] {
  return run.config.contestants.flatMap(({ id, label, model = null }) => {
    const row = run.row(id, item.index);
    if (row === undefined) return [];
    const { status, code = null, truth, guess, error, colour, finishReason = null, ms = null, usage, sample } = row;
    const cells: CsvCell[] = [
      item.line,
      item.title,
      label,
      model,
      status,
      code,
      truth,
      guess,
      error,
      colour,
      finishReason,
      ms,
      usage?.input ?? null,
      usage?.output ?? null,
      sample,
      row.message ?? null,
    ];
    return [{ row, label, model, cells }];
  });
}
