// What others wrote, on its way to each place where people read it. The surfaces belong to several layers and are held
// together here: a character that one of them takes for hidden is hidden everywhere.
import { describe, expect, it, vi } from 'vitest';
import { visible } from '../../../../src/cli/terminal.ts';
import { untrustedText } from '../../../../src/core/base/untrustedText.ts';
import { logLine } from '../../../../src/extension/ui/logLine.ts';
import { plainText } from '../../../../src/extension/ui/plainText.ts';
import { visibleLine, visibleText } from '../../../../webview/visibleText.ts';
import { bigList, HIDDEN, HIDDEN_CHARACTERS, OWN_STRINGS, USEFUL_TEXTS } from '../../../support/naughtyStrings.ts';

// Only notifications need it, and none is shown here.
vi.mock('vscode', () => ({}));
const { inert } = await import('../../../../src/extension/ui/errors.ts');

/** `lines`: whether line breaks and tabs have a use there. */
const SURFACES: readonly { readonly name: string; readonly show: (text: string) => string; readonly lines: boolean }[] =
  [
    { name: 'sentences', show: (text) => untrustedText(text), lines: false },
    { name: 'notifications', show: inert, lines: false },
    { name: 'quick picks and trees', show: plainText, lines: false },
    { name: 'terminals', show: visible, lines: false },
    { name: 'the log', show: logLine, lines: true },
    { name: 'pages', show: visibleText, lines: true },
    { name: 'cells of pages', show: visibleLine, lines: false },
  ];

describe.each(SURFACES)('$name', ({ show, lines }) => {
  it.each(HIDDEN_CHARACTERS)('leave no %s as it is', (_, character) => {
    // Neither between characters, nor between letters, nor at the ends, nor several in a row.
    for (const text of [`1${character}2`, `a${character}b`, `${character}x${character}`, `x${character.repeat(3)}y`])
      expect(show(text)).not.toContain(character);
  });

  it.each([
    ['nothing', '\u{1f469}\u200d'],
    ['a digit', '\u{1f469}\u200d1'],
    ['a Latin letter', '\u0628\u200ca'],
    ['another joiner', '\u0628\u200c\u200c\u0628'],
  ])('leave no joiner between what it can join and %s', (_, text) => {
    expect(show(text)).not.toMatch(/[\u200c\u200d]/);
  });

  it.each(USEFUL_TEXTS)('leave %s alone', (_, text) => {
    expect(show(text)).toBe(text);
  });

  it('leave no hidden character of a string that tries to become something else', () => {
    for (const text of [...OWN_STRINGS, ...(bigList() ?? [])]) {
      const shown = lines ? show(text).replace(/[\t\n]/g, '') : show(text);
      expect(shown).not.toMatch(HIDDEN);
      for (const [, character] of HIDDEN_CHARACTERS)
        if (character !== '\u200c' && character !== '\u200d') expect(shown.split(/(?:)/u)).not.toContain(character);
    }
  });

  it('decide about line breaks and tabs, and about nothing else', () => {
    expect(/[\n\t]/.test(show('a\nb\tc'))).toBe(lines);
  });
});

describe('text of others in a sentence of ours', () => {
  it('is one line of at most so many characters, cut between characters', () => {
    expect(untrustedText('x'.repeat(300))).toBe('x'.repeat(300));
    expect(untrustedText('x'.repeat(301))).toBe(`${'x'.repeat(299)}…`);
    expect(untrustedText('12345', [], 5)).toBe('12345');
    // A pair stands in the middle, whole; only one at the cut would be halved.
    expect(untrustedText(`a😀${'x'.repeat(20)}`, [], 10)).toBe(`a😀${'x'.repeat(6)}…`);
    expect(untrustedText(`${'x'.repeat(8)}😀xx`, [], 10)).toBe(`${'x'.repeat(8)}…`);
  });

  it('is looked for in the beginning only: a long text costs no time', () => {
    expect(untrustedText(`${' '.repeat(79)}xx`, [], 10)).toBe('x');
    expect(untrustedText(`${' '.repeat(80)}xx`, [], 10)).toBe('');
  });

  it('shows half a character as a sign for it, and hidden ones as one blank', () => {
    expect(untrustedText('a\ud800b')).toBe('a\ufffdb');
    expect(untrustedText('a\u200b\u202e\u0007b')).toBe('a b');
    expect(untrustedText('a \u200b b')).toBe('a b');
    expect(untrustedText('\n\ta\u2028')).toBe('a');
  });

  it('has no keys', () => {
    expect(untrustedText('Stryker was here')).toBe('Stryker was here');
    expect(untrustedText('it is 12345678', ['12345678'])).toBe('it is [redacted]');
    expect(untrustedText('key sk-abcdefgh')).toBe('key [redacted]');
  });
});
