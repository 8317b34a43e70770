import type { Plugin } from 'chart.js';
import { t } from '../../src/core/base/messages.ts';
import { errorText } from '../../src/core/dataset/dataCurve/sentences.ts';
import type { CurvePoint, DataCurve } from '../../src/core/dataset/dataCurve/dataCurve.ts';
import type { ModelPoints } from '../../src/core/dataset/dataCurve/modelPoints.ts';
import { el, setAttribute } from '../dom.ts';
import { readTheme, type ChartTheme } from '../theme.ts';
import { axis, drawPlot, redraws, withAlpha, type Plot, type PlotData, type PlotType } from './chartSetup.ts';
import { asideOf, markOf, OUTLINES, type Shape } from './modelMarks.ts';
import { usePointer, type Place } from './pointer.ts';

/** Half the width of a whisker's ends, in pixels. */
const CAP = 4;

/** Point of the chart: measured on the curve, expected by it, or of another model by its name. */
export interface Shown {
  readonly point: CurvePoint;
  readonly of: 'measured' | 'expected' | { readonly model: string };
  /** Pixels to the right of its number of rows, so that whiskers do not cover one another. */
  readonly aside: number;
}

/** Errors by rows trained on, with their intervals, the fitted curve with its band to twice the rows, and the points of other models. */
export class DataCurveChart {
  readonly element: HTMLElement;
  readonly #canvas = el('canvas', { attributes: { 'aria-hidden': 'true' } });
  readonly #schedule: () => void;
  readonly #refresh: () => void;
  #chart: Plot | null = null;
  #curve: DataCurve | null = null;
  #models: readonly ModelPoints[] = [];

  /** `tell`: lines about a point, the one at twice the rows included. */
  constructor(tell: (shown: Shown) => readonly string[]) {
    this.element = el('div', { class: 'chart data-curve', attributes: { role: 'application' } }, [this.#canvas]);
    this.#schedule = redraws(this.element, () => {
      this.#draw();
    });
    this.#refresh = usePointer(this.element, {
      count: () => this.#points().length,
      at: (place) => this.#pointAt(place),
      placeOf: (index) => this.#placeOf(index),
      tell: (index) => {
        const shown = this.#points()[index];
        return shown ? tell(shown) : [];
      },
      open: () => undefined,
      clear: () => undefined,
    }).refresh;
  }

  setData(curve: DataCurve, models: readonly ModelPoints[], label: string): void {
    this.#curve = curve;
    this.#models = models;
    setAttribute(this.element, 'aria-label', label);
    this.#schedule();
  }

  /** Measured points, the one at twice the rows, and those of other models. */
  #points(): readonly Shown[] {
    const last = this.#curve?.band.at(-1);
    return [
      ...(this.#curve?.points ?? []).map((point) => ({ point, of: 'measured', aside: 0 }) as const),
      ...(last === undefined ? [] : [{ point: last, of: 'expected', aside: 0 } as const]),
      ...this.#models.flatMap(({ model, points }, index) =>
        points.map((point) => ({ point, of: { model }, aside: asideOf(index) })),
      ),
    ];
  }

  /** The nearest point in width, and in height among those of the same number of rows. */
  #pointAt(place: Place): number | null {
    const distances = this.#points().map((_, index) => {
      const at = this.#placeOf(index);
      return at === null ? Infinity : Math.abs(at.x - place.x) + 0.01 * Math.abs(at.y - place.y);
    });
    const least = Math.min(...distances);
    return Number.isFinite(least) ? distances.indexOf(least) : null;
  }

  #placeOf(index: number): Place | null {
    const shown = this.#points()[index];
    const { x, y } = this.#chart?.scales ?? {};
    if (!shown || !x || !y) return null;
    const { rows, error } = shown.point;
    return { x: x.getPixelForValue(rows) + shown.aside, y: y.getPixelForValue(error.value) };
  }

  #draw(): void {
    const curve = this.#curve;
    if (this.element.clientWidth === 0 || curve === null) return;
    const theme = readTheme();
    const { points, band, kind } = curve;
    const all = [...points, ...band, ...this.#models.flatMap((model) => model.points)];
    const least = Math.min(...all.map(({ error }) => error.low));
    const most = Math.max(...all.map(({ error }) => error.high));
    const room = (most - least) * 0.05 || 1;
    const largest = points.at(-1)?.rows ?? 0;
    const datasets: PlotData[] = [
      {
        type: 'line',
        data: points.map(({ rows, error }) => ({ x: rows, y: error.value })),
        showLine: false,
        pointRadius: 4,
        pointBackgroundColor: theme.valid,
        pointBorderColor: theme.valid,
      },
      line(
        band.filter(({ rows }) => rows <= largest),
        theme.train,
        [],
      ),
      line(
        band.filter(({ rows }, at) => rows >= largest || (band[at + 1]?.rows ?? 0) > largest),
        theme.train,
        [5, 4],
      ),
    ];
    const y = axis(
      theme,
      { min: Math.max(0, least - room), max: most + room },
      {
        title: kind === 'numbers' ? t('mean error') : t('share of wrong answers'),
        grid: true,
        labelBounds: false,
      },
    );
    const scales = {
      x: axis(
        theme,
        { min: 0, max: Math.max(band.at(-1)?.rows ?? 0, largest) },
        { title: t('rows trained on'), grid: false, labelBounds: true, whole: true },
      ),
      y: {
        ...y,
        ticks: { ...y.ticks, callback: (value: string | number) => errorText(kind, Number(value)) },
      },
    };
    const intervals: Plugin<PlotType> = {
      id: 'intervals',
      beforeDatasetsDraw: (chart) => {
        if (this.#curve) drawBand(chart as Plot, this.#curve.band, readTheme());
      },
      afterDatasetsDraw: (chart) => {
        const now = readTheme();
        if (this.#curve) drawWhiskers(chart as Plot, this.#curve.points, { color: now.valid, aside: 0 });
        for (const [index, model] of this.#models.entries()) {
          const { color, shape } = markOf(index, now);
          drawWhiskers(chart as Plot, model.points, { color, aside: asideOf(index) });
          drawMarks(chart as Plot, model.points, { color, aside: asideOf(index), shape });
        }
      },
    };
    this.#chart = drawPlot(this.#chart, this.#canvas, 'line', datasets, scales, [intervals]);
    this.element.dataset['points'] = String(points.length);
    this.element.dataset['modelPoints'] = String(this.#models.reduce((sum, model) => sum + model.points.length, 0));
    this.#refresh();
  }
}

function line(points: readonly CurvePoint[], color: string, dash: number[]): PlotData {
  return {
    type: 'line',
    data: points.map(({ rows, error }) => ({ x: rows, y: error.value })),
    borderColor: color,
    borderWidth: 2,
    borderDash: dash,
    pointRadius: 0,
  };
}

/** Fills the band; with few colors its edges are drawn as well. */
function drawBand(chart: Plot, band: readonly CurvePoint[], theme: ChartTheme): void {
  const { x, y } = chart.scales;
  if (!x || !y || band.length === 0) return;
  const { ctx } = chart;
  ctx.save();
  ctx.beginPath();
  for (const { rows, error } of band) ctx.lineTo(x.getPixelForValue(rows), y.getPixelForValue(error.high));
  for (const { rows, error } of [...band].reverse())
    ctx.lineTo(x.getPixelForValue(rows), y.getPixelForValue(error.low));
  ctx.closePath();
  ctx.fillStyle = withAlpha(theme.train, theme.highContrast ? 0.3 : 0.16);
  ctx.fill();
  if (theme.highContrast) {
    ctx.strokeStyle = theme.train;
    ctx.stroke();
  }
  ctx.restore();
}

interface Look {
  readonly color: string;
  /** Pixels to the right of the number of rows. */
  readonly aside: number;
}

function drawWhiskers(chart: Plot, points: readonly CurvePoint[], { color, aside }: Look): void {
  const { x, y } = chart.scales;
  if (!x || !y) return;
  const { ctx } = chart;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  for (const { rows, error } of points) {
    const at = x.getPixelForValue(rows) + aside;
    const [top, bottom] = [y.getPixelForValue(error.high), y.getPixelForValue(error.low)];
    ctx.moveTo(at, top);
    ctx.lineTo(at, bottom);
    for (const end of [top, bottom]) {
      ctx.moveTo(at - CAP, end);
      ctx.lineTo(at + CAP, end);
    }
  }
  ctx.stroke();
  ctx.restore();
}

function drawMarks(chart: Plot, points: readonly CurvePoint[], look: Look & { readonly shape: Shape }): void {
  const { x, y } = chart.scales;
  if (!x || !y) return;
  const { ctx } = chart;
  ctx.save();
  ctx.fillStyle = look.color;
  for (const { rows, error } of points) {
    const [at, height] = [x.getPixelForValue(rows) + look.aside, y.getPixelForValue(error.value)];
    ctx.beginPath();
    for (const [right, down] of OUTLINES[look.shape]) ctx.lineTo(at + right, height + down);
    ctx.closePath();
    ctx.fill();
  }
  ctx.restore();
}
