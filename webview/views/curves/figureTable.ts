import { t } from '../../../src/core/base/messages.ts';
import type { XAxis } from '../../../src/core/training/curves/xAxis.ts';
import type { Line } from '../../charts/curves/lines.ts';
import { lowerBound } from '../../../src/core/training/curves/thinning.ts';
import { placeText } from '../../charts/curves/tickLabels.ts';
import { el } from '../../dom.ts';
import { decimals, NONE } from '../../format.ts';
import { VirtualTable, type Column } from '../../virtualTable.ts';
import { axisName } from './words.ts';

export interface TableLine {
  readonly line: Line;
  readonly label: string;
}

/** Figures of a chart as a table: a row for each x that one of its lines has. */
export class FigureTable {
  readonly element = el('div', { class: 'table-place' });
  #signature = '';
  #view: VirtualTable<number> | null = null;
  #lines: readonly TableLine[] = [];
  #xs = new Float64Array(0);

  /** `title`: of the chart. */
  set(lines: readonly TableLine[], axis: XAxis, title: string): void {
    this.#lines = lines;
    this.#xs = unionOf(lines.map(({ line }) => line.xs));
    const signature = JSON.stringify([axis, title, lines.map(({ line, label }) => [line.id, label])]);
    if (signature !== this.#signature || !this.#view) {
      this.#signature = signature;
      const columns: Column<number>[] = [
        {
          title: axisName(axis),
          kind: axis === 'step' ? 'number' : 'narrow',
          cell: (row) => {
            const x = this.#xs[row] ?? 0;
            return axis === 'step' ? x : placeText(axis, x);
          },
        },
        ...lines.map(({ label }, index): Column<number> => ({
          title: label,
          kind: 'number',
          cell: (row) => {
            const value = this.#valueAt(index, this.#xs[row] ?? Number.NaN);
            return Number.isNaN(value) ? NONE : decimals(value, 4);
          },
        })),
      ];
      this.#view = new VirtualTable<number>({ label: t('{0}: figures', title), columns });
      this.element.replaceChildren(this.#view.element);
    }
    this.#view.setRows(this.#xs.length, (index) => index);
    this.#view.refresh();
  }

  #valueAt(index: number, x: number): number {
    const { xs, raw } = this.#lines[index]?.line ?? { xs: new Float64Array(0), raw: new Float64Array(0) };
    const at = lowerBound(xs, xs.length, x);
    return xs[at] === x ? (raw[at] ?? Number.NaN) : Number.NaN;
  }
}

/** All values of ascending lists, ascending, each once. */
export function unionOf(lists: readonly Float64Array[]): Float64Array<ArrayBuffer> {
  let all = new Float64Array(0);
  for (const list of lists) {
    if (list.length === 0) continue;
    const merged = new Float64Array(all.length + list.length);
    let [i, j, count] = [0, 0, 0];
    while (i < all.length || j < list.length) {
      const [a, b] = [all[i] ?? Infinity, list[j] ?? Infinity];
      const next = Math.min(a, b);
      if (a === next) i += 1;
      if (b === next) j += 1;
      if (count === 0 || merged[count - 1] !== next) merged[count++] = next;
    }
    all = merged.subarray(0, count).slice();
  }
  return all;
}
