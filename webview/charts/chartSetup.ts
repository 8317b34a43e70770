// The one file that knows which parts of chart.js are used.
import {
  BarController,
  BarElement,
  Chart,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  ScatterController,
  type ChartDataset,
  type Plugin,
  type Scale,
  type ScaleOptionsByType,
} from 'chart.js';
export type { Scale } from 'chart.js';
import { spoken } from '../../src/core/base/messages.ts';
import { shortNumber } from '../../src/core/base/numbers.ts';
import { onThemeChange, type ChartTheme } from '../theme.ts';

Chart.register(BarController, BarElement, LinearScale, LineController, LineElement, PointElement, ScatterController);

export interface XY {
  readonly x: number;
  readonly y: number;
}

/** Kinds of chart in use; one chart may mix them. */
export type PlotType = 'bar' | 'line' | 'scatter';
export type Plot = Chart<PlotType, XY[]>;
export type PlotData = ChartDataset<PlotType, XY[]>;

/**
 * A linear axis in the colors of the theme. `labelBounds`: its ends get a label even where they are no round numbers. `log`: its
 * values are decimal logarithms, and the labels are the numbers themselves.
 */
export function axis(
  theme: ChartTheme,
  bounds: { min: number; max: number },
  look: { title?: string; grid: boolean; labelBounds: boolean; whole?: boolean; log?: boolean },
) {
  return {
    type: 'linear',
    min: bounds.min,
    max: bounds.max,
    grid: { display: look.grid, color: theme.grid, drawTicks: false, tickLength: 6 },
    border: { color: theme.line, display: true },
    ticks: {
      color: theme.dim,
      font: { family: theme.font, size: 11 },
      padding: 6,
      maxRotation: 0,
      includeBounds: look.labelBounds,
      ...(look.whole === true ? { precision: 0 } : {}),
      ...(look.log === true ? { callback: (value: string | number) => shortNumber(10 ** Number(value)) } : {}),
    },
    ...(look.log === true
      ? {
          afterBuildTicks: (scale: Scale) => {
            scale.ticks = logTicks(bounds.min, bounds.max).map((value) => ({ value }));
          },
        }
      : {}),
    title: {
      display: look.title !== undefined,
      text: look.title ?? '',
      color: theme.dim,
      font: { family: theme.font, size: 11 },
    },
  } satisfies DeepPartial<ScaleOptionsByType<'linear'>> & { type: 'linear' };
}

/**
 * An axis whose ticks are given, in the colors of the theme. `width`: of a vertical axis, the same whatever its labels are, so that
 * charts under one another are aligned.
 */
export function placedAxis(
  theme: ChartTheme,
  {
    range,
    ticks,
    title,
  }: {
    readonly range: { readonly from: number; readonly to: number };
    readonly ticks: readonly { readonly place: number; readonly label: string }[];
    readonly title: string;
  },
  look: { readonly grid: boolean; readonly width?: number },
) {
  const base = axis(theme, { min: range.from, max: range.to }, { title, grid: look.grid, labelBounds: false });
  const { width } = look;
  return {
    ...base,
    ticks: {
      ...base.ticks,
      autoSkip: false,
      callback: (_: string | number, index: number) => ticks[index]?.label ?? '',
    },
    afterBuildTicks: (scale: Scale) => {
      scale.ticks = ticks.map(({ place, label }) => ({ value: place, label }));
    },
    afterFit: (scale: Scale) => {
      if (width !== undefined) scale.width = width;
    },
  } satisfies DeepPartial<ScaleOptionsByType<'linear'>> & { type: 'linear' };
}

/** Logarithms of the powers of ten between two logarithms; of 1, 2 and 5 times them where those are few. */
function logTicks(min: number, max: number): readonly number[] {
  const steps = max - min > 3 ? [1] : [1, 2, 5];
  const powers = Array.from({ length: Math.ceil(max) - Math.floor(min) + 1 }, (_, n) => Math.floor(min) + n);
  return powers
    .flatMap((power) => steps.map((step) => power + Math.log10(step)))
    .filter((value) => value >= min - 1e-9 && value <= max + 1e-9);
}

type DeepPartial<T> = T extends object ? { [K in keyof T]?: DeepPartial<T[K]> } : T;

type AxisOptions = ReturnType<typeof axis> | ReturnType<typeof placedAxis>;

interface Scales {
  readonly x: AxisOptions;
  readonly y: AxisOptions;
}

/** Draws on the canvas without animation and without events of chart.js: updates `plot`, or creates it when it is null. */
export function drawPlot(
  plot: Plot | null,
  canvas: HTMLCanvasElement,
  type: PlotType,
  datasets: PlotData[],
  scales: Scales,
  plugins: Plugin<PlotType>[] = [],
): Plot {
  if (plot) {
    plot.data.datasets = datasets;
    plot.options.scales = { ...scales };
    plot.update('none');
    return plot;
  }
  return new Chart<PlotType, XY[]>(canvas, {
    type,
    data: { datasets },
    options: {
      locale: spoken().locale,
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      parsing: false,
      normalized: true,
      events: [],
      layout: { padding: { top: 6, right: 12 } },
      scales: { ...scales },
    },
    plugins,
  });
}

/** Calls `draw` in the next frame after the theme or the size of `element` changed, or after a call of the returned function. */
export function redraws(element: HTMLElement, draw: () => void): () => void {
  let scheduled = false;
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      draw();
    });
  };
  onThemeChange(schedule);
  new ResizeObserver(schedule).observe(element);
  return schedule;
}

/** Makes a color of the theme, in any notation, translucent. */
export function withAlpha(colour: string, alpha: number): string {
  // eslint-disable-next-line tuning-fork/translated -- CSS
  return `color-mix(in srgb, ${colour} ${alpha * 100}%, transparent)`;
}
