import { el, setText, show } from '../dom.ts';

export interface Place {
  /** Pixels from the left and the top of the chart. */
  readonly x: number;
  readonly y: number;
}

/** A chart of things that can be pointed at, opened and selected. */
export interface Targets {
  /** Number of things, in the order in which the arrow keys visit them. */
  readonly count: () => number;
  /** The thing at a place; null: none. */
  readonly at: (place: Place) => number | null;
  /** Where a thing is drawn. */
  readonly placeOf: (index: number) => Place | null;
  /** Lines that say what it is. */
  readonly tell: (index: number) => readonly string[];
  readonly open: (index: number) => void;
  /** Everything between two places was selected by dragging; absent where nothing can be. */
  readonly select?: (from: Place, to: Place) => void;
  /** Escape, and a click beside everything. */
  readonly clear: () => void;
}

/** Pixels that the pointer moves before a press is a drag. */
const DRAG = 5;

/**
 * Lets a chart be used by mouse and keyboard: hover and the arrow keys tell, click and Enter open, dragging selects, Escape clears.
 * The caller makes `element` focusable by this and gives it its name.
 */
export function usePointer(element: HTMLElement, targets: Targets): { readonly refresh: () => void } {
  const tip = el('div', { class: 'tip', attributes: { role: 'status' } });
  const box = el('div', { class: 'drag', attributes: { 'aria-hidden': 'true' } });
  const ring = el('div', { class: 'ring', attributes: { 'aria-hidden': 'true' } });
  for (const part of [tip, box, ring]) {
    show(part, false);
    element.append(part);
  }
  element.tabIndex = 0;
  let active: number | null = null;
  let from: Place | null = null;
  let isDrag = false;

  function tell(index: number | null): void {
    const place = index === null ? null : targets.placeOf(index);
    show(tip, place !== null);
    show(ring, place !== null);
    if (index === null || !place) return;
    setText(tip, targets.tell(index).join('\n'));
    ring.style.left = `${place.x}px`;
    ring.style.top = `${place.y}px`;
    const width = element.clientWidth;
    const isLeft = place.x > width / 2;
    tip.style.left = isLeft ? '' : `${place.x + 12}px`;
    tip.style.right = isLeft ? `${width - place.x + 12}px` : '';
    const isLow = place.y > element.clientHeight / 2;
    tip.style.top = isLow ? '' : `${place.y + 8}px`;
    tip.style.bottom = isLow ? `${element.clientHeight - place.y + 8}px` : '';
  }

  function hide(): void {
    active = null;
    tell(null);
  }

  const placeAt = (event: PointerEvent): Place => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };

  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    from = placeAt(event);
    isDrag = false;
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener('pointermove', (event) => {
    const to = placeAt(event);
    if (from && targets.select) {
      isDrag ||= Math.hypot(to.x - from.x, to.y - from.y) > DRAG;
      if (isDrag) {
        hide();
        show(box, true);
        box.style.left = `${Math.min(from.x, to.x)}px`;
        box.style.top = `${Math.min(from.y, to.y)}px`;
        box.style.width = `${Math.abs(to.x - from.x)}px`;
        box.style.height = `${Math.abs(to.y - from.y)}px`;
        return;
      }
    }
    active = targets.at(to);
    element.style.cursor = active === null ? 'default' : 'pointer';
    tell(active);
  });
  element.addEventListener('pointerup', (event) => {
    const start = from;
    from = null;
    show(box, false);
    if (!start) return;
    const to = placeAt(event);
    if (isDrag && targets.select) {
      targets.select(start, to);
      return;
    }
    const index = targets.at(to);
    if (index === null) targets.clear();
    else targets.open(index);
  });
  element.addEventListener('pointercancel', () => {
    from = null;
    show(box, false);
  });
  element.addEventListener('pointerleave', () => {
    if (!from) hide();
  });
  element.addEventListener('blur', hide);
  element.addEventListener('keydown', (event) => {
    const last = targets.count() - 1;
    if (last < 0) return;
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: (active ?? -1) + 1,
      ArrowUp: (active ?? -1) + 1,
      ArrowLeft: (active ?? 1) - 1,
      ArrowDown: (active ?? 1) - 1,
      Home: 0,
      End: last,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      active = Math.max(0, Math.min(last, step));
      tell(active);
    } else if ((event.key === 'Enter' || event.key === ' ') && active !== null) targets.open(active);
    else if (event.key === 'Escape') {
      hide();
      targets.clear();
    } else return;
    event.preventDefault();
  });
  return {
    refresh: () => {
      if (active !== null) tell(active < targets.count() ? active : null);
    },
  };
}
