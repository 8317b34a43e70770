import { t, tn } from '../../src/core/base/messages.ts';
import { el, setAttribute } from '../dom.ts';
import { readTheme } from '../theme.ts';
import { axis, drawPlot, redraws, type Plot, type PlotData } from './chartSetup.ts';

export type PointColour = 'green' | 'orange' | 'red';

export interface ScatterPoint {
  readonly item: number;
  readonly truth: number;
  readonly guess: number;
  readonly colour: PointColour;
}

/** Shapes as well as colors: readers who cannot tell the colors apart can still tell the points apart. */
const SHAPES = { green: 'circle', orange: 'triangle', red: 'rectRot' } as const;
const COLOURS = ['green', 'orange', 'red'] as const;

/** Truth against estimate with the y = x line; both axes from 0 to the largest value. */
export class ScatterChart {
  readonly element: HTMLElement;
  readonly #canvas = el('canvas', { attributes: { role: 'img', 'aria-label': t('Truth against estimate') } });
  readonly #schedule: () => void;
  #chart: Plot | null = null;
  #points: readonly ScatterPoint[] = [];
  #byColour: Readonly<Record<PointColour, readonly ScatterPoint[]>> = { green: [], orange: [], red: [] };
  #title = '';

  /** `onOpen`: a point was clicked. The rows table beside it does the same by keyboard. */
  constructor(onOpen: (item: number) => void) {
    this.element = el('div', { class: 'chart scatter' }, [this.#canvas]);
    this.#schedule = redraws(this.element, () => {
      this.#draw();
    });
    this.#canvas.addEventListener('click', (event) => {
      const [hit] = this.#chart?.getElementsAtEventForMode(event, 'nearest', { intersect: true }, false) ?? [];
      const colour = COLOURS[hit?.datasetIndex ?? -1];
      const point = colour && hit ? this.#byColour[colour][hit.index] : undefined;
      if (point) onOpen(point.item);
    });
  }

  setData(points: readonly ScatterPoint[], title: string): void {
    this.#points = points;
    this.#byColour = {
      green: points.filter((point) => point.colour === 'green'),
      orange: points.filter((point) => point.colour === 'orange'),
      red: points.filter((point) => point.colour === 'red'),
    };
    this.#title = title;
    this.#schedule();
  }

  #draw(): void {
    if (this.element.clientWidth === 0) return;
    const theme = readTheme();
    let largest = 0;
    for (const { truth, guess } of this.#points) largest = Math.max(largest, truth, guess);
    if (largest === 0) largest = 1;
    const bounds = { min: 0, max: largest };
    const datasets: PlotData[] = COLOURS.map((colour) => ({
      type: 'scatter',
      // An estimate below 0 is drawn on the edge; the caption says so.
      data: this.#byColour[colour].map(({ truth, guess }) => ({ x: Math.max(0, truth), y: Math.max(0, guess) })),
      backgroundColor: theme[colour],
      borderColor: theme.highContrast ? theme.foreground : theme[colour],
      borderWidth: theme.highContrast ? 0.5 : 0,
      pointStyle: SHAPES[colour],
      pointRadius: colour === 'green' ? 3 : 3.6,
      clip: 5,
    }));
    datasets.push({
      type: 'line',
      data: [
        { x: 0, y: 0 },
        { x: largest, y: largest },
      ],
      borderColor: theme.train,
      borderWidth: 1.5,
      pointRadius: 0,
    });
    const scales = {
      x: axis(theme, bounds, { title: t('Ground Truth'), grid: true, labelBounds: false }),
      y: axis(theme, bounds, { title: t('Model Estimate'), grid: true, labelBounds: false }),
    };
    this.#chart = drawPlot(this.#chart, this.#canvas, 'scatter', datasets, scales);
    setAttribute(
      this.#canvas,
      'aria-label',
      tn(
        this.#points.length,
        'Scatter chart of {0} row, ground truth against model estimate: {1}. The table of rows has the same figures.',
        'Scatter chart of {0} rows, ground truth against model estimate: {1}. The table of rows has the same figures.',
        this.#title,
      ),
    );
    this.element.dataset['points'] = String(this.#points.length);
    this.element.dataset['xMin'] = '0';
    this.element.dataset['yMin'] = '0';
    this.element.dataset['xMax'] = String(largest);
    this.element.dataset['yMax'] = String(largest);
  }
}
