import type { Plugin } from 'chart.js';
import type { Band } from '../../../src/core/training/curves/thinning.ts';
import type { ChartTheme } from '../../theme.ts';
import { withAlpha, type PlotType, type XY } from '../chartSetup.ts';

/** A vertical line with its label, in places of the x axis. */
export interface PlacedMark {
  readonly place: number;
  readonly label: string;
}

/** A place that a verdict names, with the interval that holds it, in places of the x axis. */
export interface PlacedFinding {
  readonly place: number;
  /** Null: no interval. */
  readonly between: readonly [number, number] | null;
  readonly label: string;
  readonly colour: string;
}

/** A horizontal line with its label, in places of the y axis. */
export interface PlacedLevel {
  readonly place: number;
  readonly label: string;
  readonly colour: string;
}

export interface Overlay {
  readonly theme: ChartTheme;
  readonly marks: readonly PlacedMark[];
  readonly findings: readonly PlacedFinding[];
  readonly levels: readonly PlacedLevel[];
  readonly bands: readonly { readonly band: Band; readonly colour: string }[];
  /** Points beyond the y axis: marked at the edge they lie behind. */
  readonly beyond: readonly { readonly points: readonly XY[]; readonly colour: string }[];
}

/** Bands behind the lines, marks, levels, and points beyond the edges. `overlay` is read at each drawing. */
export function curveOverlay(overlay: () => Overlay): Plugin<PlotType> {
  return {
    id: 'overlay',
    beforeDatasetsDraw: (chart) => {
      const { ctx, chartArea: area } = chart;
      const { x, y } = chart.scales;
      if (!x || !y) return;
      const { theme, marks, findings, levels, bands } = overlay();
      ctx.save();
      ctx.beginPath();
      ctx.rect(area.left, area.top, area.right - area.left, area.bottom - area.top);
      ctx.clip();
      for (const { between, colour } of findings) {
        if (between === null) continue;
        const [from, to] = [x.getPixelForValue(between[0]), x.getPixelForValue(between[1])];
        ctx.fillStyle = interval(colour, theme);
        // Two pixels at least: a narrow interval is still one.
        ctx.fillRect(from, area.top, Math.max(2, to - from), area.bottom - area.top);
      }
      for (const { band, colour } of bands) {
        ctx.fillStyle = colour;
        ctx.beginPath();
        // One pixel at least: a band of a single value would be nothing.
        for (let i = 0; i < band.xs.length; i++)
          ctx.lineTo(x.getPixelForValue(band.xs[i] ?? 0), y.getPixelForValue(band.high[i] ?? 0) - 0.5);
        for (let i = band.xs.length - 1; i >= 0; i--)
          ctx.lineTo(x.getPixelForValue(band.xs[i] ?? 0), y.getPixelForValue(band.low[i] ?? 0) + 0.5);
        ctx.fill();
      }
      ctx.restore();
      ctx.save();
      ctx.font = `11px ${theme.font}`;
      ctx.textAlign = 'right';
      ctx.textBaseline = 'bottom';
      let free = -Infinity;
      for (const { place, label } of marks) {
        const at = x.getPixelForValue(place);
        if (at < area.left || at > area.right + 0.5) continue;
        stroke(ctx, theme.line, [], at, area.top, at, area.bottom);
        const width = ctx.measureText(label).width;
        // Labels that would run into each other, or out of the plot, are left out; the table has them all.
        if (at - 6 - width < Math.max(free, area.left)) continue;
        ctx.fillStyle = theme.dim;
        ctx.fillText(label, at - 6, area.bottom - 4);
        free = at;
      }
      for (const { place, colour } of levels) {
        const at = y.getPixelForValue(place);
        if (at >= area.top - 0.5 && at <= area.bottom + 0.5) stroke(ctx, colour, [2, 4], area.left, at, area.right, at);
      }
      ctx.restore();
    },
    afterDatasetsDraw: (chart) => {
      const { ctx, chartArea: area } = chart;
      const { x, y } = chart.scales;
      if (!x || !y) return;
      ctx.save();
      const { beyond, findings, levels, theme } = overlay();
      drawFindings(ctx, findings, theme, (place) => x.getPixelForValue(place), area);
      labelLevels(ctx, levels, theme, (place) => y.getPixelForValue(place), area);
      for (const { points, colour } of beyond) {
        ctx.fillStyle = colour;
        let [above, below] = [-Infinity, -Infinity];
        for (const point of points) {
          const at = x.getPixelForValue(point.x);
          const isAbove = point.y > y.max;
          // One mark for several points that lie as close as marks are wide.
          if (at - (isAbove ? above : below) < 7) continue;
          if (isAbove) above = at;
          else below = at;
          const edge = isAbove ? area.top : area.bottom;
          const towards = isAbove ? 6 : -6;
          ctx.beginPath();
          ctx.moveTo(at, edge);
          ctx.lineTo(at - 3.5, edge + towards);
          ctx.lineTo(at + 3.5, edge + towards);
          ctx.fill();
        }
      }
      ctx.restore();
    },
  };
}

/** Dashed lines with their labels at the top, beside the line where there is room, one under another where they would overlap. */
function drawFindings(
  ctx: CanvasRenderingContext2D,
  findings: readonly PlacedFinding[],
  theme: ChartTheme,
  pixelOf: (place: number) => number,
  area: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number },
): void {
  ctx.font = `11px ${theme.font}`;
  ctx.textBaseline = 'top';
  ctx.lineJoin = 'round';
  const taken: { readonly from: number; readonly to: number; readonly line: number }[] = [];
  for (const { place, label, colour } of findings) {
    const at = pixelOf(place);
    if (at < area.left - 0.5 || at > area.right + 0.5) continue;
    stroke(ctx, colour, [6, 4], at, area.top, at, area.bottom);
    const width = ctx.measureText(label).width;
    const toRight = at + 6 + width <= area.right;
    const [from, to] = toRight ? [at + 6, at + 6 + width] : [at - 6 - width, at - 6];
    let line = 0;
    while (taken.some((other) => other.line === line && other.from < to + 8 && other.to > from - 8)) line += 1;
    taken.push({ from, to, line });
    const top = area.top + 4 + line * 14;
    ctx.textAlign = 'left';
    ctx.lineWidth = 3;
    ctx.setLineDash([]);
    ctx.strokeStyle = theme.background;
    ctx.fillStyle = theme.foreground;
    ctx.strokeText(label, from, top);
    ctx.fillText(label, from, top);
  }
}

/** At the right, where curves have fallen below the level, over the lines and readable on them. */
function labelLevels(
  ctx: CanvasRenderingContext2D,
  levels: readonly PlacedLevel[],
  theme: ChartTheme,
  pixelOf: (place: number) => number,
  area: { readonly top: number; readonly right: number; readonly bottom: number },
): void {
  ctx.font = `11px ${theme.font}`;
  ctx.textAlign = 'right';
  ctx.lineWidth = 3;
  ctx.lineJoin = 'round';
  for (const { place, label } of levels) {
    const at = pixelOf(place);
    if (at < area.top - 0.5 || at > area.bottom + 0.5) continue;
    const isBelow = at - area.top < 16;
    ctx.textBaseline = isBelow ? 'top' : 'bottom';
    ctx.strokeStyle = theme.background;
    ctx.fillStyle = theme.foreground;
    ctx.strokeText(label, area.right - 6, at + (isBelow ? 3 : -3));
    ctx.fillText(label, area.right - 6, at + (isBelow ? 3 : -3));
  }
}

/** Color of the interval behind a finding. */
export function interval(colour: string, theme: ChartTheme): string {
  return withAlpha(colour, theme.highContrast ? 0.3 : 0.14);
}

export function faint(colour: string, theme: ChartTheme): string {
  return withAlpha(colour, theme.highContrast ? 0.5 : 0.28);
}

function stroke(
  ctx: CanvasRenderingContext2D,
  colour: string,
  dash: number[],
  fromX: number,
  fromY: number,
  toX: number,
  toY: number,
): void {
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(Math.round(fromX) + 0.5, Math.round(fromY) + 0.5);
  ctx.lineTo(Math.round(toX) + 0.5, Math.round(toY) + 0.5);
  ctx.stroke();
}
