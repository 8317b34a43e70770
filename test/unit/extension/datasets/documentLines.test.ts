import { describe, expect, it } from 'vitest';
import { changesOf } from '../../../../src/extension/datasets/suspicious/documentLines.ts';

/** A change of characters, by lines and characters from 0. */
const change = (from: readonly [number, number], to: readonly [number, number], text: string) => ({
  range: { start: { line: from[0], character: from[1] }, end: { line: to[0], character: to[1] } },
  rangeOffset: 100 * from[0] + from[1],
  rangeLength: 0,
  text,
});
const linesOf = (...changes: readonly ReturnType<typeof change>[]) =>
  changesOf(changes as unknown as Parameters<typeof changesOf>[0]);

describe('changes of a document', () => {
  it('are changes of whole lines, whatever ends them', () => {
    expect(linesOf(change([4, 2], [4, 3], 'x'))).toEqual([{ first: 5, last: 5, now: 1 }]);
    expect(linesOf(change([4, 0], [6, 0], ''))).toEqual([{ first: 5, last: 7, now: 1 }]);
    expect(linesOf(change([0, 0], [0, 0], 'a\r\nb\nc\rd'))).toEqual([{ first: 1, last: 1, now: 4 }]);
  });

  it('are in the order of their places, and two of one line are one', () => {
    expect(linesOf(change([8, 1], [9, 0], ''), change([2, 0], [2, 4], 'y\n'))).toEqual([
      { first: 3, last: 3, now: 2 },
      { first: 9, last: 10, now: 1 },
    ]);
    expect(linesOf(change([2, 9], [3, 1], 'z\nz'), change([2, 0], [2, 4], 'y\n'))).toEqual([
      { first: 3, last: 4, now: 3 },
    ]);
  });
});
