// All that one chart shows at a width, as places, colors and words; the canvas and the SVG file draw the same.
import { lowerBound, type Band, type Scale } from '../../../src/core/training/curves/thinning.ts';
import type { XAxis } from '../../../src/core/training/curves/xAxis.ts';
import { outlierFences, rangeAround, type Range } from '../../../src/core/training/curves/yRange.ts';
import type { ChartTheme } from '../../theme.ts';
import type { XY } from '../chartSetup.ts';
import { faint, type PlacedFinding, type PlacedLevel, type PlacedMark } from './curveOverlay.ts';
import { countOutside, type Line } from './lines.ts';
import type { LineLook } from './palette.ts';
import { placeRange, ticksOf, toPlace } from './scales.ts';
import { tickLabels } from './tickLabels.ts';

/** What is drawn behind a smoothed line. */
export const BEHIND = ['line', 'band', 'none'] as const;
export type Behind = (typeof BEHIND)[number];

export interface YView {
  /** Null: taken from the values. */
  readonly yMin: number | null;
  readonly yMax: number | null;
  readonly yScale: Scale;
  readonly behind: Behind;
  /** Outliers do not stretch the y axis; they are marked at its edges and counted. */
  readonly ignoreOutliers: boolean;
}

export interface DrawnLine {
  readonly line: Line;
  readonly look: LineLook;
  readonly label: string;
}

export interface ChartInput {
  readonly lines: readonly DrawnLine[];
  readonly marks: readonly { readonly x: number; readonly label: string }[];
  /** Places that verdicts name. */
  readonly findings?: readonly {
    readonly x: number;
    readonly between: readonly [number, number] | null;
    readonly label: string;
    readonly colour: string;
  }[];
  readonly levels: readonly { readonly value: number; readonly label: string; readonly colour: string }[];
  readonly axis: XAxis;
  readonly xScale: Scale;
  readonly extent: Range;
  /** Null: the whole extent. */
  readonly x: Range | null;
  readonly view: YView;
  readonly xTitle: string;
  readonly yTitle: string;
}

interface PictureAxis {
  /** Places at the ends. */
  readonly range: Range;
  readonly ticks: readonly { readonly place: number; readonly label: string }[];
  readonly title: string;
}

export interface PictureLine {
  readonly points: XY[];
  readonly colour: string;
  readonly dash: readonly number[];
  readonly width: number;
  /** Diamonds without a line. */
  readonly isPoints: boolean;
  /** Radius of a dot at each point, 0: none. */
  readonly dots: number;
}

export interface Picture {
  readonly x: PictureAxis;
  readonly y: PictureAxis;
  /** The ones behind first. */
  readonly lines: readonly PictureLine[];
  readonly bands: readonly { readonly band: Band; readonly colour: string }[];
  readonly marks: readonly PlacedMark[];
  readonly findings: readonly PlacedFinding[];
  readonly levels: readonly PlacedLevel[];
  readonly beyond: readonly { readonly points: readonly XY[]; readonly colour: string }[];
  /** Values at the ends of the axes. */
  readonly shown: { readonly x: Range; readonly y: Range };
  /** Points in view that the y axis does not reach. */
  readonly outside: number;
}

/** Lines of fewer points have a dot at each. */
const FEW_POINTS = 24;
/** From here on, points a pixel column, a line is a ribbon: as telling when it is thin, at half the time. */
const DENSE = 4;

/** @param width of the plot in pixels. */
export function pictureOf(input: ChartInput, width: number, height: number, theme: ChartTheme): Picture {
  const { xScale, view } = input;
  const shownX = shownOf(input);
  const columns = Math.max(1, width);
  const columnView = { ...shownX, columns, scale: xScale };
  const behind: PictureLine[] = [];
  const front: PictureLine[] = [];
  const bands: { band: Band; colour: string }[] = [];
  const raws: { points: readonly XY[]; colour: string }[] = [];
  const values = new Extremes(view.yScale);

  for (const { line, look } of input.lines) {
    const isSmoothed = line.shown !== line.raw;
    const pointsOf = (ys: Float64Array, indices: Uint32Array): XY[] => {
      const points: XY[] = [];
      for (const i of indices) {
        const [x, y] = [line.xs[i] ?? 0, ys[i] ?? 0];
        if (xScale === 'log' && !(x > 0)) continue;
        if (x >= shownX.from && x <= shownX.to) values.add(y);
        if (view.yScale === 'log' && !(y > 0)) continue;
        points.push({ x: toPlace(x, xScale), y: toPlace(y, view.yScale) });
      }
      return points;
    };
    const first = lowerBound(line.xs, line.xs.length, shownX.from);
    const count = lowerBound(line.xs, line.xs.length, shownX.to, true) - first;
    const scan = line.thin.raw(columnView);
    const isDense = count > DENSE * columns;
    // Where lines lie on each other in every column a band shows the same, and what is behind it as well.
    const hasBand = isSmoothed && (view.behind === 'band' || (view.behind === 'line' && isDense));
    if (hasBand) {
      const band = scan.band();
      for (let i = 0; i < band.xs.length; i++) {
        values.add(band.low[i] ?? 0);
        values.add(band.high[i] ?? 0);
      }
      bands.push({ band: placed(band, xScale, view.yScale), colour: faint(look.colour, theme) });
    }
    // Needed in every case: what lies beyond the y axis is marked there.
    const raw = pointsOf(line.raw, scan.indices());
    raws.push({ points: raw, colour: look.colour });
    const main = isSmoothed ? pointsOf(line.shown, line.thin.shown(columnView).indices()) : raw;
    if (isSmoothed && view.behind === 'line' && !isDense) {
      behind.push({ points: raw, colour: faint(look.colour, theme), dash: [], width: 1, isPoints: false, dots: 0 });
    }
    const dots = count === 1 ? 4 : main.length <= FEW_POINTS ? 2 : 0;
    front.push({
      points: main,
      colour: look.colour,
      dash: isDense ? [] : look.dash,
      width: isDense ? 1 : 2,
      isPoints: look.isPoints,
      dots,
    });
  }
  if (view.ignoreOutliers) values.only(input.lines, shownX);
  for (const { value } of input.levels) values.add(value);
  const y = yRangeOf(values, view);
  const yPlaces = placeRange(y, view.yScale);
  const isBounded = view.yMin !== null || view.yMax !== null || view.ignoreOutliers || view.yScale === 'log';
  const slack = (yPlaces.to - yPlaces.from) * 1e-9;
  return {
    x: axisOf(shownX, xScale, width / 85, input.axis, input.xTitle),
    y: axisOf(y, view.yScale, height / 44, null, input.yTitle),
    lines: [...behind, ...front],
    bands,
    marks: input.marks
      .filter(({ x }) => xScale === 'linear' || x > 0)
      .map(({ x, label }) => ({ place: toPlace(x, xScale), label })),
    findings: (input.findings ?? [])
      .filter(({ x, between }) => xScale === 'linear' || Math.min(x, between?.[0] ?? x) > 0)
      .map(({ x, between, ...finding }) => ({
        ...finding,
        place: toPlace(x, xScale),
        between: between && [toPlace(between[0], xScale), toPlace(between[1], xScale)],
      })),
    levels: input.levels
      .filter(({ value }) => view.yScale === 'linear' || value > 0)
      .map(({ value, ...level }) => ({ ...level, place: toPlace(value, view.yScale) })),
    beyond: isBounded
      ? raws.map(({ points, colour }) => ({
          points: points.filter(({ y: place }) => place > yPlaces.to + slack || place < yPlaces.from - slack),
          colour,
        }))
      : [],
    shown: { x: shownX, y },
    outside: isBounded
      ? countOutside(
          input.lines.map(({ line }) => line),
          shownX,
          y,
        )
      : 0,
  };
}

/** The part of x in view: inside of the extent, and never empty. */
export function shownOf({ x, extent }: Pick<ChartInput, 'x' | 'extent'>): Range {
  if (!x) return extent;
  const shown = { from: Math.max(x.from, extent.from), to: Math.min(x.to, extent.to) };
  return shown.to > shown.from ? shown : extent;
}

class Extremes {
  readonly #scale: Scale;
  low = Infinity;
  high = -Infinity;

  constructor(scale: Scale) {
    this.#scale = scale;
  }

  add(value: number): void {
    if (this.#scale === 'log' && !(value > 0)) return;
    if (value < this.low) this.low = value;
    if (value > this.high) this.high = value;
  }

  /** Begins again with the values in view that are no outliers of their lines. */
  only(lines: readonly DrawnLine[], shown: Range): void {
    [this.low, this.high] = [Infinity, -Infinity];
    for (const { line } of lines) {
      const { xs, raw } = line;
      const part = raw.subarray(lowerBound(xs, xs.length, shown.from), lowerBound(xs, xs.length, shown.to, true));
      const fences = outlierFences(part);
      for (const value of part) if (value >= fences.from && value <= fences.to) this.add(value);
    }
  }
}

function yRangeOf(values: Extremes, { yMin, yMax, yScale }: YView): Range {
  const automatic =
    rangeAround(values.low, values.high, yScale) ?? (yScale === 'log' ? { from: 0.1, to: 1 } : { from: 0, to: 1 });
  const from = yMin !== null && (yScale === 'linear' || yMin > 0) ? yMin : automatic.from;
  const to = yMax !== null && (yScale === 'linear' || yMax > 0) ? yMax : automatic.to;
  if (to > from) return { from, to };
  // A typed bound stays where all values lie beyond it.
  if (yMin !== null) return { from, to: yScale === 'log' ? from * 10 : from + 1 };
  return { from: yScale === 'log' ? to / 10 : to - 1, to };
}

function axisOf(range: Range, scale: Scale, most: number, axis: XAxis | null, title: string): PictureAxis {
  const ticks = ticksOf(range, scale, Math.max(2, Math.floor(most)), axis);
  const labels = tickLabels(ticks, axis);
  return {
    range: placeRange(range, scale),
    ticks: ticks.map((value, index) => ({ place: toPlace(value, scale), label: labels[index] ?? '' })),
    title,
  };
}

function placed({ xs, low, high }: Band, xScale: Scale, yScale: Scale): Band {
  if (xScale === 'linear' && yScale === 'linear') return { xs, low, high };
  // A value that a logarithmic axis cannot have lies far below it.
  const y = (value: number): number => (yScale === 'log' ? Math.log10(Math.max(value, 1e-300)) : value);
  const x = (value: number): number => (xScale === 'log' ? Math.log10(Math.max(value, 1e-300)) : value);
  return { xs: xs.map(x), low: low.map(y), high: high.map(y) };
}
