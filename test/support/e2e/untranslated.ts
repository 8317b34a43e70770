// Texts that were never looked up, found in a window that speaks the pseudo-locale.
import type { FrameLocator, Locator } from 'playwright-core';

/** Text that stays as it is in every language. The tests' own files and words have `zq` in their names. */
const DATA: readonly RegExp[] = [
  // `Intl` joins lists in the pseudo-locale as in English.
  /(?<=[\w⟧]),? (?:and|or) (?=⟦|zq)/g,
  /[\w./:-]*zq[\w./:-]*/gi,
  // Names and ids of the local provider.
  /\blocal-linear-1\b|\bft:[\w.:-]+|\b(?:ftjob|file|run)-\w+|\bLocal\b/g,
  /\bgpt-[\w.-]+/g,
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

/** Where texts are looked for. */
export interface Surface {
  /** How it is called in the report. */
  readonly name: string;
  /** Texts that are data or VS Code's own here. */
  readonly known?: readonly RegExp[];
  /** Selector of elements that hold nothing but data. */
  readonly skip?: string;
  /** false: names for screen readers and tooltips are made by VS Code. */
  readonly names?: boolean;
}

/**
 * Every text of these elements that was never looked up, by its block: visible text, placeholders, names for screen readers and
 * tooltips.
 */
export async function untranslatedIn(surface: Surface, root: Locator): Promise<readonly string[]> {
  const found = new Set<string>();
  const { name, known = [], skip = '', names = true } = surface;
  const attributes = names ? ['placeholder', 'aria-label', 'aria-valuetext', 'title', 'alt'] : ['placeholder'];
  for (const text of await root.evaluateAll(textsOf, { skip, attributes })) {
    const words = untranslated(text, known);
    const line = text.replace(/\s+/g, ' ').trim().slice(0, 160);
    if (words.length > 0) found.add(`${name}: ${line} [${words.join(' ')}]`);
  }
  return [...found];
}

/** The same in a panel, and texts that do not fit where they are. */
export async function untranslatedInPanel(surface: Surface, panel: FrameLocator): Promise<readonly string[]> {
  const body = panel.locator('body');
  const cut = await body.evaluate(cutOff);
  return [...(await untranslatedIn(surface, body)), ...cut.map((text) => `${surface.name}, cut off: ${text}`)];
}

/** Runs in the page. One text a block: a sentence may be spread over links and emphasized words. */
function textsOf(
  roots: readonly (Element | SVGElement)[],
  { skip, attributes }: { readonly skip: string; readonly attributes: readonly string[] },
): string[] {
  const texts: string[] = [];
  const visit = (element: Element, add: (text: string) => void): void => {
    const style = getComputedStyle(element);
    if (style.display === 'none' || style.visibility === 'hidden') return;
    if (['SCRIPT', 'STYLE'].includes(element.tagName) || (skip !== '' && element.matches(skip))) return;
    for (const name of attributes) {
      const text = element.getAttribute(name);
      if (text !== null && text !== '') texts.push(text);
    }
    for (const child of element.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) add(child.textContent ?? '');
      if (!(child instanceof Element)) continue;
      if (getComputedStyle(child).display === 'inline') {
        add(' ');
        visit(child, add);
        add(' ');
      } else {
        block(child);
      }
    }
  };
  const block = (element: Element): void => {
    let inner = '';
    visit(element, (text) => (inner += text));
    if (inner.trim() !== '') texts.push(inner);
  };
  for (const root of roots) block(root);
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
    // For screen readers only.
    if (element.clientWidth === 1) continue;
    const style = getComputedStyle(element);
    if (style.display === 'inline' || style.textOverflow === 'ellipsis') continue;
    if (style.overflowX === 'auto' || style.overflowX === 'scroll') continue;
    texts.push(element.textContent.trim().slice(0, 100));
  }
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth + 1) texts.push('the page is wider than its panel');
  return texts;
}
