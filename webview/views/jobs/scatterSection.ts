import { t } from '../../../src/core/base/messages.ts';
import { placedRows, type PlacedRow } from '../../../src/core/training/compare/arrange.ts';
import { isNumeric, valueOf } from '../../../src/core/training/compare/columns.ts';
import { columnTitle } from '../../../src/core/training/compare/columnWords.ts';
import { rowKey, type JobRow } from '../../../src/core/training/compare/jobRow.ts';
import { PairChart } from '../../charts/pairChart.ts';
import { checkbox, select } from '../../components.ts';
import { el, setText, show } from '../../dom.ts';
import { VirtualTable, type Column } from '../../virtualTable.ts';
import { visibleLine } from '../../visibleText.ts';
import { cellText } from './jobCells.ts';
import { nameOf } from './jobsTable.ts';
import type { JobsViewState } from './jobsState.ts';

interface Listeners {
  readonly onOpen: (row: JobRow) => void;
  readonly onSelect: (keys: readonly string[]) => void;
  readonly onChange: (change: Partial<JobsViewState>) => void;
  readonly isSelected: (row: JobRow) => boolean;
}

/** Columns that are placed at first: what was set below, what came of it above. The first that there is. */
const FIRST_X = ['set.learning_rate_multiplier', 'set.n_epochs', 'set.batch_size', 'examples', 'tokens'];
const FIRST_Y = ['best.full_valid_loss', 'best.valid_loss', 'eval.mae', 'last.train_loss', 'best.train_loss'];

/** One number of the shown jobs against another, as a chart and as a table. */
export class ScatterSection {
  readonly element: HTMLElement;
  readonly #listeners: Listeners;
  readonly #x = select<string>(t('Horizontal axis'), (x) => {
    this.#listeners.onChange({ x });
  });
  readonly #y = select<string>(t('Vertical axis'), (y) => {
    this.#listeners.onChange({ y });
  });
  readonly #logX = checkbox(t('Logarithmic horizontal axis'), false, () => {
    this.#listeners.onChange({ logX: this.#logX.checked() });
  });
  readonly #logY = checkbox(t('Logarithmic vertical axis'), false, () => {
    this.#listeners.onChange({ logY: this.#logY.checked() });
  });
  readonly #chart: PairChart;
  readonly #note = el('p', { class: 'dim', attributes: { role: 'status' } });
  readonly #table = el('div', { class: 'pair-table' });
  #view: VirtualTable<PlacedRow> | null = null;
  #axes = '';
  #rows: ReadonlyMap<string, JobRow> = new Map();

  constructor(listeners: Listeners) {
    this.#listeners = listeners;
    this.#chart = new PairChart({
      onOpen: (key) => {
        const row = this.#rows.get(key);
        if (row) listeners.onOpen(row);
      },
      onSelect: listeners.onSelect,
      tell: (key) => this.#tell(key),
    });
    this.element = el('section', { class: 'scatter-section', attributes: { 'aria-label': t('Scatter Chart') } }, [
      el('div', { class: 'toolbar' }, [
        el('span', { class: 'dim' }, [t('Vertical')]),
        this.#y.element,
        el('span', { class: 'dim' }, [t('Horizontal')]),
        this.#x.element,
        this.#logX.element,
        this.#logY.element,
      ]),
      this.#chart.element,
      this.#note,
      this.#table,
    ]);
  }

  update(rows: readonly JobRow[], columns: readonly string[], state: JobsViewState): void {
    show(this.element, state.scatter);
    if (!state.scatter) return;
    const numeric = columns.filter(isNumeric);
    const [x, y] = [chosen(state.x, FIRST_X, numeric), chosen(state.y, FIRST_Y, numeric)];
    if (x === null || y === null) return;
    const options = numeric.map((value) => ({ value, label: columnTitle(value) }));
    this.#x.setOptions(options, x);
    this.#y.setOptions(options, y);
    const placed = placedRows(rows, x, y);
    const canLog = (values: (row: PlacedRow) => number): boolean => placed.some((row) => values(row) > 0);
    const logX = state.logX && canLog((row) => row.x);
    const logY = state.logY && canLog((row) => row.y);
    this.#logX.setChecked(state.logX);
    this.#logY.setChecked(state.logY);
    this.#rows = new Map(placed.map(({ row }) => [rowKey(row), row]));
    const axes = {
      x: { title: columnTitle(x), isLog: logX },
      y: { title: columnTitle(y), isLog: logY },
    };
    this.#chart.setData(
      placed.map(({ row, ...place }) => ({ key: rowKey(row), ...place })),
      axes,
      (key) => {
        const row = this.#rows.get(key);
        return row !== undefined && this.#listeners.isSelected(row);
      },
    );
    const offAxis = placed.filter((row) => (logX && row.x <= 0) || (logY && row.y <= 0)).length;
    setText(this.#note, noteOf(placed.length, rows.length, offAxis));
    this.#drawTable(placed, x, y);
  }

  #drawTable(placed: readonly PlacedRow[], x: string, y: string): void {
    const axes = `${x}\n${y}`;
    if (!this.#view || axes !== this.#axes) {
      this.#axes = axes;
      this.#view = new VirtualTable<PlacedRow>({
        label: t('Figures of the scatter chart'),
        columns: [
          {
            title: t('Job'),
            kind: 'wide',
            cell: ({ row }) => visibleLine(nameOf(row)),
            hint: ({ row }) => nameOf(row),
          },
          placeColumn(x),
          placeColumn(y),
        ],
      });
      this.#table.replaceChildren(this.#view.element);
    }
    this.#view.setRows(placed.length, (index) => placed[index]);
  }

  #tell(key: string): readonly string[] {
    const row = this.#rows.get(key);
    const [x = '', y = ''] = this.#axes.split('\n');
    return row === undefined
      ? []
      : [nameOf(row), ...[y, x].map((column) => t('{0}: {1}', columnTitle(column), textOf(row, column)))];
  }
}

function placeColumn(column: string): Column<PlacedRow> {
  return { title: columnTitle(column), kind: 'number', width: 220, cell: ({ row }) => textOf(row, column) };
}

function textOf(row: JobRow, column: string): string {
  return visibleLine(cellText(column, valueOf(row, column), row.automatic.includes(column)));
}

function chosen(wish: string | null, first: readonly string[], numeric: readonly string[]): string | null {
  if (wish !== null && numeric.includes(wish)) return wish;
  return first.find((column) => numeric.includes(column)) ?? numeric[0] ?? null;
}

function noteOf(placed: number, all: number, offAxis: number): string {
  const parts = [t('{0} of {1} jobs have both figures.', placed, all)];
  if (offAxis > 0) parts.push(t('{0} are at zero or below and have no place on a logarithmic axis.', offAxis));
  return parts.join(' ');
}
