import { t, tn } from '../../src/core/base/messages.ts';
import { el, setAttribute } from '../dom.ts';
import { readTheme } from '../theme.ts';
import { axis, drawPlot, redraws, type Plot, type PlotData, type Scale } from './chartSetup.ts';
import { nearestTo, pointsWithin } from './placedPoints.ts';
import { usePointer, type Place } from './pointer.ts';

export type PointColour = 'green' | 'orange' | 'red';

export interface ScatterPoint {
  readonly item: number;
  readonly truth: number;
  readonly guess: number;
  readonly colour: PointColour;
}

interface Listeners {
  /** A point was clicked, or Enter was pressed on it. */
  readonly onOpen: (item: number) => void;
  /** Points were selected by dragging; null: no longer. */
  readonly onSelect: (items: ReadonlySet<number> | null) => void;
  /** Lines about a point. */
  readonly tell: (item: number) => readonly string[];
}

const COLOURS = ['green', 'orange', 'red'] as const;
/** From here on points are small squares: shapes could not be told apart, and take their time. */
const MANY_POINTS = 6000;

/** Truth against estimate with the y = x line; both axes from 0 to the largest value. */
export class ScatterChart {
  readonly element: HTMLElement;
  readonly #canvas = el('canvas', { attributes: { 'aria-hidden': 'true' } });
  readonly #schedule: () => void;
  readonly #refresh: () => void;
  #chart: Plot | null = null;
  /** In the order of their truths, in which the arrow keys visit them. */
  #points: readonly ScatterPoint[] = [];
  #selected: ReadonlySet<number> | null = null;

  constructor({ onOpen, onSelect, tell }: Listeners) {
    this.element = el('div', { class: 'chart scatter', attributes: { role: 'application' } }, [this.#canvas]);
    this.#schedule = redraws(this.element, () => {
      this.#draw();
    });
    this.#refresh = usePointer(this.element, {
      count: () => this.#points.length,
      at: (place) => nearestTo(place, this.#points.length, (index) => this.#placeOf(index)),
      placeOf: (index) => this.#placeOf(index),
      tell: (index) => tell(this.#points[index]?.item ?? -1),
      open: (index) => {
        const point = this.#points[index];
        if (point) onOpen(point.item);
      },
      select: (from, to) => {
        onSelect(this.#within(from, to));
      },
      clear: () => {
        onSelect(null);
      },
    }).refresh;
  }

  /** `selected`: items that were selected, here or elsewhere; the others are drawn faint. */
  setData(points: readonly ScatterPoint[], selected: ReadonlySet<number> | null, title: string): void {
    this.#points = points.toSorted((a, b) => a.truth - b.truth || a.guess - b.guess);
    this.#selected = selected;
    setAttribute(
      this.element,
      'aria-label',
      tn(
        points.length,
        'Scatter chart of {0} row, ground truth against model estimate: {1}. The arrow keys go through the points, Enter opens one. The table of rows has the same figures.',
        'Scatter chart of {0} rows, ground truth against model estimate: {1}. The arrow keys go through the points, Enter opens one. The table of rows has the same figures.',
        title,
      ),
    );
    this.#schedule();
  }

  get canvas(): HTMLCanvasElement {
    return this.#canvas;
  }

  #placeOf(index: number): Place | null {
    const point = this.#points[index];
    const { x, y } = this.#chart?.scales ?? {};
    if (!point || !x || !y) return null;
    return {
      x: x.getPixelForValue(Math.max(0, point.truth)),
      y: y.getPixelForValue(Math.max(0, point.guess)),
    };
  }

  #within(from: Place, to: Place): ReadonlySet<number> {
    const within = pointsWithin(from, to, this.#points.length, (index) => this.#placeOf(index));
    return new Set(within.flatMap((index) => this.#points[index]?.item ?? []));
  }

  /** The points themselves: an element of the chart for each of 25,000 would take a second. Faint ones first. */
  #drawPoints(drawing: CanvasRenderingContext2D, x: Scale, y: Scale): void {
    const theme = readTheme();
    const selected = this.#selected;
    const isMany = this.#points.length > MANY_POINTS;
    const [left, top] = [x.getPixelForValue(0), y.getPixelForValue(0)];
    const [perX, perY] = [x.getPixelForValue(1) - left, y.getPixelForValue(1) - top];
    for (const isFaint of selected === null ? [false] : [true, false]) {
      for (const colour of COLOURS) {
        drawing.fillStyle = isFaint ? theme.grid : theme[colour];
        for (const point of this.#points) {
          if (point.colour !== colour) continue;
          if (selected !== null && selected.has(point.item) === isFaint) continue;
          // An estimate below 0 is drawn on the edge; the caption says so.
          const atX = left + Math.max(0, point.truth) * perX;
          const atY = top + Math.max(0, point.guess) * perY;
          if (isMany) drawing.fillRect(atX - 1.5, atY - 1.5, 3, 3);
          else drawShape(drawing, colour, atX, atY);
        }
      }
    }
  }

  #draw(): void {
    if (this.element.clientWidth === 0) return;
    const theme = readTheme();
    let largest = 0;
    for (const { truth, guess } of this.#points) largest = Math.max(largest, truth, guess);
    if (largest === 0) largest = 1;
    const bounds = { min: 0, max: largest };
    const datasets: PlotData[] = [
      {
        type: 'line',
        data: [
          { x: 0, y: 0 },
          { x: largest, y: largest },
        ],
        borderColor: theme.train,
        borderWidth: 1.5,
        pointRadius: 0,
      },
    ];
    const scales = {
      x: axis(theme, bounds, { title: t('Ground Truth'), grid: true, labelBounds: false }),
      y: axis(theme, bounds, { title: t('Model Estimate'), grid: true, labelBounds: false }),
    };
    this.#chart = drawPlot(this.#chart, this.#canvas, 'scatter', datasets, scales, [
      {
        id: 'points',
        afterDatasetsDraw: ({ ctx, scales: { x, y } }) => {
          if (x && y) this.#drawPoints(ctx, x, y);
        },
      },
    ]);
    this.element.dataset['points'] = String(this.#points.length);
    this.element.dataset['xMin'] = '0';
    this.element.dataset['yMin'] = '0';
    this.element.dataset['xMax'] = String(largest);
    this.element.dataset['yMax'] = String(largest);
    this.#refresh();
  }
}

/** Shapes as well as colors: readers who cannot tell the colors apart can still tell the points apart. */
function drawShape(drawing: CanvasRenderingContext2D, colour: PointColour, x: number, y: number): void {
  drawing.beginPath();
  if (colour === 'green') drawing.arc(x, y, 3, 0, 2 * Math.PI);
  else if (colour === 'orange') {
    drawing.moveTo(x, y - 3.6);
    drawing.lineTo(x + 3.6, y + 2.6);
    drawing.lineTo(x - 3.6, y + 2.6);
  } else {
    drawing.moveTo(x, y - 3.6);
    drawing.lineTo(x + 3.6, y);
    drawing.lineTo(x, y + 3.6);
    drawing.lineTo(x - 3.6, y);
  }
  drawing.fill();
}
