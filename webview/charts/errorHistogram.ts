import { t, tn } from '../../src/core/base/messages.ts';
import { el, setAttribute } from '../dom.ts';
import { readTheme } from '../theme.ts';
import { axis, drawPlot, redraws, type Plot, type PlotData } from './chartSetup.ts';
import { usePointer, type Place } from './pointer.ts';

/** Rows whose errors lie from `from` up to, but not at, `to`. */
export interface ErrorBar {
  readonly from: number;
  /** Infinity: the last bar, of all larger errors. */
  readonly to: number;
  readonly items: readonly number[];
  /** Rows of the contestant compared with. */
  readonly others: number;
}

interface Listeners {
  readonly onSelect: (items: ReadonlySet<number> | null) => void;
  readonly tell: (bar: ErrorBar) => readonly string[];
}

/** Number of rows by the size of their error; a bar selects its rows. The contestant compared with is a stepped line. */
export class ErrorHistogram {
  readonly element: HTMLElement;
  readonly #canvas = el('canvas', { attributes: { 'aria-hidden': 'true' } });
  readonly #schedule: () => void;
  readonly #refresh: () => void;
  #chart: Plot | null = null;
  #bars: readonly ErrorBar[] = [];
  #selected: ReadonlySet<number> | null = null;
  #title = '';
  #hasOthers = false;

  constructor({ onSelect, tell }: Listeners) {
    this.element = el('div', { class: 'chart errors', attributes: { role: 'application' } }, [this.#canvas]);
    this.#schedule = redraws(this.element, () => {
      this.#draw();
    });
    this.#refresh = usePointer(this.element, {
      count: () => this.#bars.length,
      at: ({ x }) => this.#barAt(x),
      placeOf: (index) => this.#placeOf(index),
      tell: (index) => {
        const bar = this.#bars[index];
        return bar ? tell(bar) : [];
      },
      open: (index) => {
        const bar = this.#bars[index];
        if (bar) onSelect(new Set(bar.items));
      },
      clear: () => {
        onSelect(null);
      },
    }).refresh;
  }

  /** `title`: of the axis of errors, with their unit. */
  setData(
    bars: readonly ErrorBar[],
    selected: ReadonlySet<number> | null,
    { title, hasOthers }: { readonly title: string; readonly hasOthers: boolean },
  ): void {
    this.#bars = bars;
    this.#selected = selected;
    this.#title = title;
    this.#hasOthers = hasOthers;
    setAttribute(
      this.element,
      'aria-label',
      tn(
        bars.length,
        'Histogram of errors with {0} bar. The arrow keys go through the bars, Enter shows the rows of one.',
        'Histogram of errors with {0} bars. The arrow keys go through the bars, Enter shows the rows of one.',
      ),
    );
    this.#schedule();
  }

  get canvas(): HTMLCanvasElement {
    return this.#canvas;
  }

  get #width(): number {
    const first = this.#bars[0];
    return first && Number.isFinite(first.to) ? first.to - first.from : 1;
  }

  #barAt(x: number): number | null {
    const value = this.#chart?.scales['x']?.getValueForPixel(x);
    if (value === undefined) return null;
    const bar = Math.floor(value / this.#width);
    return bar >= 0 && bar < this.#bars.length ? bar : null;
  }

  #placeOf(index: number): Place | null {
    const bar = this.#bars[index];
    const { x, y } = this.#chart?.scales ?? {};
    if (!bar || !x || !y) return null;
    return { x: x.getPixelForValue((index + 0.5) * this.#width), y: y.getPixelForValue(bar.items.length) };
  }

  #draw(): void {
    if (this.element.clientWidth === 0 || this.#bars.length === 0) return;
    const theme = readTheme();
    const width = this.#width;
    const highest = Math.max(1, ...this.#bars.map(({ items, others }) => Math.max(items.length, others)));
    const selected = this.#selected;
    const steps = this.#bars.flatMap(({ others }, index) => [
      { x: index * width, y: others },
      { x: (index + 1) * width, y: others },
    ]);
    const datasets: PlotData[] = [
      ...(this.#hasOthers
        ? [
            {
              type: 'line' as const,
              data: steps,
              borderColor: theme.valid,
              borderWidth: 1.5,
              borderDash: theme.highContrast ? [4, 3] : [],
              pointRadius: 0,
            },
          ]
        : []),
      {
        type: 'bar',
        data: this.#bars.map(({ items }, index) => ({ x: (index + 0.5) * width, y: items.length })),
        backgroundColor: ({ dataIndex }) =>
          selected !== null && !(this.#bars[dataIndex]?.items ?? []).some((item) => selected.has(item))
            ? theme.grid
            : theme.train,
        barPercentage: 0.92,
        categoryPercentage: 1,
        grouped: false,
      },
    ];
    const scales = {
      x: {
        ...axis(
          theme,
          { min: 0, max: this.#bars.length * width },
          { title: this.#title, grid: false, labelBounds: false },
        ),
        offset: false,
      },
      y: axis(theme, { min: 0, max: highest }, { title: t('rows'), grid: true, labelBounds: false, whole: true }),
    };
    this.#chart = drawPlot(this.#chart, this.#canvas, 'bar', datasets, scales);
    this.element.dataset['bars'] = String(this.#bars.length);
    this.#refresh();
  }
}
