import { button } from './components.ts';
import { el, setAttribute, show, type Child } from './dom.ts';

let popovers = 0;

export interface PopoverHandle {
  /** The button and what it opens. */
  readonly element: HTMLElement;
  readonly setLabel: (label: string) => void;
  readonly open: () => void;
  readonly close: () => void;
}

/** A button that opens a box with further controls over the page. Escape and a press elsewhere close it. `name`: of the box. */
export function popover(label: string, name: string, content: readonly Child[]): PopoverHandle {
  popovers += 1;
  const id = `popover-${popovers}`;
  const box = el(
    'div',
    { class: 'popover', attributes: { id, role: 'group', tabindex: -1, 'aria-label': name } },
    content,
  );
  const opener = button(label, 'secondary', () => {
    toggle(box.hidden !== false);
  });
  const element = el('span', { class: 'popover-place' }, [opener.element, box]);
  setAttribute(opener.element, 'aria-controls', id);

  function toggle(isOpen: boolean): void {
    show(box, isOpen);
    setAttribute(opener.element, 'aria-expanded', isOpen ? 'true' : 'false');
    if (!isOpen) return;
    // It opens towards the side that has room for it.
    box.classList.remove('to-left');
    const { right } = box.getBoundingClientRect();
    box.classList.toggle('to-left', right > document.documentElement.clientWidth);
  }

  toggle(false);
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || box.hidden) return;
    toggle(false);
    opener.element.focus();
    event.stopPropagation();
  });
  // Pressed elsewhere, or left with the tab key.
  document.addEventListener('pointerdown', (event) => {
    if (!box.hidden && event.target instanceof Node && !element.contains(event.target)) toggle(false);
  });
  element.addEventListener('focusout', (event) => {
    if (event.relatedTarget instanceof Node && !element.contains(event.relatedTarget)) toggle(false);
  });
  return {
    element,
    setLabel: opener.setLabel,
    open: () => {
      toggle(true);
      box.focus();
    },
    close: () => {
      toggle(false);
    },
  };
}
