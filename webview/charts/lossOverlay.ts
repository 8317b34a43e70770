import type { Plugin } from 'chart.js';
import type { ChartTheme } from '../theme.ts';
import { withAlpha, type PlotType } from './chartSetup.ts';

export interface Marker {
  readonly step: number;
  readonly label: string;
}

interface Overlay {
  readonly theme: ChartTheme;
  readonly markers: readonly Marker[];
  /** Step under the pointer. */
  readonly hover: number | null;
  /** Pixels that the pointer was dragged between. */
  readonly band: { readonly left: number; readonly right: number } | null;
}

/** Checkpoints, the step under the pointer and the band while dragging. `overlay` is read at each drawing. */
export function lossOverlay(overlay: () => Overlay): Plugin<PlotType> {
  return {
    id: 'overlay',
    beforeDatasetsDraw: (chart) => {
      const { ctx, chartArea: area } = chart;
      const { theme, markers, hover } = overlay();
      ctx.save();
      ctx.font = `11px ${theme.font}`;
      ctx.textBaseline = 'bottom';
      ctx.textAlign = 'right';
      let free = -Infinity;
      for (const { step, label } of markers) {
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
      if (hover !== null) {
        const x = chart.scales['x']?.getPixelForValue(hover) ?? 0;
        stroke(ctx, theme.dim, [3, 3], x, area.top, area.bottom);
      }
      ctx.restore();
    },
    afterDatasetsDraw: ({ ctx, chartArea: area }) => {
      const { theme, band } = overlay();
      if (!band) return;
      const { left, right } = band;
      ctx.save();
      ctx.fillStyle = withAlpha(theme.accent, 0.18);
      ctx.fillRect(left, area.top, right - left, area.bottom - area.top);
      stroke(ctx, theme.accent, [], left, area.top, area.bottom);
      stroke(ctx, theme.accent, [], right, area.top, area.bottom);
      ctx.restore();
    },
  };
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
