// Markup of the document. Everything that is not markup goes through `text` or an attribute, so nothing from outside becomes markup.
import { untrustedText } from '../base/untrustedText.ts';

/** Markup that is safe: made by `el` and `text` only. */
export type Html = string & { readonly html: true };

/** A space between elements: texts lose those at their ends. */
export const SPACE = ' ' as Html;

/** Hash that wraps where it must, or a dash. */
export function hash(sha256: string | null): Html {
  return sha256 === null ? text('–') : el('code', { class: 'hash' }, text(sha256));
}

export function table(heads: readonly string[], rows: readonly (readonly Html[])[]): Html {
  return el(
    'div',
    { class: 'scroll' },
    el(
      'table',
      {},
      el('thead', {}, el('tr', {}, ...heads.map((head) => el('th', { scope: 'col' }, text(head))))),
      el('tbody', {}, ...rows.map((cells) => el('tr', {}, ...cells.map((cell) => el('td', {}, cell))))),
    ),
  );
}

const VOID = new Set(['br']);

/** Element; attributes are escaped. */
export function el(tag: string, attributes: Readonly<Record<string, string>>, ...children: readonly Html[]): Html {
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(value)}"`);
  const open = `<${tag}${written.join('')}>`;
  return (VOID.has(tag) ? open : `${open}${children.join('')}</${tag}>`) as Html;
}

/** Text of a person or a server: no markup, and no hidden characters. */
export function text(content: string): Html {
  return escaped(content) as Html;
}

/** Text inside markup or a double-quoted attribute. */
export function escaped(content: string): string {
  return untrustedText(content, [], 4000)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}
