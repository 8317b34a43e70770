import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChecker } from '../../../../../src/core/dataset/check/checker.ts';
import { rowOf, rowOfLine, unitsOfRow, type DataRow } from '../../../../../src/core/dataset/compare/row.ts';
import type { RawLine } from '../../../../../src/core/jsonl/lines.ts';
import { createLineCounter, exampleTokens } from '../../../../../src/core/tokens/count.ts';
import { o200k } from '../../../../../src/local/tokens.ts';

const encoder = new TextEncoder();

/** A line in the middle of a file and of its memory, as the reader hands it over. */
function rawLine(text: string, before: number): RawLine {
  const bytes = encoder.encode(`${' '.repeat(before)}${text}\n{"messages"`);
  const length = encoder.encode(text).length;
  return { number: 2, offset: 1000, byteLength: length, bytes: bytes.subarray(before, before + length) };
}

function startedChecker() {
  const checker = createChecker({ accept: 'any', minExamples: 0 });
  checker.line({
    ...rawLine('{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}', 0),
    number: 1,
  });
  return checker;
}

/** Texts that have everything that is read in a way of its own: escapes, white space of all sorts, capitals of many scripts. */
const piece = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 10 }),
  fc.string({ unit: 'binary', maxLength: 10 }),
  fc.constantFrom(
    '\n',
    '\t ',
    '\r\n',
    '"',
    '\\',
    '\u00a0',
    '\u3000',
    '\ufeff',
    '\u2028',
    '\u0085',
    '  ',
    'ΣΑΣ',
    'İI',
    'ẞß',
    '𐐀',
    '😀',
    'Ⅷ',
    'ǅ',
    '한',
    '\u200b',
    '/',
  ),
);
const text = fc.array(piece, { minLength: 1, maxLength: 12 }).map((pieces) => pieces.join(''));

/** JSON that writes some characters as escapes that need not be. */
function escaped(json: string, every: number): string {
  const escape = (character: string): string =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('');
  return json.replace(/[^\x20-\x7e]/gu, (character, index: number) =>
    index % every === 0
      ? escape(character)
      : index % every === 1
        ? escape(character).toUpperCase().replaceAll('U', 'u')
        : character,
  );
}

const figures = (row: DataRow | null) =>
  row === null
    ? null
    : {
        exact: row.exact,
        prompt: row.prompt,
        answer: row.answer,
        answerText: row.answerText,
        wholeText: row.wholeText,
        promptText: row.promptText,
        units: (['whole', 'prompt'] as const).map((part) => {
          const { units, length } = unitsOfRow(row, part);
          return String.fromCharCode(...units.subarray(0, length));
        }),
      };

describe('a row made of a line’s bytes', () => {
  it('is that of its text, and its tokens are those of its example', () => {
    let quick = 0;
    const countLine = createLineCounter(o200k());
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 5 }),
        text,
        fc.boolean(),
        fc.nat(9),
        fc.integer({ min: 1, max: 5 }),
        (contents, system, withSystem, before, every) => {
          const messages = contents.flatMap((content, n) => [
            { role: 'user', content },
            { role: 'assistant', content: contents[contents.length - 1 - n] },
          ]);
          if (withSystem) messages.unshift({ role: 'system', content: system });
          const json = escaped(JSON.stringify({ messages }), every);
          const line = startedChecker().line(rawLine(json, before));
          if (line.messages !== null) quick += 1;
          if (line.example === null) return;
          const row = figures(rowOfLine(line));
          expect(row).toEqual(figures(rowOf(json)));
          expect(countLine(line)).toEqual(exampleTokens(line.example, o200k()));
        },
      ),
      { numRuns: 3000 },
    );
    // Else nothing was tried.
    expect(quick).toBeGreaterThan(1000);
  });

  it('tells apart what differs in any part, and nothing else', () => {
    const of = (messages: readonly object[]): DataRow | null =>
      rowOfLine(startedChecker().line(rawLine(JSON.stringify({ messages }), 0)));
    const chat = (system: string, user: string, answer: string) =>
      of([
        { role: 'system', content: system },
        { role: 'user', content: user },
        { role: 'assistant', content: answer },
      ]);
    const rows = [
      chat('s', 'q', 'a'),
      chat('s', 'q', 'b'),
      chat('s', 'qa', 'a'),
      chat('sq', 'q', 'a'),
      chat('q', 's', 'a'),
      of([
        { role: 'user', content: 'q' },
        { role: 'assistant', content: 'a' },
      ]),
      of([
        { role: 'user', content: 's' },
        { role: 'assistant', content: 'q' },
        { role: 'user', content: 'x' },
        { role: 'assistant', content: 'a' },
      ]),
    ];
    expect(new Set(rows.map((row) => row?.exact)).size).toBe(rows.length);
    expect(rows[0]?.prompt).toBe(rows[1]?.prompt);
    expect(rows[0]?.answer).toBe(rows[2]?.answer);
    expect(chat('s ', '\u3000q\n', ' a')?.exact).toBe(rows[0]?.exact);
    expect(
      of([
        { role: 'system', content: 's' },
        { role: 'assistant', content: 'a' },
      ])?.prompt,
    ).toBeNull();
  });

  it('refuses to give texts once another line has been checked', () => {
    const checker = startedChecker();
    const json = '{"messages":[{"role":"user","content":"first"},{"role":"assistant","content":"answer"}]}';
    const line = checker.line(rawLine(json, 0));
    const row = rowOfLine(line);
    expect(row?.answerText).toBe('answer');
    checker.line(rawLine(json.replace('first', 'other'), 0));
    expect(() => row?.wholeText).toThrow(/Another line/);
    expect(line.messages).toBeNull();
    // What the bytes still say is read from them.
    expect(line.example?.messages[0]?.content).toBe('first');
    expect(row?.exact).toBe(rowOf(json)?.exact);
  });
});
