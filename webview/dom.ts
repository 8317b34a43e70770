// Makes all elements of the pages. Text goes in as text nodes and attributes, with hidden characters made visible:
// nothing that comes from a dataset, a model or a server is ever read as HTML.
import { visibleText } from './visibleText.ts';

export type Child = Node | string | number | null;

export interface Props {
  readonly class?: string;
  /** Attributes; `true` sets an empty one, `false` and null none. */
  readonly attributes?: Readonly<Record<string, string | number | boolean | null>>;
  readonly on?: Readonly<Record<string, (event: Event) => void>>;
}

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  children: readonly Child[] = [],
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (props.class !== undefined) element.className = props.class;
  for (const [name, value] of Object.entries(props.attributes ?? {})) setAttribute(element, name, value);
  for (const [name, listener] of Object.entries(props.on ?? {})) element.addEventListener(name, listener);
  for (const child of children) append(element, child);
  return element;
}

export function setAttribute(element: Element, name: string, value: string | number | boolean | null): void {
  if (value === null || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? '' : visibleText(String(value)));
}

/** Replaces the content; leaves it alone when it is the same text already, so that selections survive. */
export function setText(element: Element, text: string): void {
  const shown = visibleText(text);
  if (element.textContent !== shown) element.textContent = shown;
}

export function setChildren(element: Element, children: readonly Child[]): void {
  element.replaceChildren();
  for (const child of children) append(element, child);
}

export function show(element: HTMLElement, shown: boolean): void {
  element.hidden = !shown;
}

function append(element: Element, child: Child): void {
  if (child === null) return;
  element.append(child instanceof Node ? child : document.createTextNode(visibleText(String(child))));
}
