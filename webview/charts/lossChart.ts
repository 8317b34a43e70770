import type { ChartDataset, Plugin } from 'chart.js';
import { lowerBound, minMaxIndices } from '../../src/core/training/curves/thinning.ts';
import { ema } from '../../src/core/training/curves/smoothing.ts';
import { el, setAttribute } from '../dom.ts';
import { metric } from '../format.ts';
import { onThemeChange, readTheme, type ChartTheme } from '../theme.ts';
import { axis, Chart, type XY } from './chartSetup.ts';
import type { Series } from './metricStore.ts';
import { attachViewport, type Range } from './viewport.ts';

export type SeriesRole = 'train' | 'valid' | 'full';

export interface LossSeries {
  readonly role: SeriesRole;
  readonly label: string;
  readonly series: Series;
}

export interface LossChartView {
  /** Null: from 0 to the last step. */
  readonly x: Range | null;
  /** Each null: as the data are. */
  readonly yMin: number | null;
  readonly yMax: number | null;
  /** EMA weight, 0 … 0.99. */
  readonly smoothing: number;
}

export interface ReadOut {
  readonly role: SeriesRole;
  readonly step: number;
  readonly raw: number;
  readonly smoothed: number;
}

/** Steps the x axis shows at least. */
const MIN_STEPS = 5;

interface Listeners {
  readonly onZoom: (x: Range | null) => void;
  /** The figures at the step under the pointer; null when it left. */
  readonly onHover: (values: readonly ReadOut[] | null) => void;
  /** After each drawing: the y range in use and how many points lie outside of it. */
  readonly onDraw: (drawn: { readonly y: Range; readonly outside: number }) => void;
}

type Dataset = ChartDataset<'line', XY[]>;

/** Loss curves by step: raw lines faint behind smoothed ones. Only what a pixel column can show is handed to chart.js. */
export class LossChart {
  readonly element: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #listeners: Listeners;
  #chart: Chart<'line', XY[]> | null = null;
  #theme: ChartTheme = readTheme();
  #series: readonly LossSeries[] = [];
  #markers: readonly { readonly step: number; readonly label: string }[] = [];
  #view: LossChartView = { x: null, yMin: null, yMax: null, smoothing: 0 };
  #band: { readonly left: number; readonly right: number } | null = null;
  #hover: number | null = null;
  #shown: Range = { from: 0, to: 1 };
  #scheduled = false;
  #smoothed = new WeakMap<Series, { readonly weight: number; readonly ys: Float64Array }>();

  constructor(listeners: Listeners) {
    this.#listeners = listeners;
    this.#canvas = el('canvas', { attributes: { role: 'img', 'aria-label': 'Loss by step' } });
    this.element = el(
      'div',
      {
        class: 'chart',
        attributes: {
          tabindex: 0,
          role: 'group',
          'aria-label': 'Chart. Plus and minus zoom, left and right arrows move, 0 shows everything.',
        },
      },
      [this.#canvas],
    );
    attachViewport(this.element, {
      plot: () => this.#chart?.chartArea ?? null,
      shown: () => this.#shown,
      extent: () => this.#extent(),
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
    onThemeChange(() => {
      this.#theme = readTheme();
      this.#schedule();
    });
    // The number of columns, and so the points, follow the width.
    new ResizeObserver(() => {
      this.#schedule();
    }).observe(this.element);
  }

  setData(series: readonly LossSeries[], markers: readonly { readonly step: number; readonly label: string }[]): void {
    this.#series = series;
    this.#markers = markers;
    this.#schedule();
  }

  setView(view: LossChartView): void {
    this.#view = view;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#draw();
    });
  }

  #extent(): Range {
    const last = Math.max(0, ...this.#series.map(({ series }) => series.xs[series.length - 1] ?? 0));
    const first = Math.min(0, ...this.#series.map(({ series }) => series.xs[0] ?? 0));
    // A first point or two would stand on the edge.
    return { from: first, to: Math.max(last, first + MIN_STEPS) };
  }

  #draw(): void {
    const width = this.element.clientWidth;
    if (width === 0 || this.element.hidden) return;
    const extent = this.#extent();
    const x = this.#view.x ?? extent;
    this.#shown = { from: Math.max(x.from, extent.from), to: Math.min(Math.max(x.to, x.from + 1e-9), extent.to) };
    if (this.#shown.to <= this.#shown.from) this.#shown = extent;

    const datasets: Dataset[] = [];
    const ys: number[] = [];
    for (const entry of this.#series) {
      const { series } = entry;
      const raw = this.#points(series, series.ys, width);
      for (const point of raw) if (point.x >= this.#shown.from && point.x <= this.#shown.to) ys.push(point.y);
      if (entry.role === 'full') {
        datasets.push(this.#diamonds(raw));
      } else if (this.#view.smoothing === 0) {
        datasets.push(this.#line(entry.role, raw, 'main'));
      } else {
        const smooth = this.#points(series, this.#smooth(series), width);
        datasets.push(this.#line(entry.role, raw, 'faint'), this.#line(entry.role, smooth, 'main'));
      }
    }
    // Faint lines first in the list are drawn last by chart.js: `order` puts them behind.
    const y = this.#yRange(ys);
    this.#render(datasets, y);
    this.#describe(y);
    this.#listeners.onDraw({ y, outside: this.#outside(y) });
  }

  #points(series: Series, ys: Float64Array, width: number): XY[] {
    const { from, to } = this.#shown;
    const points: XY[] = [];
    for (const index of minMaxIndices(series.xs, ys, series.length, from, to, width)) {
      points.push({ x: series.xs[index] ?? 0, y: ys[index] ?? 0 });
    }
    return points;
  }

  #smooth(series: Series): Float64Array {
    const known = this.#smoothed.get(series);
    if (known?.weight === this.#view.smoothing) return known.ys;
    const ys = ema(series.ys, this.#view.smoothing);
    this.#smoothed.set(series, { weight: this.#view.smoothing, ys });
    return ys;
  }

  #line(role: SeriesRole, data: XY[], weight: 'main' | 'faint'): Dataset {
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

  #diamonds(data: XY[]): Dataset {
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

  #yRange(values: readonly number[]): Range {
    let low = Infinity;
    let high = -Infinity;
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (low > high) [low, high] = [0, 1];
    // From 0 unless that would flatten the curve: then a little air on both sides.
    const air = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
    const from = this.#view.yMin ?? (low >= 0 && low < high / 2 ? 0 : low - air);
    const to = this.#view.yMax ?? high + air;
    return to > from ? { from, to } : { from, to: from + 1 };
  }

  #outside(y: Range): number {
    if (this.#view.yMin === null && this.#view.yMax === null) return 0;
    let outside = 0;
    for (const { series } of this.#series) {
      const end = lowerBound(series.xs, series.length, this.#shown.to, true);
      for (let i = lowerBound(series.xs, series.length, this.#shown.from); i < end; i++) {
        const value = series.ys[i] ?? 0;
        if (value < y.from || value > y.to) outside += 1;
      }
    }
    return outside;
  }

  #render(datasets: Dataset[], y: Range): void {
    const scales = {
      x: axis(
        this.#theme,
        { min: this.#shown.from, max: this.#shown.to },
        { grid: false, whole: true, labelBounds: this.#view.x === null },
      ),
      y: axis(this.#theme, { min: y.from, max: y.to }, { grid: true, labelBounds: this.#view.yMax !== null }),
    };
    if (!this.#chart) {
      this.#chart = new Chart(this.#canvas, {
        type: 'line',
        data: { datasets },
        options: {
          animation: false,
          responsive: true,
          maintainAspectRatio: false,
          parsing: false,
          normalized: true,
          events: [],
          layout: { padding: { top: 6, right: 12 } },
          scales,
        },
        plugins: [this.#overlay()],
      });
    } else {
      this.#chart.data.datasets = datasets;
      this.#chart.options.scales = scales;
      this.#chart.update('none');
    }
  }

  #setHover(x: number | null): void {
    const reading = x === null ? null : this.#readOut(x);
    const step = reading?.[0]?.step ?? null;
    if (step === this.#hover) return;
    this.#hover = step;
    this.#chart?.draw();
    this.#listeners.onHover(reading);
  }

  /** Of each line the point nearest to x. */
  #readOut(x: number): readonly ReadOut[] {
    return this.#series.flatMap(({ role, series }) => {
      if (series.length === 0) return [];
      const right = Math.min(series.length - 1, lowerBound(series.xs, series.length, x));
      const left = Math.max(0, right - 1);
      const near = x - (series.xs[left] ?? 0) < (series.xs[right] ?? 0) - x ? left : right;
      const raw = series.ys[near] ?? 0;
      return [
        {
          role,
          step: series.xs[near] ?? 0,
          raw,
          smoothed: role === 'full' ? raw : (this.#smooth(series)[near] ?? raw),
        },
      ];
    });
  }

  #describe(y: Range): void {
    const { from, to } = this.#shown;
    const lines = this.#series.map(({ label, series }) => {
      const last = series.length - 1;
      return series.length === 0
        ? `no ${label}`
        : `${label} from ${metric(series.ys[0] ?? 0)} at step ${series.xs[0] ?? 0} to ${metric(series.ys[last] ?? 0)} at step ${series.xs[last] ?? 0}`;
    });
    const shown = `Showing steps ${Math.ceil(from)} to ${Math.floor(to)}, values ${metric(y.from)} to ${metric(y.to)}.`;
    setAttribute(this.#canvas, 'aria-label', `Line chart: ${lines.join('; ')}. ${shown}`);
    const { dataset } = this.element;
    dataset['xMin'] = String(from);
    dataset['xMax'] = String(to);
    dataset['yMin'] = String(y.from);
    dataset['yMax'] = String(y.to);
    dataset['smoothing'] = String(this.#view.smoothing);
    dataset['points'] = String(this.#series.reduce((sum, { series }) => sum + series.length, 0));
  }

  /** Checkpoints, the step under the pointer and the band while dragging. */
  #overlay(): Plugin<'line'> {
    return {
      id: 'overlay',
      beforeDatasetsDraw: (chart) => {
        const { ctx, chartArea: area } = chart;
        const theme = this.#theme;
        ctx.save();
        ctx.font = `11px ${theme.font}`;
        ctx.textBaseline = 'bottom';
        ctx.textAlign = 'right';
        let free = -Infinity;
        for (const { step, label } of this.#markers) {
          const x = chart.scales['x']?.getPixelForValue(step) ?? 0;
          if (x < area.left || x > area.right + 0.5) continue;
          stroke(ctx, theme.line, [], x, area.top, area.bottom);
          const width = ctx.measureText(label).width;
          // Labels that would run into each other, or out of the plot, are left out; the table has them all.
          if (x - 6 - width < Math.max(free, area.left)) continue;
          ctx.fillStyle = theme.dim;
          ctx.fillText(label, x - 6, area.bottom - 4);
          free = x;
        }
        if (this.#hover !== null) {
          const x = chart.scales['x']?.getPixelForValue(this.#hover) ?? 0;
          stroke(ctx, theme.dim, [3, 3], x, area.top, area.bottom);
        }
        ctx.restore();
      },
      afterDatasetsDraw: ({ ctx, chartArea: area }) => {
        if (!this.#band) return;
        const { left, right } = this.#band;
        ctx.save();
        ctx.fillStyle = withAlpha(this.#theme.accent, 0.18);
        ctx.fillRect(left, area.top, right - left, area.bottom - area.top);
        stroke(ctx, this.#theme.accent, [], left, area.top, area.bottom);
        stroke(ctx, this.#theme.accent, [], right, area.top, area.bottom);
        ctx.restore();
      },
    };
  }
}

function stroke(
  ctx: CanvasRenderingContext2D,
  colour: string,
  dash: number[],
  x: number,
  top: number,
  bottom: number,
): void {
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(Math.round(x) + 0.5, top);
  ctx.lineTo(Math.round(x) + 0.5, bottom);
  ctx.stroke();
}

/** A colour of the theme, whatever its notation, let through. */
function withAlpha(colour: string, alpha: number): string {
  return `color-mix(in srgb, ${colour} ${alpha * 100}%, transparent)`;
}
