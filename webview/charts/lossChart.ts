import { t } from '../../src/core/base/messages.ts';
import { ema } from '../../src/core/training/curves/smoothing.ts';
import { el, setAttribute } from '../dom.ts';
import { metric } from '../format.ts';
import { readTheme, type ChartTheme } from '../theme.ts';
import { axis, drawPlot, redraws, withAlpha, type Plot, type PlotData, type XY } from './chartSetup.ts';
import { lossOverlay, type Marker } from './lossOverlay.ts';
import {
  countOutside,
  extentOf,
  pointsOf,
  readOutAt,
  yRangeOf,
  type LossSeries,
  type ReadOut,
  type SeriesRole,
} from './lossSeries.ts';
import type { SeriesView } from '../../src/core/training/curves/columns.ts';
import { attachViewport, type Range } from './viewport.ts';

export interface LossChartView {
  /** Null: from 0 to the last step. */
  readonly x: Range | null;
  /** Null: taken from the data. */
  readonly yMin: number | null;
  readonly yMax: number | null;
  /** EMA weight, 0 … 0.99. */
  readonly smoothing: number;
}

interface Listeners {
  readonly onZoom: (x: Range | null) => void;
  /** The figures at the step under the pointer; null when it left. */
  readonly onHover: (values: readonly ReadOut[] | null) => void;
  /** After each drawing: the y range in use and how many points lie outside of it. */
  readonly onDraw: (drawn: { readonly y: Range; readonly outside: number }) => void;
}

/** Loss curves by step: raw lines faint behind smoothed ones. Only what a pixel column can show is handed to chart.js. */
export class LossChart {
  readonly element: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #listeners: Listeners;
  readonly #overlay = lossOverlay(() => ({
    theme: this.#theme,
    markers: this.#markers,
    hover: this.#hover,
    band: this.#band,
  }));
  readonly #schedule: () => void;
  #chart: Plot | null = null;
  #theme: ChartTheme = readTheme();
  #series: readonly LossSeries[] = [];
  #markers: readonly Marker[] = [];
  #view: LossChartView = { x: null, yMin: null, yMax: null, smoothing: 0 };
  #band: { readonly left: number; readonly right: number } | null = null;
  #hover: number | null = null;
  #shown: Range = { from: 0, to: 1 };
  #smoothed = new WeakMap<SeriesView, { readonly weight: number; readonly ys: Float64Array }>();

  constructor(listeners: Listeners) {
    this.#listeners = listeners;
    this.#canvas = el('canvas', { attributes: { role: 'img', 'aria-label': t('Loss by step') } });
    this.element = el(
      'div',
      {
        class: 'chart',
        attributes: {
          tabindex: 0,
          role: 'group',
          'aria-label': t('Chart. Plus and minus zoom, left and right arrows move, 0 shows everything.'),
        },
      },
      [this.#canvas],
    );
    attachViewport(this.element, {
      plot: () => this.#chart?.chartArea ?? null,
      shown: () => this.#shown,
      extent: () => extentOf(this.#series),
      zoomTo: (range) => {
        this.#listeners.onZoom(range);
      },
      band: (band) => {
        this.#band = band;
        this.#chart?.draw();
      },
      hover: (x) => {
        this.#setHover(x);
      },
    });
    // The number of columns, and so the points, follow the width.
    this.#schedule = redraws(this.element, () => {
      this.#draw();
    });
  }

  setData(series: readonly LossSeries[], markers: readonly Marker[]): void {
    this.#series = series;
    this.#markers = markers;
    this.#schedule();
  }

  setView(view: LossChartView): void {
    this.#view = view;
    this.#schedule();
  }

  #draw(): void {
    const width = this.element.clientWidth;
    if (width === 0 || this.element.hidden) return;
    this.#theme = readTheme();
    const extent = extentOf(this.#series);
    const x = this.#view.x ?? extent;
    this.#shown = { from: Math.max(x.from, extent.from), to: Math.min(Math.max(x.to, x.from + 1e-9), extent.to) };
    if (this.#shown.to <= this.#shown.from) this.#shown = extent;

    const datasets: PlotData[] = [];
    const ys: number[] = [];
    for (const entry of this.#series) {
      const { series } = entry;
      const raw = pointsOf(series, series.ys, this.#shown, width);
      for (const point of raw) if (point.x >= this.#shown.from && point.x <= this.#shown.to) ys.push(point.y);
      if (entry.role === 'full') {
        datasets.push(this.#diamonds(raw));
      } else if (this.#view.smoothing === 0) {
        datasets.push(this.#line(entry.role, raw, 'main'));
      } else {
        const smooth = pointsOf(series, this.#smooth(series), this.#shown, width);
        datasets.push(this.#line(entry.role, raw, 'faint'), this.#line(entry.role, smooth, 'main'));
      }
    }
    // Faint lines first in the list are drawn last by chart.js: `order` puts them behind.
    const y = yRangeOf(ys, this.#view);
    this.#render(datasets, y);
    this.#describe(y);
    const bounded = this.#view.yMin !== null || this.#view.yMax !== null;
    this.#listeners.onDraw({ y, outside: bounded ? countOutside(this.#series, this.#shown, y) : 0 });
  }

  #smooth(series: SeriesView): Float64Array {
    const known = this.#smoothed.get(series);
    if (known?.weight === this.#view.smoothing) return known.ys;
    const ys = ema(series.ys, this.#view.smoothing);
    this.#smoothed.set(series, { weight: this.#view.smoothing, ys });
    return ys;
  }

  #line(role: SeriesRole, data: XY[], weight: 'main' | 'faint'): PlotData {
    const colour = this.#theme[role];
    // A line through one point is nothing: few points are drawn as dots as well.
    const dots = data.length === 1 ? 4 : data.length <= 24 && weight === 'main' ? 2 : 0;
    return {
      data,
      borderColor: weight === 'main' ? colour : withAlpha(colour, this.#theme.highContrast ? 0.5 : 0.28),
      backgroundColor: colour,
      borderWidth: weight === 'main' ? 2 : 1,
      borderDash: role === 'valid' && this.#theme.highContrast && weight === 'main' ? [6, 3] : [],
      pointRadius: dots,
      ...(dots > 0 ? { clip: 5 } : {}),
      order: weight === 'main' ? 1 : 2,
    };
  }

  #diamonds(data: XY[]): PlotData {
    return {
      data,
      showLine: false,
      pointStyle: 'rectRot',
      pointRadius: 6,
      backgroundColor: this.#theme.full,
      borderColor: this.#theme.background,
      borderWidth: 1,
      clip: 8,
      order: 0,
    };
  }

  #render(datasets: PlotData[], y: Range): void {
    const scales = {
      x: axis(
        this.#theme,
        { min: this.#shown.from, max: this.#shown.to },
        { grid: false, whole: true, labelBounds: this.#view.x === null },
      ),
      y: axis(this.#theme, { min: y.from, max: y.to }, { grid: true, labelBounds: this.#view.yMax !== null }),
    };
    this.#chart = drawPlot(this.#chart, this.#canvas, 'line', datasets, scales, [this.#overlay]);
  }

  #setHover(x: number | null): void {
    const reading = x === null ? null : readOutAt(this.#series, x, (series) => this.#smooth(series));
    const step = reading?.[0]?.step ?? null;
    if (step === this.#hover) return;
    this.#hover = step;
    this.#chart?.draw();
    this.#listeners.onHover(reading);
  }

  #describe(y: Range): void {
    const { from, to } = this.#shown;
    const lines = this.#series.map(({ label, series }) => {
      const last = series.length - 1;
      return series.length === 0
        ? t('No {0}.', label)
        : t(
            'Line of {0}: from {1} at step {2} to {3} at step {4}.',
            label,
            metric(series.ys[0] ?? 0),
            series.xs[0] ?? 0,
            metric(series.ys[last] ?? 0),
            series.xs[last] ?? 0,
          );
    });
    const shown = t(
      'Showing steps {0} to {1}, values {2} to {3}.',
      Math.ceil(from),
      Math.floor(to),
      metric(y.from),
      metric(y.to),
    );
    setAttribute(this.#canvas, 'aria-label', [t('Line chart.'), ...lines, shown].join(' '));
    const { dataset } = this.element;
    dataset['xMin'] = String(from);
    dataset['xMax'] = String(to);
    dataset['yMin'] = String(y.from);
    dataset['yMax'] = String(y.to);
    dataset['smoothing'] = String(this.#view.smoothing);
    dataset['points'] = String(this.#series.reduce((sum, { series }) => sum + series.length, 0));
  }
}
