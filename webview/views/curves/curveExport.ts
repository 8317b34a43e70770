// What leaves the page: pictures of all charts under one another, and their figures.
import { csvText, type CsvCell } from '../../../src/core/base/csvText.ts';
import { lowerBound } from '../../../src/core/training/curves/thinning.ts';
import type { DrawnLine } from '../../charts/curves/curvePicture.ts';
import { readTheme } from '../../theme.ts';
import { visibleLine } from '../../visibleText.ts';
import type { FamilyChart } from './familyChart.ts';
import { unionOf } from './figureTable.ts';
import { svgOf } from './curveSvg.ts';

/** SVG of all charts as they are shown. */
export function svgText(charts: readonly FamilyChart[]): string {
  return svgOf(
    charts.flatMap(({ chart, title, lines }) => {
      const { picture, size } = chart;
      if (!picture || size.width === 0) return [];
      return [{ title, picture, ...size, legend: lines.map(({ label, look }) => ({ label, ...look })) }];
    }),
    readTheme(),
  );
}

const HEAD = 26;
const LEGEND_LINE = 20;
const LEFT = 12;

/** A canvas with all charts as they are shown, with their titles and legends on the background of the theme. */
export function pngCanvas(charts: readonly FamilyChart[]): HTMLCanvasElement {
  const shown = charts.filter(({ chart }) => chart.size.width > 0);
  const ratio = window.devicePixelRatio;
  const heightOf = ({ chart, lines }: FamilyChart): number =>
    HEAD + chart.size.height + lines.length * LEGEND_LINE + 14;
  const flat = document.createElement('canvas');
  flat.width = Math.round(Math.max(1, ...shown.map(({ chart }) => chart.size.width)) * ratio);
  flat.height = Math.round(shown.reduce((sum, chart) => sum + heightOf(chart), 0) * ratio);
  const ctx = flat.getContext('2d');
  if (!ctx) return flat;
  const theme = readTheme();
  ctx.scale(ratio, ratio);
  ctx.fillStyle = theme.background;
  ctx.fillRect(0, 0, flat.width, flat.height);
  let top = 0;
  for (const family of shown) {
    const { chart, title, lines } = family;
    ctx.textBaseline = 'middle';
    ctx.fillStyle = theme.foreground;
    ctx.font = `600 13px ${theme.font}`;
    ctx.fillText(title, LEFT, top + HEAD / 2);
    ctx.drawImage(chart.canvas, 0, top + HEAD, chart.size.width, chart.size.height);
    ctx.font = `12px ${theme.font}`;
    lines.forEach((line, index) => {
      drawKey(ctx, line, LEFT, top + HEAD + chart.size.height + 10 + index * LEGEND_LINE, theme.foreground);
    });
    top += heightOf(family);
  }
  return flat;
}

function drawKey(ctx: CanvasRenderingContext2D, { look, label }: DrawnLine, x: number, y: number, text: string): void {
  ctx.strokeStyle = ctx.fillStyle = look.colour;
  ctx.lineWidth = 2;
  ctx.setLineDash([...look.dash]);
  ctx.beginPath();
  if (look.isPoints) {
    ctx.moveTo(x + 11, y - 5);
    ctx.lineTo(x + 16, y);
    ctx.lineTo(x + 11, y + 5);
    ctx.lineTo(x + 6, y);
    ctx.fill();
  } else {
    ctx.moveTo(x, y);
    ctx.lineTo(x + 22, y);
    ctx.stroke();
  }
  ctx.setLineDash([]);
  ctx.fillStyle = text;
  ctx.fillText(label, x + 30, y);
}

/** Figures of all lines that are switched on: a row for each job and step, a column for each metric, raw and as shown. */
export function csvOf(charts: readonly FamilyChart[]): string {
  const lines = charts.flatMap((chart) => chart.lines.map(({ line }) => line));
  const runs = [...new Set(lines.map(({ run }) => run))];
  const metrics = [...new Set(lines.map(({ metric }) => metric))];
  const columns = metrics.flatMap((metric) => {
    const isSmoothed = lines.some((line) => line.metric === metric && line.shown !== line.raw);
    return [{ metric, smoothed: false }, ...(isSmoothed ? [{ metric, smoothed: true }] : [])];
  });
  // Read by machines: the same words in every language.
  const head = [
    ...(runs.length > 1 ? ['job'] : []),
    'step',
    ...columns.map(({ metric, smoothed }) => (smoothed ? `${metric} smoothed` : metric)),
  ];
  const rows: CsvCell[][] = [];
  for (const run of runs) {
    const own = lines.filter((line) => line.run === run);
    for (const step of unionOf(own.map(({ view }) => view.xs))) {
      rows.push([
        ...(runs.length > 1 ? [visibleLine(run.name)] : []),
        step,
        ...columns.map(({ metric, smoothed }): CsvCell => {
          const line = own.find((entry) => entry.metric === metric);
          if (!line) return null;
          const at = lowerBound(line.view.xs, line.view.length, step);
          return line.view.xs[at] === step ? ((smoothed ? line.shown[at] : line.raw[at]) ?? null) : null;
        }),
      ]);
    }
  }
  return csvText([head, ...rows]);
}
