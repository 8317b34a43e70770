// Lines of one thing again and again: whatever looks at them is done in no time, and nothing overflows.
import { describe, expect, it } from 'vitest';
import { createChecker } from '../../../../../src/core/dataset/check/checker.ts';
import { fixLine } from '../../../../../src/core/dataset/check/fixes.ts';
import { rowOf } from '../../../../../src/core/dataset/compare/row.ts';
import { createLineSplitter } from '../../../../../src/core/jsonl/lines.ts';
import { cpuMs } from '../../../../support/cpuTime.ts';

/** Patterns are compiled differently for texts above 4,096 characters: one that was fast below took half a minute there. */
const LENGTH = 6000;
/** A pattern that tries every way to cut a text takes minutes; the limit allows for a busy machine. */
const MOST_MS = 3000;

const row = (question: string, answer = 'a'): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ],
  });

function check(text: string): number {
  const checker = createChecker({ accept: 'any' });
  const splitter = createLineSplitter();
  const lines = [...splitter.push(new TextEncoder().encode(text)), ...splitter.end()];
  return lines.flatMap((line) => [...checker.line(line).findings]).length + checker.end().findings.length;
}

describe('lines of one thing again and again', () => {
  it.each(
    [
      '\0',
      ' ',
      '{',
      '[',
      '"',
      '\\',
      'a',
      'a b',
      '1 ',
      '.',
      '-',
      '_',
      '@',
      'a@',
      'a.',
      'sk-',
      '<|',
      'é',
      '\ud800',
      '?a=',
    ].concat([
      '{}',
      '[{',
      '}',
      '"a",',
      '{"a":',
      '//',
      '/*',
      '\\u',
      'key=',
      'password ',
      'eyJ',
      'https://a@',
      'a:b@',
      'word,',
      'x;',
    ]),
  )('%j', (unit) => {
    const text = unit.repeat(Math.ceil(LENGTH / unit.length));
    const lines = [
      text,
      row(text),
      row('q', text),
      row(text).slice(0, -2),
      `{'messages': [{'role': 'user', 'content': '${text}'}]}`,
      JSON.stringify({ messages: [{ role: text, content: 'q' }], [text]: 1 }),
    ];
    for (const line of lines) {
      const start = cpuMs();
      expect(check(`${line}\n${row('x')}\n`)).toBeGreaterThan(0);
      expect(check(`${row('x')}\n${line}\n${row('y')}\n`)).toBeGreaterThan(0);
      rowOf(line);
      expect(cpuMs() - start).toBeLessThan(MOST_MS);
    }
    const start = cpuMs();
    for (const line of lines.slice(0, 2)) fixLine(line);
    expect(cpuMs() - start).toBeLessThan(MOST_MS);
  });

  it.each([
    ['NUL characters', '\0', ''],
    ['escaped NULs', '\\u0000', ''],
    ['tabs', '\t', '\\t'],
    ['all of them', '\0\u0001\\\\\\u0000\t', '\\u0001\\\\\\t'],
  ])('a hundred thousand %s in one line are mended, all of them', (_name, unit, mended) => {
    // One reading each would take hours, and more than 500 readings are not made.
    const line = (text: string): string => row('q').replace('"q"', `"q${text}"`);
    expect(fixLine(line(unit.repeat(100_000)))).toBe(line(mended.repeat(100_000)));
    expect(fixLine(`${'\0'.repeat(5000)}${line('')}${'\0'.repeat(5000)}`)).toBe(line(''));
  });

  it.each([
    ['"a\\\\u0000\t"', '"a\\\\u0000\\t"'],
    ['"a\t",\t"b\t"', '"a\\t",\t"b\\t"'],
    ['"a\t\\"\t"', '"a\\t\\"\\t"'],
  ])('what only looks alike stays: %j', (before, after) => {
    expect(fixLine(`{"messages":[{"role":"user","content":[${before}]}]}`)).toBe(
      `{"messages":[{"role":"user","content":[${after}]}]}`,
    );
  });

  it('ten thousand objects on one line become ten thousand lines', () => {
    const fixed = fixLine(row('a').repeat(10_000));
    expect(fixed?.split('\n')).toHaveLength(10_000);
    expect(new Set(fixed?.split('\n'))).toEqual(new Set([row('a')]));
  });
});
