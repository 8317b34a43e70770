import { t } from '../../base/messages.ts';
import { type CurveCollector, numberIn, shown } from './curveCollector.ts';

/** Names of the column of steps, best first, in lower case. */
const STEP_NAMES = [
  'step',
  '_step',
  'global_step',
  'trainer/global_step',
  'train/global_step',
  'steps',
  'iteration',
  'iter',
  'epoch',
] as const;
/** Axes that W&B can be asked for instead of steps. */
const OTHER_AXIS = /^(?:relative time|wall time)\b/;
/** Companions of a W&B column: its extremes within a step or a group of runs. */
const COMPANION = /__(?:MIN|MAX)$/;
/** Figures of which a provider writes −1 for none. */
const NEVER_NEGATIVE = /(?:^|_)(?:loss|accuracy)$/;
/** Longest header that is read: a line of base64 is none. */
const LONGEST_HEADER = 100_000;

/**
 * Reads a table whose first line names its columns, one of them the steps; false when the text is no such table. Cells are separated by
 * commas, semicolons or tabs and may be quoted.
 */
export function readCurveTable(text: string, collector: CurveCollector): boolean {
  const table = text.replace(/^\uFEFF/, '');
  const end = table.search(/\r\n?|\n/);
  const head = end === -1 ? table : table.slice(0, end);
  if (head.length > LONGEST_HEADER) return false;
  const mark = [',', ';', '\t'].find((one) => stepColumn(cellsOf(head, one)) !== -1 && cellsOf(head, one).length > 1);
  if (mark === undefined) return false;
  const names = cellsOf(head, mark);
  const at = stepColumn(names);
  const columns = columnsOf(names, at, collector);
  let line = 1;
  for (const row of table
    .slice(head.length)
    .replace(/^\r?\n?/, '')
    .split(/\r\n|\n|\r/)) {
    line++;
    if (row.trim() !== '') readRow(cellsOf(row, mark), { line, at, columns, width: names.length }, collector);
  }
  return true;
}

interface Layout {
  readonly line: number;
  /** Index of the column of steps. */
  readonly at: number;
  /** Name of the series of each column; null: none. */
  readonly columns: readonly (string | null)[];
  readonly width: number;
}

function readRow(cells: readonly string[], { line, at, columns, width }: Layout, collector: CurveCollector): void {
  const step = numberIn(cells[at] ?? '');
  if (step === null || !Number.isFinite(step)) {
    const cell = cells[at] ?? '';
    collector.report(line, cell === '' ? t('The row has no step.') : t('{0} is no step.', shown(cell)));
    return;
  }
  if (cells.length > width) collector.report(line, t('The row has {0} cells for {1} columns.', cells.length, width));
  columns.forEach((name, index) => {
    const cell = cells[index] ?? '';
    if (name === null || (cell === '-1' && NEVER_NEGATIVE.test(name))) return;
    collector.addCell(name, step, cell, line);
  });
}

function stepColumn(names: readonly string[]): number {
  const lower = names.map((name) => name.toLowerCase());
  for (const name of STEP_NAMES) {
    const at = lower.indexOf(name);
    if (at !== -1) return at;
  }
  return lower.findIndex((name) => OTHER_AXIS.test(name));
}

function columnsOf(names: readonly string[], at: number, collector: CurveCollector): readonly (string | null)[] {
  const seen = new Set<string>();
  return names.map((name, index) => {
    if (index === at || name === '') return null;
    const companion = COMPANION.test(name) && names.includes(name.replace(COMPANION, ''));
    if (companion || OTHER_AXIS.test(name.toLowerCase())) {
      collector.leaveOut(name);
      return null;
    }
    if (seen.has(name)) {
      collector.report(1, t('The column {0} is there twice; its first copy is read.', name));
      return null;
    }
    seen.add(name);
    return name;
  });
}

/** Splits a row; a cell may be quoted, and then hold the mark and doubled quotes. */
function cellsOf(row: string, mark: string): readonly string[] {
  if (!row.includes('"')) return row.split(mark).map((cell) => cell.trim());
  const found: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < row.length; i++) {
    const sign = row.charAt(i);
    if (sign === '"' && quoted && row.charAt(i + 1) === '"') {
      cell += sign;
      i++;
    } else if (sign === '"') quoted = !quoted;
    else if (sign === mark && !quoted) {
      found.push(cell.trim());
      cell = '';
    } else cell += sign;
  }
  return [...found, cell.trim()];
}
