import { t } from '../../../src/core/base/messages.ts';
import {
  isNumeric,
  isOftenUnknown,
  MODEL_LOSS,
  kindOfColumn,
  valueOf,
} from '../../../src/core/training/compare/columns.ts';
import { columnHint, columnTitle } from '../../../src/core/training/compare/columnWords.ts';
import { rowKey, type JobRow } from '../../../src/core/training/compare/jobRow.ts';
import { el, setText } from '../../dom.ts';
import { VirtualTable, type Column, type SortOrder } from '../../virtualTable.ts';
import { visibleLine } from '../../visibleText.ts';
import { setBadge } from '../parts.ts';
import { cellText } from './jobCells.ts';

export interface JobsTableListeners {
  readonly onOpen: (row: JobRow) => void;
  readonly onOpenRun: (runId: string) => void;
  readonly onSort: (key: string) => void;
  readonly onStar: (row: JobRow) => void;
  readonly onSelect: (row: JobRow) => void;
  readonly isSelected: (row: JobRow) => boolean;
}

/** Rows of jobs with the columns of the user's choice, before them a check box and a star. */
export class JobsTable {
  readonly element = el('div', { class: 'jobs-table' });
  readonly #listeners: JobsTableListeners;
  #columns = '';
  #view: VirtualTable<JobRow> | null = null;
  #lowest: ReadonlySet<string> = new Set();

  constructor(listeners: JobsTableListeners) {
    this.#listeners = listeners;
  }

  update(rows: readonly JobRow[], columns: readonly string[], sort: SortOrder): void {
    const key = columns.join('\n');
    if (!this.#view || key !== this.#columns) {
      this.#columns = key;
      const { scrollTop = 0, scrollLeft = 0 } = this.#view?.element ?? {};
      this.#view = this.#make(columns);
      this.element.replaceChildren(this.#view.element);
      this.#view.setRows(rows.length, (index) => rows[index]);
      this.#view.element.scrollTo(scrollLeft, scrollTop);
    } else this.#view.setRows(rows.length, (index) => rows[index]);
    this.#view.setSort(sort);
  }

  /** Marks the validation loss of these rows as the lowest of their sweep. Before `update`. */
  setLowest(rows: readonly JobRow[]): void {
    const lowest = new Set(rows.map(rowKey));
    if (lowest.size === this.#lowest.size && [...lowest].every((key) => this.#lowest.has(key))) return;
    this.#lowest = lowest;
    // Cells are made again.
    this.#columns = '';
  }

  /** The selection changed: the check boxes in view follow. */
  markAgain(): void {
    this.#view?.markAgain();
    for (const box of this.element.getElementsByTagName('input')) {
      box.checked = box.closest('tr')?.getAttribute('aria-selected') === 'true';
    }
  }

  focus(): void {
    this.#view?.focusSelected();
  }

  #make(columns: readonly string[]): VirtualTable<JobRow> {
    const { onOpen, onOpenRun, onSort, onStar, onSelect, isSelected } = this.#listeners;
    return new VirtualTable<JobRow>({
      label: t('Jobs'),
      columns: [
        { title: t('Selected'), kind: 'sign', isQuiet: true, width: 30, cell: (row) => this.#box(row) },
        {
          title: t('Star'),
          kind: 'sign',
          isQuiet: true,
          symbol: '★',
          width: 34,
          sort: 'star',
          cell: (row) => this.#star(row),
        },
        ...columns.map((column) => this.#column(column)),
      ],
      onOpen,
      onSort,
      onSpace: onSelect,
      isSelected,
      onKey: (key, row) => {
        if (key === 's' || key === 'S') onStar(row);
        else if ((key === 'e' || key === 'E') && row.runId !== null) onOpenRun(row.runId);
        else return false;
        return true;
      },
    });
  }

  #box(row: JobRow): HTMLElement {
    // Not in the order of the tab key: the row has the focus, and the space key does the same.
    const box = el('input', {
      attributes: { type: 'checkbox', tabindex: -1, 'aria-label': t('Select {0}', nameOf(row)) },
      on: {
        change: () => {
          this.#listeners.onSelect(row);
        },
      },
    });
    box.checked = this.#listeners.isSelected(row);
    return box;
  }

  #star(row: JobRow): HTMLElement {
    const star = el(
      'button',
      {
        class: row.starred ? 'star on' : 'star',
        attributes: {
          type: 'button',
          tabindex: -1,
          'aria-label': t('Star {0}', nameOf(row)),
          'aria-pressed': row.starred ? 'true' : 'false',
        },
        on: {
          click: () => {
            this.#listeners.onStar(row);
          },
        },
      },
      [row.starred ? '★' : '☆'],
    );
    return star;
  }

  #column(column: string): Column<JobRow> {
    const text = (row: JobRow): string => {
      const value = visibleLine(cellText(column, valueOf(row, column), row.automatic.includes(column)));
      return column === MODEL_LOSS && this.#lowest.has(rowKey(row)) ? t('{0} (lowest)', value) : value;
    };
    return {
      title: columnTitle(column),
      about: columnHint(column) ?? columnTitle(column),
      kind: isNumeric(column) && kindOfColumn(column) !== 'time' ? 'number' : 'narrow',
      width: widthOf(column),
      sort: column,
      hint: (row) => (valueOf(row, column) === null && isOftenUnknown(column) ? t('Not known') : text(row)),
      cell: (row) => this.#cell(column, row, text(row)),
    };
  }

  #cell(column: string, row: JobRow, text: string): HTMLElement | string {
    switch (column) {
      case 'status': {
        const badge = el('span');
        setBadge(badge, String(valueOf(row, 'status') ?? ''));
        return badge;
      }
      case 'evaluation': {
        const { runId } = row;
        if (runId === null) return text;
        const link = el('button', {
          class: 'link',
          attributes: { type: 'button', tabindex: -1 },
          on: {
            click: () => {
              this.#listeners.onOpenRun(runId);
            },
          },
        });
        setText(link, text);
        return link;
      }
      default: {
        const look = row.hidden && column === 'name' ? 'dim' : kindOfColumn(column) === 'mono' ? 'mono' : null;
        // Plain text where it can be: a row is made in every frame of scrolling.
        return look === null ? text : el('span', { class: look }, [text]);
      }
    }
  }
}

export function nameOf(row: JobRow): string {
  return String(valueOf(row, 'name') ?? rowKey(row));
}

function widthOf(column: string): number {
  if (column.startsWith('last.') || column.startsWith('best.')) return 172;
  switch (column) {
    case 'name':
      return 190;
    case 'evaluation':
      return 330;
    case 'model':
    case 'dataset':
    case 'tuned':
      return 170;
    case 'created':
      return 150;
    case 'status':
    case 'hash':
    case 'connection':
    case 'id':
      return 120;
    default:
      return 104;
  }
}
