import { t } from '../../src/core/base/messages.ts';
import type { HistogramView } from '../../src/core/dataset/report/types.ts';
import { el, setAttribute } from '../dom.ts';
import { readTheme } from '../theme.ts';
import { axis, drawPlot, redraws, type Plot } from './chartSetup.ts';

const MIN_PLACES = 9;

interface Listeners {
  /** A bar was clicked. The table beside it does the same by keyboard. */
  readonly onOpen: (bar: number) => void;
  /** Null: no bar is under the mouse. */
  readonly onHover: (bar: number | null) => void;
}

/** Bars of one width, on a linear or a logarithmic axis, from the smallest value to the largest. */
export class HistogramChart {
  readonly element: HTMLElement;
  readonly #canvas = el('canvas', { attributes: { role: 'img' } });
  readonly #unit: string;
  readonly #schedule: () => void;
  #chart: Plot | null = null;
  #bars: HistogramView['bars'] = [];
  #scale: HistogramView['scale'] = 'linear';

  /** `unit`: unit of the values, the title of the axis. */
  constructor(unit: string, { onOpen, onHover }: Listeners) {
    this.#unit = unit;
    this.element = el('div', { class: 'chart histogram' }, [this.#canvas]);
    this.#schedule = redraws(this.element, () => {
      this.#draw();
    });
    this.#canvas.addEventListener('click', (event) => {
      const bar = this.#barAt(event);
      if (bar !== null) onOpen(bar);
    });
    this.#canvas.addEventListener('mousemove', (event) => {
      const bar = this.#barAt(event);
      this.#canvas.style.cursor = bar === null ? 'default' : 'pointer';
      onHover(bar);
    });
    this.#canvas.addEventListener('mouseleave', () => {
      onHover(null);
    });
  }

  /** `label`: the chart in a sentence, for screen readers. */
  setData({ bars, scale }: HistogramView, label: string): void {
    this.#bars = bars;
    this.#scale = scale;
    setAttribute(this.#canvas, 'aria-label', label);
    this.#schedule();
  }

  /** Anywhere above a bar: the bars of single rows are too low to be hit. */
  #barAt(event: MouseEvent): number | null {
    const place = this.#chart?.scales['x']?.getValueForPixel(event.offsetX);
    if (place === undefined) return null;
    const value = this.#scale === 'log' ? 10 ** place : place;
    const bar = this.#bars.findIndex(({ from, to }) => value >= from && value < to);
    return (this.#bars[bar]?.figure.count ?? 0) > 0 ? bar : null;
  }

  #draw(): void {
    if (this.element.clientWidth === 0 || this.#bars.length === 0) return;
    const theme = readTheme();
    const log = this.#scale === 'log';
    const places = log ? logarithmic(this.#bars) : padded(this.#bars);
    const whole = this.#bars.every(({ from }) => Number.isInteger(from));
    const from = places[0]?.from ?? 0;
    const to = places.at(-1)?.to ?? 1;
    const highest = Math.max(1, ...this.#bars.map(({ figure }) => figure.count));
    const datasets = [
      {
        data: places.map((place) => ({ x: (place.from + place.to) / 2, y: place.rows })),
        backgroundColor: theme.train,
        barPercentage: 0.92,
        categoryPercentage: 1,
        minBarLength: 2,
      },
    ];
    const scales = {
      x: {
        ...axis(theme, { min: from, max: to }, { title: this.#unit, grid: false, labelBounds: false, whole, log }),
        offset: false,
      },
      y: axis(theme, { min: 0, max: highest }, { title: t('examples'), grid: true, labelBounds: false, whole: true }),
    };
    this.#chart = drawPlot(this.#chart, this.#canvas, 'bar', datasets, scales);
    this.element.dataset['bars'] = String(this.#bars.length);
    this.element.dataset['highest'] = String(highest);
  }
}

function logarithmic(
  bars: HistogramView['bars'],
): readonly { readonly from: number; readonly to: number; readonly rows: number }[] {
  return bars.map(({ from, to, figure }) => ({
    from: Math.log10(from),
    to: Math.log10(to),
    rows: figure.count === 0 ? NaN : figure.count,
  }));
}

/** Few bars get empty places beside them: one alone would fill the whole width. A place without rows has no bar (NaN), not a low one. */
function padded(
  bars: HistogramView['bars'],
): readonly { readonly from: number; readonly to: number; readonly rows: number }[] {
  const places = bars.map(({ from, to, figure }) => ({ from, to, rows: figure.count === 0 ? NaN : figure.count }));
  const [first] = bars;
  const width = first === undefined ? 1 : first.to - first.from;
  while (places.length > 0 && places.length < MIN_PLACES) {
    const low = places[0]?.from ?? 0;
    const high = places.at(-1)?.to ?? 0;
    if (low >= width && places.length % 2 === 1) places.unshift({ from: low - width, to: low, rows: NaN });
    else places.push({ from: high, to: high + width, rows: NaN });
  }
  return places;
}
