import { tn } from '../../src/core/base/messages.ts';
import { el, setAttribute } from '../dom.ts';
import { readTheme } from '../theme.ts';
import { axis, drawPlot, redraws, type Plot, type Scale } from './chartSetup.ts';
import { nearestTo, pointsWithin } from './placedPoints.ts';
import { usePointer, type Place } from './pointer.ts';

export interface PairPoint {
  readonly key: string;
  readonly x: number;
  readonly y: number;
}

export interface PairAxis {
  readonly title: string;
  readonly isLog: boolean;
}

interface Listeners {
  /** A point was clicked, or Enter was pressed on it. */
  readonly onOpen: (key: string) => void;
  /** Points were selected by dragging. */
  readonly onSelect: (keys: readonly string[]) => void;
  /** Lines about a point. */
  readonly tell: (key: string) => readonly string[];
}

/** From here on points are small squares: circles take their time. */
const MANY_POINTS = 3000;

/** One number of many things against another, linear or logarithmic. Selected points are larger diamonds: not told by color alone. */
export class PairChart {
  readonly element: HTMLElement;
  readonly #canvas = el('canvas', { attributes: { 'aria-hidden': 'true' } });
  readonly #schedule: () => void;
  readonly #refresh: () => void;
  #chart: Plot | null = null;
  /** By x, in which order the arrow keys visit them; in the units of the axes. */
  #points: readonly PairPoint[] = [];
  #axes: { readonly x: PairAxis; readonly y: PairAxis } | null = null;
  #isSelected: (key: string) => boolean = () => false;

  constructor({ onOpen, onSelect, tell }: Listeners) {
    this.element = el('div', { class: 'chart pair', attributes: { role: 'application' } }, [this.#canvas]);
    this.#schedule = redraws(this.element, () => {
      this.#draw();
    });
    this.#refresh = usePointer(this.element, {
      count: () => this.#points.length,
      at: (place) => nearestTo(place, this.#points.length, (index) => this.#placeOf(index)),
      placeOf: (index) => this.#placeOf(index),
      tell: (index) => tell(this.#points[index]?.key ?? ''),
      open: (index) => {
        const point = this.#points[index];
        if (point) onOpen(point.key);
      },
      select: (from, to) => {
        onSelect(this.#within(from, to));
      },
      clear: () => {
        onSelect([]);
      },
    }).refresh;
  }

  /** Points by x. On a logarithmic axis those at 0 or below are left out. */
  setData(
    points: readonly PairPoint[],
    axes: { readonly x: PairAxis; readonly y: PairAxis },
    isSelected: (key: string) => boolean,
  ): void {
    this.#points = points
      .filter(({ x, y }) => !(axes.x.isLog && x <= 0) && !(axes.y.isLog && y <= 0))
      .map(({ key, x, y }) => ({ key, x: axes.x.isLog ? Math.log10(x) : x, y: axes.y.isLog ? Math.log10(y) : y }));
    this.#axes = axes;
    this.#isSelected = isSelected;
    setAttribute(
      this.element,
      'aria-label',
      tn(
        this.#points.length,
        'Scatter chart of {0} job, {1} against {2}. The arrow keys go through the points, Enter opens one. The table below has the same figures.',
        'Scatter chart of {0} jobs, {1} against {2}. The arrow keys go through the points, Enter opens one. The table below has the same figures.',
        axes.y.title,
        axes.x.title,
      ),
    );
    this.#schedule();
  }

  #placeOf(index: number): Place | null {
    const point = this.#points[index];
    const { x, y } = this.#chart?.scales ?? {};
    return point && x && y ? { x: x.getPixelForValue(point.x), y: y.getPixelForValue(point.y) } : null;
  }

  #within(from: Place, to: Place): readonly string[] {
    const within = pointsWithin(from, to, this.#points.length, (index) => this.#placeOf(index));
    return within.flatMap((index) => this.#points[index]?.key ?? []);
  }

  #drawPoints(drawing: CanvasRenderingContext2D, x: Scale, y: Scale): void {
    const theme = readTheme();
    const isMany = this.#points.length > MANY_POINTS;
    for (const isSelected of [false, true]) {
      drawing.fillStyle = isSelected ? theme.orange : theme.train;
      for (const point of this.#points) {
        if (this.#isSelected(point.key) !== isSelected) continue;
        const [atX, atY] = [x.getPixelForValue(point.x), y.getPixelForValue(point.y)];
        if (isSelected) drawDiamond(drawing, atX, atY);
        else if (isMany) drawing.fillRect(atX - 1.5, atY - 1.5, 3, 3);
        else {
          drawing.beginPath();
          drawing.arc(atX, atY, 3.5, 0, 2 * Math.PI);
          drawing.fill();
        }
      }
    }
  }

  #draw(): void {
    if (this.element.clientWidth === 0 || !this.#axes) return;
    const theme = readTheme();
    const [boundsX, boundsY] = [boundsOf(this.#points, 'x'), boundsOf(this.#points, 'y')];
    const { x, y } = this.#axes;
    const scales = {
      x: axis(theme, boundsX, { title: x.title, grid: true, labelBounds: false, log: x.isLog }),
      y: axis(theme, boundsY, { title: y.title, grid: true, labelBounds: false, log: y.isLog }),
    };
    this.#chart = drawPlot(this.#chart, this.#canvas, 'scatter', [{ type: 'scatter', data: [] }], scales, [
      {
        id: 'points',
        afterDatasetsDraw: (chart) => {
          const at = chart.scales;
          if (at['x'] && at['y']) this.#drawPoints(chart.ctx, at['x'], at['y']);
        },
      },
    ]);
    this.element.dataset['points'] = String(this.#points.length);
    this.#refresh();
  }
}

/** Smallest and largest value with some room, so that no point lies on the edge. */
function boundsOf(points: readonly PairPoint[], axisName: 'x' | 'y'): { min: number; max: number } {
  let [min, max] = [Infinity, -Infinity];
  for (const point of points) {
    min = Math.min(min, point[axisName]);
    max = Math.max(max, point[axisName]);
  }
  if (min > max) return { min: 0, max: 1 };
  const room = (max - min) * 0.05 || Math.abs(max) * 0.1 || 1;
  return { min: min - room, max: max + room };
}

function drawDiamond(drawing: CanvasRenderingContext2D, x: number, y: number): void {
  drawing.beginPath();
  drawing.moveTo(x, y - 5.5);
  drawing.lineTo(x + 5.5, y);
  drawing.lineTo(x, y + 5.5);
  drawing.lineTo(x - 5.5, y);
  drawing.fill();
}
