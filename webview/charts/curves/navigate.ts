// Moving along the x axis of a chart by mouse and keyboard. Knows places (values, or their logarithms), and no lines.
import type { Range } from '../../../src/core/training/curves/yRange.ts';

export interface NavigateTarget {
  /** Left and right edge of the plot, in CSS pixels from the left of the element. */
  readonly plot: () => { readonly left: number; readonly right: number };
  /** Places in view. */
  readonly shown: () => Range;
  /** All places. */
  readonly extent: () => Range;
  /** Least length that a zoom shows. */
  readonly least: () => number;
  /** Null: everything. `gesture`: steps with the same number belong together and are undone at once. */
  readonly zoomTo: (range: Range | null, gesture: number) => void;
  readonly undo: () => void;
  /** Pixels that are being dragged over; null: none. */
  readonly band: (band: Range | null) => void;
  /** The pointer is at this place, and at these pixels of the page; null: it left the plot. */
  readonly point: (at: { readonly place: number; readonly x: number; readonly y: number } | null) => void;
  /** Moves the crosshair to the next point, by a tenth of the view, or to an end of the view. */
  readonly step: (move: 'next' | 'previous' | 'far-next' | 'far-previous' | 'first' | 'last') => void;
  /** Place of the crosshair; null: there is none. */
  readonly cross: () => number | null;
  readonly help: () => void;
}

/** A drag shorter than this is a click. */
const MIN_DRAG_PIXELS = 4;
/** Turns of the wheel within this many milliseconds are one step. */
const GESTURE_MS = 500;
/** Number of the last gesture; one count for all charts, which share their history. */
let gestures = 0;

export function attachNavigation(element: HTMLElement, target: NavigateTarget): void {
  let drag: {
    readonly kind: 'zoom' | 'pan';
    readonly from: number;
    readonly shown: Range;
    readonly gesture: number;
  } | null = null;
  let lastWheel = -Infinity;
  let wheel = 0;

  const pixelOf = (event: MouseEvent): number => event.clientX - element.getBoundingClientRect().left;
  const inside = (pixel: number): number => {
    const { left, right } = target.plot();
    return Math.min(right, Math.max(left, pixel));
  };
  const placeAt = (pixel: number): number => {
    const { left, right } = target.plot();
    const { from, to } = target.shown();
    return from + ((pixel - left) / Math.max(1, right - left)) * (to - from);
  };

  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 && event.button !== 1) return;
    // The middle button would begin to scroll.
    if (event.button === 1) event.preventDefault();
    const kind = event.button === 1 || event.shiftKey ? 'pan' : 'zoom';
    drag = { kind, from: inside(pixelOf(event)), shown: target.shown(), gesture: nextGesture() };
    element.setPointerCapture(event.pointerId);
    element.classList.toggle('panning', kind === 'pan');
  });
  element.addEventListener('pointermove', (event) => {
    const pixel = inside(pixelOf(event));
    if (drag?.kind === 'pan') {
      const { left, right } = target.plot();
      const by = ((drag.from - pixel) / Math.max(1, right - left)) * (drag.shown.to - drag.shown.from);
      zoom({ from: drag.shown.from + by, to: drag.shown.to + by }, drag.gesture);
      target.point(null);
      return;
    }
    target.point({ place: placeAt(pixel), x: event.clientX, y: event.clientY });
    if (!drag || Math.abs(pixel - drag.from) < MIN_DRAG_PIXELS) return;
    target.band({ from: Math.min(drag.from, pixel), to: Math.max(drag.from, pixel) });
  });
  element.addEventListener('pointerup', (event) => {
    const pixel = inside(pixelOf(event));
    const ended = drag;
    stop();
    if (ended?.kind !== 'zoom' || Math.abs(pixel - ended.from) < MIN_DRAG_PIXELS) return;
    const [a, b] = [placeAt(ended.from), placeAt(pixel)];
    zoom({ from: Math.min(a, b), to: Math.max(a, b) }, ended.gesture);
  });
  const stop = (): void => {
    drag = null;
    target.band(null);
    element.classList.remove('panning');
  };
  element.addEventListener('pointercancel', stop);
  element.addEventListener('pointerleave', () => {
    if (!drag) target.point(null);
  });
  element.addEventListener('blur', () => {
    target.point(null);
  });
  element.addEventListener('dblclick', () => {
    target.zoomTo(null, nextGesture());
  });
  element.addEventListener(
    'wheel',
    (event) => {
      if (event.deltaY === 0 || event.ctrlKey) return;
      // Zoomed out all the way the wheel scrolls the page again.
      if (event.deltaY > 0 && isWhole(target.shown(), target.extent())) return;
      event.preventDefault();
      if (event.timeStamp - lastWheel > GESTURE_MS) wheel = nextGesture();
      lastWheel = event.timeStamp;
      scale(Math.exp(Math.sign(event.deltaY) * 0.2), placeAt(inside(pixelOf(event))), wheel);
    },
    { passive: false },
  );
  element.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target !== element) return;
    const { from, to } = target.shown();
    const around = target.cross() ?? (from + to) / 2;
    const pan = (share: number): void => {
      zoom({ from: from + (to - from) * share, to: to + (to - from) * share }, nextGesture());
    };
    switch (event.key) {
      case '+':
      case '=':
        scale(0.5, around, nextGesture());
        break;
      case '-':
      case '_':
        scale(2, around, nextGesture());
        break;
      case 'ArrowLeft':
        if (event.shiftKey) pan(-0.2);
        else target.step('previous');
        break;
      case 'ArrowRight':
        if (event.shiftKey) pan(0.2);
        else target.step('next');
        break;
      case 'PageDown':
        target.step('far-next');
        break;
      case 'PageUp':
        target.step('far-previous');
        break;
      case 'Home':
        target.step('first');
        break;
      case 'End':
        target.step('last');
        break;
      case '0':
        target.zoomTo(null, nextGesture());
        break;
      case 'u':
      case 'U':
        target.undo();
        break;
      case '?':
        target.help();
        break;
      case 'Escape':
        stop();
        target.point(null);
        return;
      default:
        return;
    }
    event.preventDefault();
  });

  function scale(factor: number, around: number, gesture: number): void {
    const { from, to } = target.shown();
    zoom({ from: around - (around - from) * factor, to: around + (to - around) * factor }, gesture);
  }

  function zoom(range: Range, step: number): void {
    const extent = target.extent();
    const clamped = clampRange(range, extent, target.least());
    target.zoomTo(isWhole(clamped, extent) ? null : clamped, step);
  }
}

function nextGesture(): number {
  gestures += 1;
  return gestures;
}

/** Moved and shrunk into the extent, never shorter than `least`. */
export function clampRange(range: Range, extent: Range, least = 1): Range {
  const all = extent.to - extent.from;
  const width = Math.min(all, Math.max(range.to - range.from, Math.min(least, all)));
  const middle = (range.from + range.to) / 2;
  const from = Math.min(extent.to - width, Math.max(extent.from, Math.min(range.from, middle - width / 2)));
  return { from, to: from + width };
}

export function isWhole(range: Range, extent: Range): boolean {
  const slack = (extent.to - extent.from) * 1e-6;
  return range.from <= extent.from + slack && range.to >= extent.to - slack;
}

/** Zoom steps that can be undone. */
const MOST_STEPS = 100;

/** Ranges before each zoom step, newest last; null: everything was shown. */
export class ZoomHistory {
  readonly #before: (Range | null)[] = [];
  #gesture = Number.NaN;

  get isEmpty(): boolean {
    return this.#before.length === 0;
  }

  /** Keeps the range before a step; steps of one gesture are one. */
  push(before: Range | null, gesture: number): void {
    if (gesture === this.#gesture) return;
    this.#gesture = gesture;
    this.#before.push(before);
    if (this.#before.length > MOST_STEPS) this.#before.shift();
  }

  /** The range before the last step; undefined: there was none. */
  pop(): Range | null | undefined {
    this.#gesture = Number.NaN;
    return this.#before.pop();
  }

  clear(): void {
    this.#before.length = 0;
    this.#gesture = Number.NaN;
  }
}
