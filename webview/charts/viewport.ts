// Zooming by mouse and keyboard along one axis. Knows only the place of the plot and the range it shows.

export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface ViewportTarget {
  /** Left and right edge of the plot, in CSS pixels from the left of the element. */
  readonly plot: () => { readonly left: number; readonly right: number } | null;
  readonly shown: () => Range;
  /** The whole range. */
  readonly extent: () => Range;
  /** Null: everything. */
  readonly zoomTo: (range: Range | null) => void;
  /** The pixels between which the band lies while dragging, null when there is none. */
  readonly band: (band: { readonly left: number; readonly right: number } | null) => void;
  /** Place of the pointer, in units of x; null when it left the plot. */
  readonly hover: (x: number | null) => void;
}

/** A drag shorter than this is a click. */
const MIN_DRAG_PIXELS = 4;

export function attachViewport(element: HTMLElement, target: ViewportTarget): void {
  let dragStart: number | null = null;

  const pixelOf = (event: MouseEvent): number | null => {
    const plot = target.plot();
    if (!plot) return null;
    const x = event.clientX - element.getBoundingClientRect().left;
    return Math.min(plot.right, Math.max(plot.left, x));
  };
  const valueAt = (pixel: number): number => {
    const plot = target.plot();
    const { from, to } = target.shown();
    return plot ? from + ((pixel - plot.left) / (plot.right - plot.left)) * (to - from) : from;
  };

  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    dragStart = pixelOf(event);
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener('pointermove', (event) => {
    const pixel = pixelOf(event);
    if (pixel === null) return;
    target.hover(valueAt(pixel));
    if (dragStart === null || Math.abs(pixel - dragStart) < MIN_DRAG_PIXELS) return;
    target.band({ left: Math.min(dragStart, pixel), right: Math.max(dragStart, pixel) });
  });
  element.addEventListener('pointerup', (event) => {
    const pixel = pixelOf(event);
    target.band(null);
    if (dragStart !== null && pixel !== null && Math.abs(pixel - dragStart) >= MIN_DRAG_PIXELS) {
      const a = valueAt(dragStart);
      const b = valueAt(pixel);
      zoom({ from: Math.min(a, b), to: Math.max(a, b) });
    }
    dragStart = null;
  });
  const stop = (): void => {
    dragStart = null;
    target.band(null);
  };
  element.addEventListener('pointercancel', stop);
  element.addEventListener('pointerleave', () => {
    target.hover(null);
  });
  element.addEventListener('dblclick', () => {
    target.zoomTo(null);
  });
  element.addEventListener(
    'wheel',
    (event) => {
      const pixel = pixelOf(event);
      if (pixel === null || event.deltaY === 0) return;
      // Zoomed out all the way the wheel scrolls the page again.
      if (event.deltaY > 0 && isWhole(target.shown(), target.extent())) return;
      event.preventDefault();
      scale(Math.exp(Math.sign(event.deltaY) * 0.2), valueAt(pixel));
    },
    { passive: false },
  );
  element.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { from, to } = target.shown();
    const pan = (share: number): void => {
      zoom({ from: from + (to - from) * share, to: to + (to - from) * share });
    };
    switch (event.key) {
      case '+':
      case '=':
        scale(0.5, (from + to) / 2);
        break;
      case '-':
        scale(2, (from + to) / 2);
        break;
      case 'ArrowLeft':
        pan(-0.2);
        break;
      case 'ArrowRight':
        pan(0.2);
        break;
      case '0':
        target.zoomTo(null);
        break;
      case 'Escape':
        stop();
        return;
      default:
        return;
    }
    event.preventDefault();
  });

  function scale(factor: number, around: number): void {
    const { from, to } = target.shown();
    zoom({ from: around - (around - from) * factor, to: around + (to - around) * factor });
  }

  function zoom(range: Range): void {
    const clamped = clampRange(range, target.extent());
    target.zoomTo(isWhole(clamped, target.extent()) ? null : clamped);
  }
}

/** Moved and shrunk into the extent, never narrower than one step. */
export function clampRange(range: Range, extent: Range): Range {
  const all = extent.to - extent.from;
  const width = Math.min(all, Math.max(range.to - range.from, Math.min(1, all)));
  const middle = (range.from + range.to) / 2;
  const from = Math.min(extent.to - width, Math.max(extent.from, Math.min(range.from, middle - width / 2)));
  return { from, to: from + width };
}

export function isWhole(range: Range, extent: Range): boolean {
  const slack = (extent.to - extent.from) * 1e-6;
  return range.from <= extent.from + slack && range.to >= extent.to - slack;
}
