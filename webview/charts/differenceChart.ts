import { tn } from '../../src/core/base/messages.ts';
import { el, setAttribute } from '../dom.ts';
import { readTheme } from '../theme.ts';
import { axis, drawPlot, redraws, type Plot, type PlotData, type Scale } from './chartSetup.ts';
import { usePointer, type Place } from './pointer.ts';

/** Difference of two contestants in one row; below zero the first one is better. */
export interface RowDifference {
  readonly item: number;
  readonly value: number;
}

interface Listeners {
  readonly onOpen: (item: number) => void;
  readonly onSelect: (items: ReadonlySet<number> | null) => void;
  readonly tell: (item: number) => readonly string[];
}

/** Differences of all rows, from the one where the first contestant is best to the one where it is worst. */
export class DifferenceChart {
  readonly element: HTMLElement;
  readonly #canvas = el('canvas', { attributes: { 'aria-hidden': 'true' } });
  readonly #schedule: () => void;
  readonly #refresh: () => void;
  #chart: Plot | null = null;
  #rows: readonly RowDifference[] = [];
  #selected: ReadonlySet<number> | null = null;
  #titles = { x: '', y: '' };

  constructor({ onOpen, onSelect, tell }: Listeners) {
    this.element = el('div', { class: 'chart differences', attributes: { role: 'application' } }, [this.#canvas]);
    this.#schedule = redraws(this.element, () => {
      this.#draw();
    });
    this.#refresh = usePointer(this.element, {
      count: () => this.#rows.length,
      at: ({ x }) => this.#rankAt(x),
      placeOf: (index) => this.#placeOf(index),
      tell: (index) => tell(this.#rows[index]?.item ?? -1),
      open: (index) => {
        const row = this.#rows[index];
        if (row) onOpen(row.item);
      },
      select: (from, to) => {
        const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)];
        const chosen = this.#rows.filter((_, index) => {
          const place = this.#placeOf(index);
          return place !== null && place.x >= left && place.x <= right;
        });
        onSelect(new Set(chosen.map(({ item }) => item)));
      },
      clear: () => {
        onSelect(null);
      },
    }).refresh;
  }

  /** `rows` in any order. `titles`: of the axes. */
  setData(
    rows: readonly RowDifference[],
    selected: ReadonlySet<number> | null,
    titles: { readonly x: string; readonly y: string },
  ): void {
    this.#rows = rows.toSorted((a, b) => a.value - b.value || a.item - b.item);
    this.#selected = selected;
    this.#titles = titles;
    setAttribute(
      this.element,
      'aria-label',
      tn(
        rows.length,
        'Bar chart of {0} difference, sorted: {1}. The arrow keys go through the rows, Enter opens one.',
        'Bar chart of {0} differences, sorted: {1}. The arrow keys go through the rows, Enter opens one.',
        titles.y,
      ),
    );
    this.#schedule();
  }

  get canvas(): HTMLCanvasElement {
    return this.#canvas;
  }

  #rankAt(x: number): number | null {
    const value = this.#chart?.scales['x']?.getValueForPixel(x);
    if (value === undefined) return null;
    const rank = Math.round(value) - 1;
    return rank >= 0 && rank < this.#rows.length ? rank : null;
  }

  #placeOf(index: number): Place | null {
    const row = this.#rows[index];
    const { x, y } = this.#chart?.scales ?? {};
    if (!row || !x || !y) return null;
    return { x: x.getPixelForValue(index + 1), y: y.getPixelForValue(row.value) };
  }

  /** The bars themselves, which would be too many for elements of the chart. In neutral colors: one row better or worse is no claim. */
  #drawBars(drawing: CanvasRenderingContext2D, x: Scale, y: Scale): void {
    const theme = readTheme();
    const zero = y.getPixelForValue(0);
    const step = x.getPixelForValue(2) - x.getPixelForValue(1);
    const width = Math.max(1, step - (step > 3 ? 1 : 0));
    for (const [index, { item, value }] of this.#rows.entries()) {
      const isFaint = this.#selected !== null && !this.#selected.has(item);
      drawing.fillStyle = isFaint ? theme.grid : value < 0 ? theme.train : theme.valid;
      const top = y.getPixelForValue(value);
      drawing.fillRect(
        x.getPixelForValue(index + 1) - width / 2,
        Math.min(top, zero),
        width,
        Math.max(1, Math.abs(top - zero)),
      );
    }
  }

  #draw(): void {
    if (this.element.clientWidth === 0) return;
    const theme = readTheme();
    const values = this.#rows.map(({ value }) => value);
    const low = Math.min(0, ...values.slice(0, 1));
    const high = Math.max(0, ...values.slice(-1));
    const span = high - low || 1;
    const datasets: PlotData[] = [];
    const scales = {
      x: {
        ...axis(
          theme,
          { min: 0.5, max: this.#rows.length + 0.5 },
          { title: this.#titles.x, grid: false, labelBounds: false, whole: true },
        ),
        offset: false,
      },
      y: axis(
        theme,
        { min: low - (low < 0 ? span * 0.03 : 0), max: high + (high > 0 ? span * 0.03 : 0) },
        { title: this.#titles.y, grid: true, labelBounds: false },
      ),
    };
    this.#chart = drawPlot(this.#chart, this.#canvas, 'bar', datasets, scales, [
      {
        id: 'bars',
        afterDatasetsDraw: ({ ctx, scales: { x, y } }) => {
          if (x && y) this.#drawBars(ctx, x, y);
        },
      },
    ]);
    this.element.dataset['points'] = String(this.#rows.length);
    this.#refresh();
  }
}
