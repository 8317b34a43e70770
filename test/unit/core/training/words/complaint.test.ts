import { describe, expect, it } from 'vitest';
import { namedPlaces, placesInFile } from '../../../../../src/core/training/words/complaint.ts';
import { cpuMs } from '../../../../support/cpuTime.ts';

const file = (count: number): string[] => Array.from({ length: count }, (_, n) => `{"row": ${String(n + 1)}}`);
const linesOf = (message: string, lines: readonly string[]): number[] =>
  placesInFile(message, lines).map(({ line }) => line);

describe("F23: the place in a provider's complaint", () => {
  it.each([
    ["Invalid file format. Example 100, message 2 Discriminator 'role' is missing in value", [[100, 2]]],
    ['Expected file to have JSONL format. Line 1 is not a dictionary (HINT: line starts with: "{").', [[1, null]]],
    [
      "Invalid file format. Example 1273 cannot be parsed. Error: line contains invalid json: Expecting ',' delimiter: line 1 column 79 (char 78) (line 1273)",
      [[1273, null]],
    ],
    [
      'Please try removing the flagged lines and uploading the file again. Flagged lines: 4, 13, 14, 18, 35 ... ',
      [
        [4, null],
        [13, null],
        [14, null],
        [18, null],
        [35, null],
      ],
    ],
    [
      "Line 12, example 6174: Invalid special token '<|fim_suffix|>'",
      [
        [12, null],
        [6174, null],
      ],
    ],
    ['Example 7, messages[0].content is empty', [[7, 1]]],
    ['Row 3 has no assistant message', [[3, null]]],
    [
      'Lines 2, 5 and 9 are too long',
      [
        [2, null],
        [5, null],
        [9, null],
      ],
    ],
  ] as const)('%s', (message, expected) => {
    const places = namedPlaces(message).map((place) => [place.number, place.message]);
    expect(places).toEqual(expected);
  });

  it.each([
    'Training file has 8 example(s), but must have at least 10 examples.',
    'Number of examples: 8, minimum: 10',
    'The file contains invalid schema (20)',
    'Your account has reached its limit of 3 jobs.',
    '',
  ])('is none where no place is named: %s', (message) => {
    expect(namedPlaces(message)).toEqual([]);
    expect(placesInFile(message, file(30))).toEqual([]);
  });

  it('counts from one, as providers do', () => {
    expect(linesOf('Example 3 is missing key "messages"', file(5))).toEqual([3]);
    expect(placesInFile('Line 3 is bad', file(5))[0]?.reading).toBe("the provider's line 3, counted from 1");
  });

  it('counts from zero when something is called zero, or an index', () => {
    expect(linesOf('Example 0 is bad. Example 2 is bad.', file(5))).toEqual([1, 3]);
    expect(placesInFile('Row index 4 is bad', file(5))[0]).toMatchObject({
      line: 5,
      reading: "the provider's example 4, counted from 0 without blank lines",
    });
  });

  it('passes over blank lines when examples are counted, and not when lines are', () => {
    const lines = ['{"a": 1}', '', '{"b": 1}', '   ', '{"c": 1}'];
    expect(linesOf('Example 3 is bad', lines)).toEqual([5]);
    expect(linesOf('Line 3 is bad', lines)).toEqual([3]);
  });

  it('believes the line that holds the named token rather than the number', () => {
    const lines = file(10);
    lines[6] = '{"text": "a <|fim_suffix|> b"}';
    expect(placesInFile('Example 6: invalid special token <|fim_suffix|>', lines)).toEqual([
      { line: 7, message: null, reading: "the provider's example 6, counted from 0 without blank lines" },
    ]);
    expect(linesOf('Example 7: invalid special token <|fim_suffix|>', lines)).toEqual([7]);
    // In neither of them: read as it counts.
    expect(linesOf('Example 2: invalid special token <|fim_suffix|>', lines)).toEqual([2]);
  });

  it('leaves out what is outside of the file', () => {
    expect(linesOf('Line 99 is bad', file(5))).toEqual([]);
    expect(linesOf('Line 6 is bad', file(5))).toEqual([]);
  });

  it('names each line once, and 200 at most', () => {
    expect(linesOf('Line 2 is bad, line 2 is worse', file(5))).toEqual([2]);
    const many = `Flagged lines: ${Array.from({ length: 1000 }, (_, n) => String(n + 1)).join(', ')}`;
    expect(linesOf(many, file(2000))).toHaveLength(200);
  });

  it('takes no time over a hostile message', () => {
    const hostile = ['lines '.repeat(200_000), `lines ${'1 , '.repeat(200_000)}`, 'line 1, message '.repeat(100_000)];
    const started = cpuMs();
    for (const message of hostile) namedPlaces(message);
    expect(cpuMs() - started).toBeLessThan(500);
  });
});
