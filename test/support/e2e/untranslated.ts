// Texts that were never looked up, found in a window that speaks the pseudo-locale.
import type { FrameLocator, Locator } from 'playwright-core';

/** Text that stays as it is in every language. The tests' own files and words have `zq` in their names. */
const DATA: readonly RegExp[] = [
  /[\w./:-]*zq[\w./:-]*/gi,
  // Names and ids of the local provider.
  /\blocal-linear-1\b|\bft:[\w.:-]+|\b(?:ftjob|file|run)-\w+|\bLocal\b/g,
  // `Intl` writes the pseudo-locale as English.
  /\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d+, \d{4}(?:, \d+:\d+\s[AP]M)?/g,
];

/**
 * Words of a text that no translation made: those outside of ⟦ ⟧, and those inside that have vowels without an accent, which are
 * English parameters of a translated sentence.
 * @param known texts that are data or VS Code's own on this surface
 */
export function untranslated(text: string, known: readonly RegExp[] = []): readonly string[] {
  const left = [...DATA, ...known].reduce((rest, pattern) => rest.replaceAll(pattern, ' '), text);
  const words: string[] = [];
  let depth = 0;
  for (const [part] of left.matchAll(/[⟦⟧]|\p{L}[\p{L}\p{M}'’]*/gu)) {
    if (part === '⟦') depth++;
    else if (part === '⟧') depth = Math.max(0, depth - 1);
    else if (depth === 0 || /[aeiouAEO]/.test(part)) words.push(part);
  }
  return words;
}

/** One text of a surface, as it is reported: `Jobs: running (3 epochs)`. */
const reported = (surface: string, text: string, words: readonly string[]): string =>
  `${surface}: ${text.replace(/\s+/g, ' ').trim().slice(0, 160)} [${words.join(' ')}]`;

/**
 * Every text below these elements that was never looked up: visible text by its block, and names for screen readers, tooltips and
 * placeholders.
 */
export async function untranslatedIn(
  surface: string,
  root: Locator,
  known: readonly RegExp[] = [],
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const text of await root.evaluateAll(textsOf)) {
    const words = untranslated(text, known);
    if (words.length > 0) found.add(reported(surface, text, words));
  }
  return [...found];
}

/** Texts of a panel that were never looked up, and those that do not fit where they are. */
export async function untranslatedInPanel(
  surface: string,
  panel: FrameLocator,
  known: readonly RegExp[] = [],
): Promise<readonly string[]> {
  const cut = await panel.locator('body').evaluate(cutOff);
  return [
    ...(await untranslatedIn(surface, panel.locator('body'), known)),
    ...cut.map((text) => `${surface}, cut off: ${text}`),
  ];
}

/** Runs in the page. One text a block: a sentence may be spread over links and emphasized words. */
function textsOf(roots: readonly (Element | SVGElement)[]): string[] {
  const texts: string[] = [];
  const isInline = (element: Element): boolean => getComputedStyle(element).display.startsWith('inline');
  const visit = (element: Element, add: (text: string) => void): void => {
    const style = getComputedStyle(element);
    if (style.display === 'none' || style.visibility === 'hidden') return;
    if (['SCRIPT', 'STYLE'].includes(element.tagName)) return;
    for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-valuetext']) {
      const text = element.getAttribute(name);
      if (text !== null && text !== '') texts.push(text);
    }
    for (const child of element.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) add(child.textContent ?? '');
      else if (child instanceof Element) {
        if (isInline(child)) {
          visit(child, add);
        } else {
          let inner = '';
          visit(child, (text) => (inner += text));
          if (inner.trim() !== '') texts.push(inner);
        }
      }
    }
  };
  for (const root of roots) {
    let own = '';
    visit(root, (text) => (own += text));
    if (own.trim() !== '') texts.push(own);
  }
  return texts;
}

/** Runs in the page: texts of elements that are narrower than they are, but for those that end in an ellipsis or scroll. */
function cutOff(body: Element): string[] {
  const texts: string[] = [];
  for (const element of body.querySelectorAll('*')) {
    const own = [...element.childNodes].some(
      (child) => child.nodeType === Node.TEXT_NODE && (child.textContent ?? '').trim() !== '',
    );
    if (!own || element.scrollWidth <= element.clientWidth + 1 || element.clientWidth === 0) continue;
    const style = getComputedStyle(element);
    if (style.display === 'inline' || style.textOverflow === 'ellipsis') continue;
    if (style.overflowX === 'auto' || style.overflowX === 'scroll') continue;
    texts.push((element.textContent ?? '').trim().slice(0, 100));
  }
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth + 1) texts.push('the page is wider than its panel');
  return texts;
}
