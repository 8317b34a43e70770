import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibleLine, visibleText } from '../../../webview/visibleText.ts';
import { HIDDEN_CHARACTER } from '../../support/webviewHarness/payloads.ts';

describe('visible text', () => {
  it.each([
    ['right-to-left override', 'access\u202egpj.exe', 'access\\u202egpj.exe'],
    ['isolates', 'a\u2066b\u2069c', 'a\\u2066b\\u2069c'],
    ['zero-width space', 'pass\u200bword', 'pass\\u200bword'],
    ['byte order mark', '\ufeffkey', '\\ufeffkey'],
    ['soft hyphen', 'co\u00adoperate', 'co\\u00adoperate'],
    ['null and escape', 'a\u0000b\u001b[31m', 'a\\u0000b\\u001b[31m'],
    ['C1 control', 'a\u0085b', 'a\\u0085b'],
    ['line separator', 'a\u2028b', 'a\\u2028b'],
    ['tag characters', 'a\u{e0041}b', 'a\\u{e0041}b'],
    ['lone surrogate', 'a\ud800b', 'a\\ud800b'],
    ['lone carriage return', 'a\rb', 'a\\u000db'],
    ['joiner between plain characters', '1\u200d2', '1\\u200d2'],
  ])('shows a %s as an escape', (_, text, expected) => {
    expect(visibleText(text)).toBe(expected);
  });

  it.each([
    ['plain text', 'Price is $12.50'],
    ['tabs and newlines', 'a\tb\nc'],
    ['other scripts', 'Größe 価格 سعر מחיר'],
    ['joiners of Persian', 'می\u200cخواهم'],
    ['emoji of several parts', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u{1f44d}\u{1f3fd} \u2764\ufe0f'],
    ['markup', '<script>alert(1)</script>'],
  ])('leaves %s alone', (_, text) => {
    expect(visibleText(text)).toBe(text);
  });

  it('takes a Windows line end for a line end', () => {
    expect(visibleText('a\r\nb')).toBe('a\nb');
  });

  it('lets no reordering or control character through, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(visibleText(text)).not.toMatch(HIDDEN_CHARACTER);
      }),
    );
  });

  it('does not escape twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(visibleText(visibleText(text))).toBe(visibleText(text));
      }),
    );
  });

  it('puts a text on one line', () => {
    expect(visibleLine('  How much?\n\n\tA lamp\u202e ')).toBe('How much? A lamp\\u202e');
  });
});
