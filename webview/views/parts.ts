import { t } from '../../src/core/base/messages.ts';
import { el, setChildren, setText, show } from '../dom.ts';
import type { FromPanel, PanelState, ToPanel } from '../../src/protocol/panelMessages.ts';

/** One panel's page. It is made once and changed in place, so that focus, scroll positions and selections survive. */
export interface View {
  readonly element: HTMLElement;
  readonly receive: (message: ToPanel) => void;
}

export interface ViewContext {
  readonly post: (message: FromPanel) => void;
  /** State that the view kept before a reload; untrusted. */
  readonly saved: unknown;
  readonly save: (view: unknown) => void;
}

type Headline = Extract<PanelState, { panel: 'job' }>['headline'];

/** The text a panel opens with; its first sentence is bold when evidence follows. */
export class HeadlineBar {
  readonly element = el('p', { class: 'headline', attributes: { role: 'status' } });
  #text = '';

  /** `strong`: the part of the text that is bold, null: nothing is; by default the first of several sentences. */
  set({ tone, text, strong }: Headline & { readonly strong?: string | null }): void {
    this.element.className = `headline ${tone}`;
    const bold = strong === undefined ? (/^.*?[.!?](?=\s+\S)/su.exec(text)?.[0] ?? null) : strong;
    const signature = JSON.stringify([bold, text]);
    if (signature === this.#text) return;
    this.#text = signature;
    const at = bold === null ? -1 : text.indexOf(bold);
    setChildren(
      this.element,
      bold === null || at < 0 ? [text] : [text.slice(0, at), el('strong', {}, [bold]), text.slice(at + bold.length)],
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

/** Words in the place of content that has not arrived: an empty place looks broken. */
export class Placeholder {
  readonly element = el('p', { class: 'placeholder' });

  set(text: string | null): void {
    show(this.element, text !== null);
    if (text !== null) setText(this.element, text);
  }
}

function wordOf(status: string): { readonly word: string; readonly tone: string } {
  switch (status) {
    case 'validating_files':
      return { word: t('validating files'), tone: 'neutral' };
    case 'queued':
      return { word: t('queued'), tone: 'neutral' };
    case 'running':
      return { word: t('running'), tone: 'active' };
    case 'paused':
      return { word: t('paused'), tone: 'warning' };
    case 'succeeded':
      return { word: t('succeeded'), tone: 'good' };
    case 'failed':
      return { word: t('failed'), tone: 'bad' };
    case 'cancelled':
      return { word: t('canceled'), tone: 'neutral' };
    case 'interrupted':
      return { word: t('interrupted'), tone: 'warning' };
    case 'finished':
      return { word: t('finished'), tone: 'good' };
    case 'stopped-early':
      return { word: t('stopped early'), tone: 'good' };
    default:
      return { word: status.replaceAll('_', ' '), tone: 'neutral' };
  }
}

export function setBadge(badge: HTMLElement, status: string): void {
  const { word, tone } = wordOf(status);
  badge.className = `badge ${tone}`;
  setText(badge, word);
}
