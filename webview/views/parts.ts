import { el, setChildren, setText, show } from '../dom.ts';
import type { FromPanel, PanelState, ToPanel } from '../../src/protocol/panelMessages.ts';

/** One panel's page. It is made once and changed in place, so that focus, scroll positions and selections survive. */
export interface View {
  readonly element: HTMLElement;
  readonly receive: (message: ToPanel) => void;
}

export interface ViewContext {
  readonly post: (message: FromPanel) => void;
  /** What the view kept before a reload; untrusted. */
  readonly saved: unknown;
  readonly save: (view: unknown) => void;
}

type Headline = Extract<PanelState, { panel: 'job' }>['headline'];

/** The sentence a panel opens with; its first sentence stands out when evidence follows. */
export class HeadlineBar {
  readonly element = el('p', { class: 'headline', attributes: { role: 'status' } });
  #text = '';

  set({ tone, text }: Headline): void {
    this.element.className = `headline ${tone}`;
    if (text === this.#text) return;
    this.#text = text;
    const end = /[.!?]\s+(?=\S)/u.exec(text);
    setChildren(
      this.element,
      end === null
        ? [text]
        : [el('strong', {}, [text.slice(0, end.index + 1)]), ` ${text.slice(end.index + end[0].length)}`],
    );
  }
}

export function heading(
  level: 'h2' | 'h3',
  text: string,
): { readonly element: HTMLElement; readonly note: HTMLElement } {
  const note = el('span', { class: 'dim' });
  return { element: el(level, {}, [el('span', {}, [text]), ' ', note]), note };
}

/** A message in a conversation, word for word. */
export function message(role: string, text: string): HTMLElement {
  return el('div', { class: 'message' }, [
    el('div', { class: 'role' }, [role]),
    el('pre', { class: 'text' }, [text === '' ? ' ' : text]),
  ]);
}

/** Replaces what is awaited by words: an empty place that says nothing looks broken. */
export class Placeholder {
  readonly element = el('p', { class: 'placeholder' });

  set(text: string | null): void {
    show(this.element, text !== null);
    if (text !== null) setText(this.element, text);
  }
}

const STATUS_WORDS: Readonly<Record<string, { readonly word: string; readonly tone: string }>> = {
  validating_files: { word: 'validating files', tone: 'neutral' },
  queued: { word: 'queued', tone: 'neutral' },
  running: { word: 'running', tone: 'active' },
  paused: { word: 'paused', tone: 'warning' },
  succeeded: { word: 'succeeded', tone: 'good' },
  failed: { word: 'failed', tone: 'bad' },
  cancelled: { word: 'cancelled', tone: 'neutral' },
  interrupted: { word: 'interrupted', tone: 'warning' },
  finished: { word: 'finished', tone: 'good' },
};

export function setBadge(badge: HTMLElement, status: string): void {
  const known = Object.hasOwn(STATUS_WORDS, status) ? STATUS_WORDS[status] : undefined;
  const { word, tone } = known ?? { word: status.replaceAll('_', ' '), tone: 'neutral' };
  badge.className = `badge ${tone}`;
  setText(badge, word);
}
