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
  type ScaleOptionsByType,
} from 'chart.js';
import type { ChartTheme } from '../theme.ts';

Chart.register(BarController, BarElement, LinearScale, LineController, LineElement, PointElement, ScatterController);

export interface XY {
  readonly x: number;
  readonly y: number;
}

/** A linear axis in the colours of the theme. `labelBounds`: its ends get a label even where they are no round numbers. */
export function axis(
  theme: ChartTheme,
  bounds: { min: number; max: number },
  look: { title?: string; grid: boolean; labelBounds: boolean; whole?: boolean },
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
    },
    title: {
      display: look.title !== undefined,
      text: look.title ?? '',
      color: theme.dim,
      font: { family: theme.font, size: 11 },
    },
  } satisfies DeepPartial<ScaleOptionsByType<'linear'>> & { type: 'linear' };
}

type DeepPartial<T> = T extends object ? { [K in keyof T]?: DeepPartial<T[K]> } : T;

export { Chart };
