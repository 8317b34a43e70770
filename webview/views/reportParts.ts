import { t, tn } from '../../src/core/base/messages.ts';
import type { Figure, MarkView } from '../../src/core/dataset/report/types.ts';
import type { FromPanel } from '../../src/protocol/panelMessages.ts';
import { linkButton } from '../components.ts';
import { el, setAttribute, type Child } from '../dom.ts';
import { count } from '../../src/core/base/numbers.ts';
import { decimals } from '../format.ts';

export type Post = (message: FromPanel) => void;

/** A number that leads to its rows; plain when there are none. */
export function figureLink(post: Post, figure: Figure, text = count(figure.count)): Child {
  if (figure.count === 0) return text;
  return goLink(
    post,
    figure.id,
    text,
    figure.line === null ? tn(figure.count, 'Go to {0} row', 'Go to {0} rows') : t('Go to line {0}', figure.line),
  );
}

/** `hint`: the place it leads to, in words. */
export function goLink(post: Post, figure: string, text: string, hint: string): HTMLElement {
  const link = linkButton(text, () => {
    post({ type: 'showFigure', figure });
  });
  link.classList.add('numeric');
  setAttribute(link, 'title', hint);
  return link;
}

/** `Shortest 22 · Median 35 · …`, each number a link. */
export function marksLine(post: Post, marks: readonly MarkView[], text = markText): HTMLElement {
  return el(
    'div',
    { class: 'legend' },
    marks.map(({ label, value, figure }) =>
      el('span', { class: 'key' }, [`${label} `, figureLink(post, figure, text(value))]),
    ),
  );
}

/** Whole numbers, and medians between two of them. */
function markText(value: number): string {
  return Number.isInteger(value) ? count(value) : decimals(value, 1);
}

export interface TableColumn {
  readonly title: string;
  readonly number?: boolean;
  /** Tooltip. */
  readonly hint?: string;
}

/** A small table; the first cell of a row names it. */
export function table(
  label: string,
  columns: readonly TableColumn[],
  rows: readonly (readonly Child[])[],
): HTMLElement {
  return el('div', { class: 'report-table' }, [
    el('table', { attributes: { 'aria-label': label } }, [
      el('thead', {}, [
        el(
          'tr',
          {},
          columns.map(({ title, number, hint }) =>
            el('th', { class: number === true ? 'number' : '', attributes: { scope: 'col', title: hint ?? null } }, [
              title,
            ]),
          ),
        ),
      ]),
      el(
        'tbody',
        {},
        rows.map((cells) =>
          el(
            'tr',
            {},
            cells.map((cell, index) =>
              index === 0
                ? el('th', { attributes: { scope: 'row' } }, [cell])
                : el('td', { class: columns[index]?.number === true ? 'number' : '' }, [cell]),
            ),
          ),
        ),
      ),
    ]),
  ]);
}

/** A heading with something beside it. */
export function titled(title: string, ...beside: readonly Child[]): HTMLElement {
  return el('h2', {}, [el('span', {}, [title]), ...beside.flatMap((child) => (child === null ? [] : [' ', child]))]);
}

export function dim(...children: readonly Child[]): HTMLElement {
  return el('span', { class: 'dim' }, children);
}
