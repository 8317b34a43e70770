import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOfLine, LineTracker, type LineSource } from '../../../../../src/core/dataset/suspicious/lineTracker.ts';

const source = (lines: readonly string[]): LineSource => ({
  lineCount: lines.length,
  text: (line) => lines[line - 1] ?? '',
});
const tracked = (lines: readonly string[], which: readonly number[]): LineTracker =>
  new LineTracker(which.map((line) => ({ line, hash: hashOfLine(lines[line - 1] ?? '') })));

const LINES = ['a', 'b', 'c', 'd', 'e', 'f'];

describe('a tracked line', () => {
  it('moves with lines that come and go before it, and stays where they come after it', () => {
    const tracker = tracked(LINES, [2, 5]);
    expect(tracker.change([{ first: 1, last: 1, now: 3 }], source(['x', 'y', ...LINES]))).toBe(true);
    expect(tracker.places()).toEqual([4, 7]);
    expect(tracker.change([{ first: 8, last: 8, now: 2 }], source(['x', 'y', ...LINES, 'z']))).toBe(false);
    expect(tracker.change([{ first: 1, last: 3, now: 1 }], source(LINES))).toBe(true);
    expect(tracker.places()).toEqual([2, 5]);
  });

  it('has no place while its text is another, and has it again after Undo', () => {
    const tracker = tracked(LINES, [2, 5]);
    const changed = LINES.with(1, 'B');
    expect(tracker.change([{ first: 2, last: 2, now: 1 }], source(changed))).toBe(true);
    expect(tracker.places()).toEqual([null, 5]);
    // Lines that come before it meanwhile move the place that it had.
    tracker.change([{ first: 1, last: 1, now: 2 }], source(['x', ...changed]));
    expect(tracker.change([{ first: 3, last: 3, now: 1 }], source(['x', ...LINES]))).toBe(true);
    expect(tracker.places()).toEqual([3, 6]);
  });

  it('that was deleted comes back with its text', () => {
    const tracker = tracked(LINES, [2, 3, 5]);
    tracker.change([{ first: 2, last: 3, now: 1 }], source(['a', 'c', 'd', 'e', 'f']));
    expect(tracker.places()).toEqual([null, 2, 4]);
    tracker.change([{ first: 2, last: 2, now: 2 }], source(LINES));
    expect(tracker.places()).toEqual([2, 3, 5]);
  });

  it('follows several changes of one edit', () => {
    const tracker = tracked(LINES, [1, 3, 6]);
    // `b` goes, `d` becomes three lines.
    const after = ['a', 'c', 'd', 'd2', 'd3', 'e', 'f'];
    tracker.change(
      [
        { first: 2, last: 3, now: 1 },
        { first: 4, last: 4, now: 3 },
      ],
      source(after),
    );
    expect(tracker.places()).toEqual([1, 2, 7]);
  });

  it('is found in a text that may be any other, of equal lines the nearest', () => {
    const twice = ['same', 'x', 'y', 'same', 'z'];
    const tracker = tracked(twice, [1, 4, 5]);
    expect(tracker.find(source(twice))).toBe(false);
    expect(tracker.find(source(['new', 'same', 'x', 'y', 'same']))).toBe(true);
    expect(tracker.places()).toEqual([2, 5, null]);
    expect(tracker.find(source([]))).toBe(true);
    expect(tracker.places()).toEqual([null, null, null]);
    tracker.find(source(twice));
    expect(tracker.places()[2]).toBe(5);
  });

  it('has the places of its copy, which goes its own way', () => {
    const tracker = tracked(LINES, [2]);
    const copy = tracker.copy();
    tracker.change([{ first: 1, last: 1, now: 2 }], source(['x', ...LINES]));
    expect([tracker.at(0), copy.at(0)]).toEqual([3, 2]);
  });

  it('is where its text is, whatever is edited', () => {
    const edit = fc.record({ first: fc.nat(20), span: fc.nat(4), lines: fc.nat(4), keep: fc.boolean() });
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 12 }), (edits) => {
        let lines = Array.from({ length: 20 }, (_, index) => `row ${String(index)}`);
        const all = lines;
        const tracker = tracked(lines, [3, 9, 10, 18]);
        let made = 0;
        for (const { first, span, lines: count, keep } of edits) {
          const from = Math.min(first, lines.length - 1);
          const until = Math.min(from + span, lines.length - 1);
          const fresh = Array.from({ length: count + 1 }, () => `new ${String((made += 1))}`);
          const now = keep ? [...fresh, ...lines.slice(from, until + 1)] : fresh;
          lines = [...lines.slice(0, from), ...now, ...lines.slice(until + 1)];
          tracker.change([{ first: from + 1, last: until + 1, now: now.length }], source(lines));
        }
        const expected = [3, 9, 10, 18].map((line) => {
          const at = lines.indexOf(all[line - 1] ?? '');
          return at === -1 ? null : at + 1;
        });
        expect(tracker.places()).toEqual(expected);
      }),
    );
  });
});
