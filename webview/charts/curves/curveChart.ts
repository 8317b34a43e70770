import { t } from '../../../src/core/base/messages.ts';
import type { Range } from '../../../src/core/training/curves/yRange.ts';
import { el, setAttribute, show, type Child } from '../../dom.ts';
import { metric } from '../../format.ts';
import { onThemeChange, readTheme, type ChartTheme } from '../../theme.ts';
import { drawPlot, placedAxis, type Plot, type PlotData } from '../chartSetup.ts';
import { curveOverlay } from './curveOverlay.ts';
import { pictureOf, shownOf, type ChartInput, type Picture, type PictureLine } from './curvePicture.ts';
import { attachNavigation } from './navigate.ts';
import { fromPlace, placeRange, toPlace } from './scales.ts';
import { Tooltip } from './tooltip.ts';

/** Width of the y axis with its title and labels: the same in every chart, so that charts under one another share their x. */
export const Y_AXIS = 66;
const RIGHT = 14;
/** Share of the whole x axis that a zoom shows at least. */
const LEAST_SHARE = 1e-7;

export interface CurveListeners {
  /** Null: everything. Steps of one gesture are undone at once. */
  readonly onZoom: (x: Range | null, gesture: number) => void;
  readonly onUndo: () => void;
  readonly onHelp: () => void;
  /** The crosshair was moved to this x by mouse or by keyboard; null: it is gone. */
  readonly onCross: (x: number | null) => void;
  readonly onStep: (move: 'next' | 'previous' | 'far-next' | 'far-previous' | 'first' | 'last') => void;
  /** Content of the tooltip at an x; empty: none. */
  readonly tell: (x: number) => readonly Child[];
  readonly onDraw: (picture: Picture) => void;
}

/** Curves of one family. What is shown is computed by `pictureOf`; chart.js gets only what pixel columns can show. */
export class CurveChart {
  readonly element: HTMLElement;
  readonly #canvas = el('canvas', { attributes: { role: 'img' } });
  readonly #cross = el('div', { class: 'cross', attributes: { 'aria-hidden': 'true' } });
  readonly #band = el('div', { class: 'drag', attributes: { 'aria-hidden': 'true' } });
  readonly #tip = new Tooltip();
  readonly #listeners: CurveListeners;
  readonly #overlay = curveOverlay(() => ({
    theme: this.#theme,
    marks: this.#picture?.marks ?? [],
    findings: this.#picture?.findings ?? [],
    levels: this.#picture?.levels ?? [],
    bands: this.#picture?.bands ?? [],
    beyond: this.#picture?.beyond ?? [],
  }));
  #plot: Plot | null = null;
  #theme: ChartTheme = readTheme();
  #input: ChartInput | null = null;
  #picture: Picture | null = null;
  #crossX: number | null = null;
  #size = { width: 0, height: 0 };
  #isScheduled = false;
  #name = '';

  constructor(listeners: CurveListeners) {
    this.#listeners = listeners;
    for (const part of [this.#cross, this.#band]) show(part, false);
    this.element = el('div', { class: 'chart curves', attributes: { tabindex: 0, role: 'application' } }, [
      this.#canvas,
      this.#cross,
      this.#band,
      this.#tip.element,
    ]);
    attachNavigation(this.element, {
      plot: () => this.#area(),
      shown: () => this.#places((input) => shownOf(input)),
      extent: () => this.#places((input) => input.extent),
      least: () => this.#least(),
      zoomTo: (range, gesture) => {
        this.#zoomTo(range, gesture);
      },
      undo: () => {
        listeners.onUndo();
      },
      band: (band) => {
        this.#drawBand(band);
      },
      point: (at) => {
        if (!at || !this.#input) {
          this.#tip.hide();
          listeners.onCross(null);
          return;
        }
        const x = fromPlace(at.place, this.#input.xScale);
        listeners.onCross(x);
        this.#tell(x, at.x, at.y);
      },
      step: (move) => {
        listeners.onStep(move);
      },
      cross: () => (this.#crossX === null || !this.#input ? null : toPlace(this.#crossX, this.#input.xScale)),
      help: () => {
        listeners.onHelp();
      },
    });
    onThemeChange(() => {
      this.#schedule();
    });
    new ResizeObserver((entries) => {
      const { width, height } = entries.at(-1)?.contentRect ?? { width: 0, height: 0 };
      this.#size = { width, height };
      this.#schedule();
    }).observe(this.element);
  }

  get canvas(): HTMLCanvasElement {
    return this.#canvas;
  }

  get picture(): Picture | null {
    return this.#picture;
  }

  get size(): { readonly width: number; readonly height: number } {
    return this.#size;
  }

  /** `name`: of the family, for screen readers. */
  set(input: ChartInput, name: string): void {
    this.#input = input;
    this.#name = name;
    this.#schedule();
  }

  /** Shows the crosshair at an x. */
  setCross(x: number | null): void {
    this.#crossX = x;
    const pixel = x === null ? null : this.#pixelOf(x);
    show(this.#cross, pixel !== null);
    if (pixel !== null) this.#cross.style.left = `${pixel}px`;
    if (x === null) this.#tip.hide();
  }

  /** Shows the figures at an x beside the crosshair, as the pointer does. */
  tellAt(x: number): void {
    const pixel = this.#pixelOf(x);
    if (pixel === null) return;
    const { left, top, height } = this.element.getBoundingClientRect();
    this.#tell(x, left + pixel, top + height * 0.3);
  }

  /** X of `pixels` beyond another one. */
  xBeyond(x: number, pixels: number): number {
    if (!this.#input) return x;
    const { left, right } = this.#area();
    const { from, to } = this.#places((input) => shownOf(input));
    const by = (pixels / Math.max(1, right - left)) * (to - from);
    return fromPlace(toPlace(x, this.#input.xScale) + by, this.#input.xScale);
  }

  #tell(x: number, left: number, top: number): void {
    const content = this.#listeners.tell(x);
    if (content.length === 0) this.#tip.hide();
    else this.#tip.show(left, top, content);
  }

  #area(): { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number } {
    const { chartArea: area } = this.#plot ?? {};
    return area ?? { left: Y_AXIS, right: this.#size.width - RIGHT, top: 0, bottom: this.#size.height };
  }

  #places(of: (input: ChartInput) => Range): Range {
    return this.#input ? placeRange(of(this.#input), this.#input.xScale) : { from: 0, to: 1 };
  }

  /** One step, as far as x is counted in steps. */
  #least(): number {
    const { from, to } = this.#places((input) => input.extent);
    return this.#input?.axis === 'step' && this.#input.xScale === 'linear' ? 1 : (to - from) * LEAST_SHARE;
  }

  #zoomTo(range: Range | null, gesture: number): void {
    const scale = this.#input?.xScale ?? 'linear';
    this.#listeners.onZoom(range && { from: fromPlace(range.from, scale), to: fromPlace(range.to, scale) }, gesture);
  }

  #pixelOf(x: number): number | null {
    if (!this.#input) return null;
    const { left, right } = this.#area();
    const { from, to } = this.#places((input) => shownOf(input));
    const pixel = left + ((toPlace(x, this.#input.xScale) - from) / (to - from)) * (right - left);
    return pixel >= left - 0.5 && pixel <= right + 0.5 ? pixel : null;
  }

  #drawBand(band: Range | null): void {
    show(this.#band, band !== null);
    if (!band) return;
    const { top, bottom } = this.#area();
    this.#band.style.left = `${band.from}px`;
    this.#band.style.width = `${band.to - band.from}px`;
    this.#band.style.top = `${top}px`;
    this.#band.style.height = `${bottom - top}px`;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { width, height } = this.#size;
    if (width === 0 || !this.#input) return;
    this.#theme = readTheme();
    const picture = pictureOf(this.#input, width - Y_AXIS - RIGHT, height, this.#theme);
    this.#picture = picture;
    const scales = {
      x: placedAxis(this.#theme, picture.x, { grid: false }),
      y: placedAxis(this.#theme, picture.y, { grid: true, width: Y_AXIS }),
    };
    this.#plot = drawPlot(
      this.#plot,
      this.#canvas,
      'line',
      picture.lines.map((line, n) => this.#dataset(line, n)),
      scales,
      [this.#overlay],
    );
    const { top, bottom } = this.#area();
    this.#cross.style.top = `${top}px`;
    this.#cross.style.height = `${bottom - top}px`;
    this.setCross(this.#crossX);
    this.#describe(picture);
    this.#listeners.onDraw(picture);
  }

  /** Lines of a higher order are drawn first: those behind. */
  #dataset({ points, colour, dash, width, isPoints, dots }: PictureLine, index: number): PlotData {
    if (isPoints) {
      return {
        data: points,
        showLine: false,
        pointStyle: 'rectRot',
        pointRadius: 6,
        backgroundColor: colour,
        borderColor: this.#theme.background,
        borderWidth: 1,
        clip: 8,
        order: 0,
      };
    }
    return {
      data: points,
      borderColor: colour,
      backgroundColor: colour,
      borderWidth: width,
      borderDash: [...dash],
      pointRadius: dots,
      ...(dots > 0 ? { clip: 5 } : {}),
      order: 1000 - index,
    };
  }

  #describe({ shown, outside }: Picture): void {
    const input = this.#input;
    if (!input) return;
    const lines = input.lines.map(({ label, line }) => {
      const last = line.raw.length - 1;
      return t(
        'Line of {0}: from {1} at step {2} to {3} at step {4}.',
        label,
        metric(line.shown[0] ?? 0),
        line.view.xs[0] ?? 0,
        metric(line.shown[last] ?? 0),
        line.view.xs[last] ?? 0,
      );
    });
    const range = t(
      'Showing {0} from {1} to {2}, values {3} to {4}.',
      input.xTitle,
      metric(shown.x.from),
      metric(shown.x.to),
      metric(shown.y.from),
      metric(shown.y.to),
    );
    setAttribute(this.#canvas, 'aria-label', [t('Line chart.'), ...lines, range].join(' '));
    setAttribute(this.element, 'aria-label', t('{0}: chart. Press the question mark for its keys.', this.#name));
    const { dataset } = this.element;
    dataset['xMin'] = String(shown.x.from);
    dataset['xMax'] = String(shown.x.to);
    dataset['yMin'] = String(shown.y.from);
    dataset['yMax'] = String(shown.y.to);
    dataset['outside'] = String(outside);
    dataset['points'] = String(input.lines.reduce((sum, { line }) => sum + line.raw.length, 0));
  }
}
