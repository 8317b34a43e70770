import { el, setAttribute, setChildren, setText, type Child } from './dom.ts';

export interface Column<R> {
  readonly title: string;
  /** Shown when the pointer rests on the head; default: the title. */
  readonly about?: string;
  /** Class of the column: `number` aligns right, `wide` takes what is left, `sign` has room for one sign. */
  readonly kind: 'number' | 'wide' | 'narrow' | 'sign';
  readonly cell: (row: R) => Child;
  /** Shown when the pointer rests on the cell: for text that may be cut. */
  readonly hint?: (row: R) => string;
  /** Makes the head a button that sorts by this key. */
  readonly sort?: string;
  /** Pixels; for tables whose columns the user chooses. */
  readonly width?: number;
  /** The title is for screen readers only. */
  readonly isQuiet?: boolean;
  /** Sign in the place of a quiet title. */
  readonly symbol?: string;
}

/** Order of the rows, by the `sort` of a column. */
export interface SortOrder {
  readonly key: string;
  readonly descending: boolean;
}

interface Options<R> {
  readonly label: string;
  readonly columns: readonly Column<R>[];
  /** Click and Enter; without it the rows are only read. */
  readonly onOpen?: (row: R, index: number) => void;
  /** The space key; without it the key opens as Enter does. */
  readonly onSpace?: (row: R, index: number) => void;
  /** Other keys on a row; true: the key was used. */
  readonly onKey?: (key: string, row: R) => boolean;
  /** Rows that are selected, where several can be; without it the opened one is. */
  readonly isSelected?: (row: R) => boolean;
  /** A head with a sort key was pressed. */
  readonly onSort?: (key: string) => void;
}

/** Rows that are not in view exist only as height. As high as the rows in styles/tables.css. */
const ROW_HEIGHT = 26;
/** Rows kept beyond either edge, so that scrolling shows no gaps. */
const MARGIN = 12;

/** A table of any length that holds elements for the rows in view only. Arrow keys, Page Up/Down, Home and End move. */
export class VirtualTable<R> {
  readonly element: HTMLElement;
  readonly #options: Options<R>;
  readonly #table: HTMLTableElement;
  readonly #heads: readonly HTMLTableCellElement[];
  readonly #body = el('tbody');
  readonly #above = spacer();
  readonly #below = spacer();
  readonly #shown = new Map<number, { readonly row: R; readonly element: HTMLTableRowElement }>();
  #count = 0;
  #rowAt: (index: number) => R | undefined = () => undefined;
  #active = 0;
  #selected: number | null = null;
  #scheduled = false;

  constructor(options: Options<R>) {
    this.#options = options;
    this.#heads = options.columns.map((column) => {
      const { sort, title, about = title } = column;
      const content =
        sort === undefined || options.onSort === undefined
          ? el('span', { class: column.isQuiet === true ? 'visually-hidden' : '' }, [title])
          : sortButton(title, column.isQuiet === true, () => options.onSort?.(sort), column.symbol);
      const head = el('th', { class: column.kind, attributes: { scope: 'col', title: about } }, [content]);
      if (column.width !== undefined) head.style.width = `${column.width}px`;
      return head;
    });
    this.#body.append(this.#above, this.#below);
    this.#table = el('table', { attributes: { 'aria-label': options.label } }, [
      el('thead', {}, [el('tr', { attributes: { 'aria-rowindex': 1 } }, this.#heads)]),
      this.#body,
    ]);
    const interactive = options.onOpen !== undefined;
    // Columns of the user's choice are not squeezed: the table scrolls sideways.
    const width = options.columns.reduce((sum, column) => sum + (column.width ?? 0), 0);
    if (width > 0) this.#table.style.minWidth = `${width}px`;
    if (interactive) this.#table.setAttribute('role', 'grid');
    if (options.isSelected) this.#table.setAttribute('aria-multiselectable', 'true');
    this.element = el(
      'div',
      {
        class: interactive ? 'rows interactive' : 'rows',
        // A region that scrolls must be reachable by keyboard; where rows take the focus they are.
        attributes: interactive ? { tabindex: -1 } : { tabindex: 0, role: 'region', 'aria-label': options.label },
      },
      [this.#table],
    );
    this.element.addEventListener('scroll', () => {
      this.#schedule();
    });
    new ResizeObserver(() => {
      this.#schedule();
    }).observe(this.element);
    if (interactive) this.#listen();
  }

  /** New content; rows that are the same objects as before keep their elements. */
  setRows(count: number, rowAt: (index: number) => R | undefined): void {
    this.#count = count;
    this.#rowAt = rowAt;
    this.#active = Math.min(this.#active, Math.max(0, count - 1));
    setAttribute(this.#table, 'aria-rowcount', count + 1);
    this.#schedule();
  }

  /** Makes the rows in view again: for rows whose key stays the same while their content changes. */
  refresh(): void {
    for (const { element } of this.#shown.values()) element.remove();
    this.#shown.clear();
    this.#schedule();
  }

  /** Marks the head that the rows are sorted by; null: none. */
  setSort(order: SortOrder | null): void {
    for (const [at, column] of this.#options.columns.entries()) {
      const head = this.#heads[at];
      if (head && column.sort !== undefined) markSort(head, column.sort === order?.key ? order : null);
    }
  }

  /** Moves the focus to the marked row, or to the first one that can be reached. */
  focusSelected(): void {
    this.#moveTo(this.#selected ?? this.#active);
  }

  /** Marks one row; null none. */
  select(index: number | null): void {
    this.#selected = index;
    if (index !== null) this.#active = index;
    this.markAgain();
  }

  /** Marks the rows in view again: what is selected has changed. */
  markAgain(): void {
    if (!this.#options.onOpen) return;
    const reachable = this.#shown.has(this.#active) ? this.#active : Math.min(...this.#shown.keys());
    for (const [at, { element }] of this.#shown) this.#mark(at, element, at === reachable);
  }

  scrollTo(index: number): void {
    const top = index * ROW_HEIGHT;
    const height = this.element.clientHeight - ROW_HEIGHT;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top + ROW_HEIGHT > this.element.scrollTop + height) this.element.scrollTop = top + ROW_HEIGHT - height;
    this.#render();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#render();
    });
  }

  #render(): void {
    const from = Math.max(0, Math.floor(this.element.scrollTop / ROW_HEIGHT) - MARGIN);
    const inView = Math.ceil((this.element.clientHeight || 400) / ROW_HEIGHT);
    const to = Math.min(this.#count, from + inView + 2 * MARGIN);
    const gone = [...this.#shown].filter(
      ([index, { row }]) => index < from || index >= to || this.#rowAt(index) !== row,
    );
    // A row that leaves takes the focus along: the table keeps it, so that the next key still works. Before anything is removed:
    // focusing lays the page out, and were the content shorter at that moment the browser would scroll back.
    const focused = gone.find(([, { element }]) => element.contains(document.activeElement))?.[0] ?? null;
    if (focused !== null) this.element.focus({ preventScroll: true });
    for (const [index, { element }] of gone) {
      element.remove();
      this.#shown.delete(index);
    }
    let next: Element = this.#below;
    for (let index = to - 1; index >= from; index--) {
      const known = this.#shown.get(index);
      const element = known?.element ?? this.#make(index);
      if (!element) continue;
      if (element.nextElementSibling !== next) next.before(element);
      next = element;
    }
    setHeight(this.#above, from * ROW_HEIGHT);
    setHeight(this.#below, (this.#count - to) * ROW_HEIGHT);
    this.markAgain();
    // A row whose content changed has it again.
    if (focused !== null) this.#shown.get(focused)?.element.focus({ preventScroll: true });
  }

  #make(index: number): HTMLTableRowElement | null {
    const row = this.#rowAt(index);
    if (row === undefined) return null;
    const cells = this.#options.columns.map((column) => {
      const cell = el('td', { class: column.kind }, [column.cell(row)]);
      if (column.hint) setAttribute(cell, 'title', column.hint(row));
      return cell;
    });
    const element = el('tr', { attributes: { 'aria-rowindex': index + 2 } }, cells);
    this.#shown.set(index, { row, element });
    return element;
  }

  #mark(index: number, element: HTMLTableRowElement, isReachable: boolean): void {
    element.tabIndex = isReachable ? 0 : -1;
    const row = this.#shown.get(index)?.row;
    const isSelected =
      row !== undefined && this.#options.isSelected ? this.#options.isSelected(row) : index === this.#selected;
    setAttribute(element, 'aria-selected', isSelected ? 'true' : 'false');
  }

  #listen(): void {
    this.#body.addEventListener('click', (event) => {
      // Controls in a row act for themselves.
      if (event.target instanceof HTMLButtonElement || event.target instanceof HTMLInputElement) return;
      const index = this.#indexOf(event.target);
      if (index !== null) this.#open(index);
    });
    this.element.addEventListener('keydown', (event) => {
      // Keys of the buttons in the heads are their own.
      if (event.target instanceof HTMLButtonElement) return;
      const at = this.#indexOf(document.activeElement) ?? this.#active;
      const page = Math.max(1, Math.floor(this.element.clientHeight / ROW_HEIGHT) - 2);
      const targets: Readonly<Record<string, number>> = {
        ArrowDown: at + 1,
        ArrowUp: at - 1,
        PageDown: at + page,
        PageUp: at - page,
        Home: 0,
        End: this.#count - 1,
      };
      const target = targets[event.key];
      const row = this.#rowAt(at);
      const { onSpace, onKey } = this.#options;
      if (target !== undefined) this.#moveTo(target);
      else if (event.key === ' ' && onSpace && row !== undefined) onSpace(row, at);
      else if (
        onKey &&
        row !== undefined &&
        !event.ctrlKey &&
        !event.metaKey &&
        !event.altKey &&
        onKey(event.key, row)
      ) {
        // Used there.
      } else if (event.key === 'Enter' || event.key === ' ') this.#open(at);
      else return;
      event.preventDefault();
    });
  }

  #moveTo(index: number): void {
    this.#active = Math.max(0, Math.min(this.#count - 1, index));
    this.scrollTo(this.#active);
    this.#shown.get(this.#active)?.element.focus({ preventScroll: true });
  }

  #open(index: number): void {
    const row = this.#rowAt(index);
    if (row === undefined) return;
    this.select(index);
    this.#options.onOpen?.(row, index);
  }

  #indexOf(target: EventTarget | null): number | null {
    for (const [index, { element }] of this.#shown)
      if (target instanceof Node && element.contains(target)) return index;
    return null;
  }
}

/** Head that sorts, with a sign of the direction; the sign's place is kept, so that nothing moves. */
export function sortButton(title: string, isQuiet: boolean, onPress: () => void, symbol = ''): HTMLButtonElement {
  return el('button', { class: 'sort', attributes: { type: 'button' }, on: { click: onPress } }, [
    el('span', { class: isQuiet ? 'visually-hidden' : '' }, [title]),
    symbol === '' ? null : el('span', { attributes: { 'aria-hidden': 'true' } }, [symbol]),
    el('span', { class: 'direction', attributes: { 'aria-hidden': 'true' } }),
  ]);
}

/** Marks a head as the one that is sorted by; null: it is not. */
export function markSort(head: HTMLElement, order: SortOrder | null): void {
  setAttribute(head, 'aria-sort', order === null ? null : order.descending ? 'descending' : 'ascending');
  const sign = head.querySelector('.direction');
  if (sign) setText(sign, order === null ? '' : order.descending ? '▾' : '▴');
}

function spacer(): HTMLTableRowElement {
  const row = el('tr', { class: 'spacer', attributes: { 'aria-hidden': 'true' } });
  setChildren(row, [el('td')]);
  return row;
}

function setHeight(row: HTMLTableRowElement, height: number): void {
  row.style.height = `${height}px`;
  row.hidden = height === 0;
}
