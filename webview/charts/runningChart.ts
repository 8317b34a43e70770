import { t } from '../../src/core/base/messages.ts';
import { el, setAttribute } from '../dom.ts';
import { readTheme } from '../theme.ts';
import { axis, drawPlot, redraws, withAlpha, type Plot, type PlotData } from './chartSetup.ts';
import { usePointer, type Place } from './pointer.ts';

/** Figure over the first `n` rows, with the band that a single look at this point would have. */
export interface RunningPoint {
  readonly n: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A figure while rows come in, with its band. */
export class RunningChart {
  readonly element: HTMLElement;
  readonly #canvas = el('canvas', { attributes: { 'aria-hidden': 'true' } });
  readonly #schedule: () => void;
  readonly #refresh: () => void;
  #chart: Plot | null = null;
  #points: readonly RunningPoint[] = [];
  #title = '';

  constructor(tell: (point: RunningPoint) => readonly string[]) {
    this.element = el('div', { class: 'chart running', attributes: { role: 'application' } }, [this.#canvas]);
    this.#schedule = redraws(this.element, () => {
      this.#draw();
    });
    this.#refresh = usePointer(this.element, {
      count: () => this.#points.length,
      at: ({ x }) => this.#pointAt(x),
      placeOf: (index) => this.#placeOf(index),
      tell: (index) => {
        const point = this.#points[index];
        return point ? tell(point) : [];
      },
      open: () => undefined,
      clear: () => undefined,
    }).refresh;
  }

  /** `title`: of the y axis, with the unit. */
  setData(points: readonly RunningPoint[], title: string): void {
    this.#points = points;
    this.#title = title;
    setAttribute(
      this.element,
      'aria-label',
      t('{0} over the first rows, with its 95 % band. The arrow keys go through its points.', title),
    );
    this.#schedule();
  }

  get canvas(): HTMLCanvasElement {
    return this.#canvas;
  }

  #pointAt(x: number): number | null {
    const value = this.#chart?.scales['x']?.getValueForPixel(x);
    if (value === undefined || this.#points.length === 0) return null;
    let nearest = 0;
    for (const [index, { n }] of this.#points.entries())
      if (Math.abs(n - value) < Math.abs((this.#points[nearest]?.n ?? 0) - value)) nearest = index;
    return nearest;
  }

  #placeOf(index: number): Place | null {
    const point = this.#points[index];
    const { x, y } = this.#chart?.scales ?? {};
    if (!point || !x || !y) return null;
    return { x: x.getPixelForValue(point.n), y: y.getPixelForValue(point.value) };
  }

  #draw(): void {
    const last = this.#points.at(-1);
    if (this.element.clientWidth === 0 || !last) return;
    const theme = readTheme();
    // The band of the first rows is wider than the picture is high: it is cut off.
    const settled = this.#points.slice(Math.floor(this.#points.length / 5));
    const highest = Math.max(...settled.map(({ high }) => high), ...this.#points.map(({ value }) => value)) * 1.05;
    const edge = (side: 'low' | 'high'): PlotData => ({
      type: 'line',
      data: this.#points.map((point) => ({ x: point.n, y: Math.min(highest, Math.max(0, point[side])) })),
      borderColor: withAlpha(theme.train, theme.highContrast ? 1 : 0.45),
      borderWidth: 1,
      borderDash: [4, 3],
      pointRadius: 0,
    });
    const datasets: PlotData[] = [
      {
        type: 'line',
        data: this.#points.map(({ n, value }) => ({ x: n, y: value })),
        borderColor: theme.train,
        borderWidth: 2,
        pointRadius: 0,
      },
      edge('low'),
      edge('high'),
    ];
    const scales = {
      x: axis(
        theme,
        { min: 0, max: last.n },
        { title: t('rows in the order of the file'), grid: false, labelBounds: false, whole: true },
      ),
      y: axis(theme, { min: 0, max: highest || 1 }, { title: this.#title, grid: true, labelBounds: false }),
    };
    this.#chart = drawPlot(this.#chart, this.#canvas, 'line', datasets, scales);
    this.element.dataset['points'] = String(this.#points.length);
    this.#refresh();
  }
}
