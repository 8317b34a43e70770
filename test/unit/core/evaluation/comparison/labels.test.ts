import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../../src/core/base/random.ts';
import {
  confusionOf,
  labelFigures,
  macroF1,
  type Labeled,
} from '../../../../../src/core/evaluation/comparison/labels.ts';

function rowsOf(
  truths: readonly (string | number)[],
  guesses: readonly (string | number | null)[],
): readonly Labeled[] {
  return truths.map((truth, at) => {
    const guess = guesses[at] ?? null;
    return { truth: String(truth), guess: guess === null ? null : String(guess) };
  });
}

describe('label figures', () => {
  // Examples of the documentation of scikit-learn: f1_score (macro), precision_recall_fscore_support, confusion_matrix.
  it('meet the published examples', () => {
    const rows = rowsOf([0, 1, 2, 0, 1, 2], [0, 2, 1, 0, 0, 1]);
    expect(macroF1(rows).f1).toBeCloseTo(0.266_666_666_666, 10);
    expect(labelFigures(confusionOf(rows)).map(({ f1 }) => f1)).toEqual([0.8, 0, 0]);
    const animals = rowsOf(['cat', 'dog', 'pig', 'cat', 'dog', 'pig'], ['cat', 'pig', 'dog', 'cat', 'cat', 'dog']);
    const figures = labelFigures(confusionOf(animals));
    expect(figures.map(({ precision }) => precision)).toEqual([2 / 3, 0, 0]);
    expect(figures.map(({ recall }) => recall)).toEqual([1, 0, 0]);
    expect(figures.map(({ support }) => support)).toEqual([2, 2, 2]);
    expect(confusionOf(rowsOf([2, 0, 2, 2, 0, 1], [0, 0, 2, 2, 0, 2])).counts).toEqual([
      [2, 0, 0, 0],
      [0, 0, 1, 0],
      [1, 0, 2, 0],
    ]);
  });

  it('count a reply without a label against the recall of the expected one', () => {
    const [figures] = labelFigures(confusionOf(rowsOf(['a', 'a', 'b'], ['a', null, 'b'])));
    expect(figures).toEqual({ label: 'a', support: 2, precision: 1, recall: 0.5, f1: 2 / 3 });
  });

  it('leave out groups of rows exactly as if they were not there', () => {
    const random = createRandom(5);
    const labels = ['a', 'b', 'c', 'd'];
    const rows = Array.from({ length: 60 }, (): Labeled => ({
      truth: random.pick(labels),
      guess: random.next() < 0.1 ? null : random.pick([...labels, 'other']),
    }));
    const groups = Array.from({ length: 20 }, (_, group) =>
      rows.flatMap((_row, at) => (at % 20 === group ? [at] : [])),
    );
    const { without } = macroF1(rows, groups);
    for (const [at, group] of groups.entries()) {
      expect(without[at]).toBeCloseTo(macroF1(rows.filter((_, index) => !group.includes(index))).f1, 12);
    }
  });
});
