import { el, setChildren, show, type Child } from '../../dom.ts';

/** Pixels between the pointer and the tooltip. */
const GAP = 14;

/** Figures at the pointer. It is fixed over the page, so that nothing moves when it comes, and lets every click through. */
export class Tooltip {
  readonly element = el('div', { class: 'tip figures', attributes: { 'aria-hidden': 'true' } });

  constructor() {
    show(this.element, false);
  }

  /** `x`, `y`: pixels of the window. */
  show(x: number, y: number, children: readonly Child[]): void {
    setChildren(this.element, children);
    show(this.element, true);
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const { clientWidth, clientHeight } = document.documentElement;
    const left = x + GAP + width > clientWidth ? x - GAP - width : x + GAP;
    this.element.style.left = `${Math.max(0, left)}px`;
    this.element.style.top = `${Math.max(0, Math.min(y + GAP, clientHeight - height))}px`;
  }

  hide(): void {
    show(this.element, false);
  }
}
