import { stat } from 'node:fs/promises';
import path from 'node:path';
import type * as vscode from 'vscode';
import { t, tn } from '../../../core/base/messages.ts';
import { MAX_ROW_LINES, type RowLines } from '../../../core/dataset/report/rowLines.ts';
import type { ExcerptLine } from '../../../protocol/datasetWorker.ts';
import type { DatasetWorkerClient } from '../workerClient.ts';
import type { LineExcerpts } from '../excerpts.ts';
import { ProblemError } from '../../ui/errors.ts';
import { plainText } from '../../ui/plainText.ts';
import type { Ui } from '../../ui/ui.ts';
import { openLine } from '../findings.ts';

/** Larger documents are not given to extensions: the editor cannot be told which line to show. */
const MAX_DOCUMENT_BYTES = 50 * 1024 * 1024;
/** Length of a line that is shown only to be recognized. */
const TITLE_UNITS = 2000;

interface LineItem extends vscode.QuickPickItem {
  /** Null: all of them together. */
  readonly line: number | null;
}

export interface RowServices {
  readonly datasets: DatasetWorkerClient;
  readonly excerpts: LineExcerpts;
  readonly ui: Ui;
}

/** Goes to the line of one row; shows a list to choose from for several. `title`: the rows' common property. */
export async function goToRows(services: RowServices, file: string, title: string, rows: RowLines): Promise<void> {
  const [first] = rows.lines;
  if (first === undefined) return;
  const line = rows.lines.length === 1 ? first : await chooseLine(services, file, title, rows);
  if (line === undefined) return;
  if (line === null) await services.excerpts.show(file, rows.lines);
  else await goToLine(services, file, line);
}

/** Opens one line, of a large file as a document of its own. */
export async function goToLine({ excerpts }: Pick<RowServices, 'excerpts'>, file: string, line: number): Promise<void> {
  if ((await sizeOf(file)) > MAX_DOCUMENT_BYTES) await excerpts.show(file, [line]);
  else await openLine(file, line);
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch {
    throw new ProblemError({
      code: 'file-not-found',
      message: t('{0} no longer exists or cannot be read.', path.basename(file)),
      action: t('Restore the file, or open the report of another one.'),
    });
  }
}

/** Asks for a line; undefined when none was chosen. The lines can be chosen by their numbers while they are read. */
async function chooseLine(
  { datasets, ui }: RowServices,
  file: string,
  title: string,
  rows: RowLines,
): Promise<number | null | undefined> {
  const name = path.basename(file);
  const itemsWith = (texts: ReadonlyMap<number, ExcerptLine>): readonly LineItem[] => [
    { label: t('$(list-flat) Show these {0} lines together', rows.lines.length), line: null, alwaysShow: true },
    ...rows.lines.map((line) => {
      const text = texts.get(line);
      return {
        label: t('Line {0}', line),
        description: plainText(text?.title ?? ''),
        // Always a second line: a row must not move away under the mouse when its text arrives.
        detail: text === undefined ? '…' : plainText(text.detail) || ' ',
        line,
      };
    }),
  ];
  const items = itemsWith(new Map());
  const chosen = await ui.pick(items, {
    title: plainText(
      rows.count > rows.lines.length
        ? t('{0}: {1} rows of {2}, the first {3} of them', title, rows.count, name, MAX_ROW_LINES)
        : tn(rows.count, '{1}: {0} row of {2}', '{1}: {0} rows of {2}', title, name),
    ),
    placeHolder: t('Choose a line to go to'),
    matchOnDescription: true,
    matchOnDetail: true,
    active: items[1],
    later: async (signal) => {
      const lines = [...rows.lines].sort((a, b) => a - b);
      const found = await datasets.excerpt(file, lines, TITLE_UNITS, signal);
      return itemsWith(new Map(found.map((text) => [text.line, text])));
    },
  });
  return chosen?.line;
}
