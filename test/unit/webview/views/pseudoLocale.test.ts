// In a language made of bracketed sentences, text outside of brackets was never looked up.
import { beforeAll, describe, expect, it } from 'vitest';
import { PSEUDO_LOCALE, pseudo, pseudoBundle } from '../../../../scripts/lib/pseudoLocale.ts';
import type { Language } from '../../../../src/core/base/messages.ts';
import { isPointTable } from '../../../../src/core/training/curves/pointTable.ts';
import { ROLES } from '../../../../src/core/dataset/example.ts';
import { CASES } from '../../../support/webviewHarness/cases.ts';
import type { PanelPage } from '../../../support/webviewHarness/harness.ts';
import { evaluationState } from '../../../support/webviewHarness/states.ts';
import { usePanels } from '../../../support/webviewHarness/usePanels.ts';

const open = usePanels();
let language: Language;

beforeAll(() => {
  language = { locale: PSEUDO_LOCALE, translations: pseudoBundle() };
});

/** Fields whose values are words of the protocol, which the pages have sentences for. */
const WIRE_FIELDS: ReadonlySet<string> = new Set([
  'panel',
  'type',
  'status',
  'kind',
  'grader',
  'tone',
  'colour',
  'severity',
  'role',
  'level',
  'leftOut',
  'finishReason',
  'state',
  'scale',
  'primary',
  'verdict',
  'decimalMark',
]);

/** The same value with underscores for the letters of its texts: whatever letters a page then shows are its own. */
function data<T>(value: T, field = ''): T {
  if (typeof value === 'string') return (WIRE_FIELDS.has(field) ? value : value.replace(/\p{L}/gu, '_')) as T;
  // Columns are no texts, and the names of their metrics are words of the protocol.
  if (isPointTable(value)) return value;
  if (Array.isArray(value)) return value.map((entry: unknown) => data(entry, field)) as T;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  // Names of series are words of the protocol, too.
  if ('values' in value && ArrayBuffer.isView(value.values)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, data<unknown>(entry, key)])) as T;
}

/** All texts of a page: its elements, their attributes, and its charts. */
async function textsOf(panel: PanelPage): Promise<readonly string[]> {
  const texts = await panel.page.evaluate(() => {
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node instanceof Element) {
        for (const name of ['aria-label', 'aria-valuetext', 'title', 'placeholder', 'alt'])
          found.push(node.getAttribute(name) ?? '');
      } else if (node.parentElement?.localName !== 'script') found.push(node.textContent ?? '');
    }
    return found;
  });
  return [...texts, ...(await panel.drawn())];
}

/** Texts with letters outside of brackets; powers of ten and the roles of messages are no words of ours. */
function unbracketed(texts: readonly string[]): readonly string[] {
  return texts.filter((text) => {
    let rest = text.trim().replace(/\d[eE][+−-]?\d/g, '');
    if ((ROLES as readonly string[]).includes(rest)) return false;
    for (let inner = ''; inner !== rest;) {
      inner = rest;
      rest = rest.replace(/⟦[^⟦⟧]*⟧/gu, '');
    }
    return /\p{L}/u.test(rest);
  });
}

describe.each(CASES)('$name', ({ state, act }) => {
  it('says every text of its own in the language of the window', async () => {
    const panel = await open(data(state), { language });
    await act?.(panel, { say: pseudo, data });
    const texts = await textsOf(panel);
    // A page that refused its state has no heading.
    expect(await panel.page.locator('h1').count()).toBe(1);
    expect(texts.some((text) => text.includes('⟦'))).toBe(true);
    expect(unbracketed(texts)).toEqual([]);
    expect(panel.complaints).toEqual([]);
  });
});

describe('the search for such texts', () => {
  it('finds those of an English page, in its elements, attributes and charts', async () => {
    const panel = await open(data(evaluationState(100)));
    const found = unbracketed(await textsOf(panel));
    expect(found).toContain('finished');
    expect(found).toContain('Contestants');
    expect(found).toContain('Ground Truth');
  });
});
