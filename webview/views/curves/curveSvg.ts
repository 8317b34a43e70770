/* eslint-disable tuning-fork/translated -- markup */
// Charts as SVG, from the same picture as the canvas.
import type { Picture, PictureLine } from '../../charts/curves/curvePicture.ts';
import { interval } from '../../charts/curves/curveOverlay.ts';
import type { ChartTheme } from '../../theme.ts';

export interface SvgChart {
  readonly title: string;
  readonly picture: Picture;
  readonly width: number;
  readonly height: number;
  readonly legend: readonly {
    readonly label: string;
    readonly colour: string;
    readonly dash: readonly number[];
    readonly isPoints: boolean;
  }[];
}

const LEFT = 66;
const RIGHT = 14;
const TOP = 34;
const BOTTOM = 44;
const LEGEND_LINE = 18;

/** One file with all charts under one another. Everything that is text goes through `escaped`. */
export function svgOf(charts: readonly SvgChart[], theme: ChartTheme): string {
  const width = Math.max(...charts.map((chart) => chart.width), 300);
  let y = 0;
  const parts = charts.map((chart) => {
    const { content, height } = chartOf(chart, theme);
    const part = `<g transform="translate(0 ${y})">${content}</g>`;
    y += height;
    return part;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${y}" fill="${escaped(theme.background)}"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function chartOf({ title, picture, width, height, legend }: SvgChart, theme: ChartTheme) {
  const right = width - RIGHT;
  const bottom = TOP + height - BOTTOM;
  const { x: xAxis, y: yAxis } = picture;
  const x = (place: number): string =>
    number(LEFT + ((place - xAxis.range.from) / (xAxis.range.to - xAxis.range.from)) * (right - LEFT));
  const y = (place: number): string =>
    number(bottom - ((place - yAxis.range.from) / (yAxis.range.to - yAxis.range.from)) * (bottom - TOP));
  const text = (at: string, content: string, colour: string): string =>
    `<text ${at} fill="${escaped(colour)}">${escaped(content)}</text>`;
  const clip = `clip-${title.replace(/\W/g, '-')}`;

  const line = (entry: PictureLine): string => {
    const colour = escaped(entry.colour);
    if (entry.isPoints) {
      return entry.points
        .map(({ x: px, y: py }) => `<path d="M${x(px)} ${y(py)}m0 -6l6 6l-6 6l-6 -6z" fill="${colour}"/>`)
        .join('');
    }
    const path = entry.points.map(({ x: px, y: py }, n) => `${n === 0 ? 'M' : 'L'}${x(px)} ${y(py)}`).join('');
    const dots =
      entry.dots > 0
        ? entry.points.map(
            ({ x: px, y: py }) => `<circle cx="${x(px)}" cy="${y(py)}" r="${entry.dots}" fill="${colour}"/>`,
          )
        : [];
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${entry.width}" stroke-dasharray="${entry.dash.join(' ')}"/>${dots.join('')}`;
  };
  const bands = picture.bands.map(({ band, colour }) => {
    const top = Array.from(band.xs, (px, n) => `${x(px)} ${y(band.high[n] ?? 0)}`);
    const under = Array.from(band.xs, (px, n) => `${x(px)} ${y(band.low[n] ?? 0)}`).reverse();
    return top.length === 0 ? '' : `<path d="M${[...top, ...under].join('L')}Z" fill="${escaped(colour)}"/>`;
  });
  const content = [
    `<clipPath id="${clip}"><rect x="${LEFT}" y="${TOP - 6}" width="${right - LEFT}" height="${bottom - TOP + 12}"/></clipPath>`,
    text(`x="${LEFT}" y="20" font-size="13" font-weight="600"`, title, theme.foreground),
    ...yAxis.ticks.map(
      ({ place, label }) =>
        `<path d="M${LEFT} ${y(place)}H${right}" stroke="${escaped(theme.grid)}"/>` +
        text(`x="${LEFT - 6}" y="${y(place)}" text-anchor="end" dominant-baseline="middle"`, label, theme.dim),
    ),
    ...xAxis.ticks.map(({ place, label }) =>
      text(`x="${x(place)}" y="${bottom + 16}" text-anchor="middle"`, label, theme.dim),
    ),
    text(`x="${(LEFT + right) / 2}" y="${bottom + 34}" text-anchor="middle"`, xAxis.title, theme.dim),
    text(`transform="translate(14 ${(TOP + bottom) / 2}) rotate(-90)" text-anchor="middle"`, yAxis.title, theme.dim),
    `<path d="M${LEFT} ${TOP}V${bottom}H${right}" fill="none" stroke="${escaped(theme.line)}"/>`,
    `<g clip-path="url(#${clip})">`,
    ...bands,
    ...picture.findings.map(({ between, colour }) =>
      between === null
        ? ''
        : `<path d="M${x(between[0])} ${TOP}V${bottom}H${x(between[1])}V${TOP}Z" fill="${escaped(interval(colour, theme))}"/>`,
    ),
    ...picture.findings.map(
      ({ place, label, colour }, n) =>
        `<path d="M${x(place)} ${TOP}V${bottom}" stroke="${escaped(colour)}" stroke-dasharray="6 4"/>` +
        text(`x="${Number(x(place)) + 6}" y="${TOP + 12 + n * 14}"`, label, theme.foreground),
    ),
    ...picture.marks.map(({ place }) => `<path d="M${x(place)} ${TOP}V${bottom}" stroke="${escaped(theme.line)}"/>`),
    ...picture.levels.map(
      ({ place, label, colour }) =>
        `<path d="M${LEFT} ${y(place)}H${right}" stroke="${escaped(colour)}" stroke-dasharray="2 4"/>` +
        text(
          `x="${right - 6}" y="${Number(y(place)) + (Number(y(place)) - TOP < 16 ? 12 : -4)}" text-anchor="end"`,
          label,
          theme.foreground,
        ),
    ),
    ...picture.lines.map(line),
    '</g>',
    ...picture.beyond.flatMap(({ points, colour }) =>
      points
        .filter(({ x: px }) => px >= xAxis.range.from && px <= xAxis.range.to)
        .map(({ x: px, y: py }) => {
          const isAbove = py > yAxis.range.to;
          const [edge, towards] = isAbove ? [TOP, 6] : [bottom, -6];
          return `<path class="beyond" d="M${x(px)} ${edge}l-3.5 ${towards}h7z" fill="${escaped(colour)}"/>`;
        }),
    ),
    ...legend.map(({ label, colour, dash, isPoints }, n) => {
      const at = bottom + 44 + n * LEGEND_LINE;
      const mark = isPoints
        ? `<path d="M${LEFT + 11} ${at}m0 -5l5 5l-5 5l-5 -5z" fill="${escaped(colour)}"/>`
        : `<path d="M${LEFT} ${at}h22" stroke="${escaped(colour)}" stroke-width="2" stroke-dasharray="${dash.join(' ')}"/>`;
      return mark + text(`x="${LEFT + 30}" y="${at}" dominant-baseline="middle"`, label, theme.foreground);
    }),
  ];
  return { content: content.join('\n'), height: bottom + 44 + legend.length * LEGEND_LINE + 6 };
}

function number(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
