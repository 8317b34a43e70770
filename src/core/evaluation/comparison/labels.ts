/** Label that a row expects, and the label that the reply gave; null when the reply is none of the labels. */
export interface Labeled {
  readonly truth: string;
  readonly guess: string | null;
}

export interface LabelFigures {
  readonly label: string;
  /** Rows that expect the label. */
  readonly support: number;
  /** 0…1; 0 where the label was never given. */
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface Confusion {
  /** Labels that the rows expect, in alphabetical order. */
  readonly labels: readonly string[];
  /** Rows by expected label (first index) and given label (second index); the last column counts replies that are no label. */
  readonly counts: readonly (readonly number[])[];
}

export function confusionOf(rows: readonly Labeled[]): Confusion {
  const labels = [...new Set(rows.map(({ truth }) => truth))].sort((a, b) => (a < b ? -1 : 1));
  const index = new Map(labels.map((label, at) => [label, at]));
  const counts = labels.map(() => new Array<number>(labels.length + 1).fill(0));
  for (const { truth, guess } of rows) {
    const line = counts[index.get(truth) ?? 0];
    const column = guess === null ? labels.length : (index.get(guess) ?? labels.length);
    if (line) line[column] = (line[column] ?? 0) + 1;
  }
  return { labels, counts };
}

export function labelFigures({ labels, counts }: Confusion): readonly LabelFigures[] {
  return labels.map((label, at) => {
    const hits = counts[at]?.[at] ?? 0;
    const support = (counts[at] ?? []).reduce((sum, count) => sum + count, 0);
    const given = counts.reduce((sum, line) => sum + (line[at] ?? 0), 0);
    return {
      label,
      support,
      precision: given === 0 ? 0 : hits / given,
      recall: support === 0 ? 0 : hits / support,
      f1: given + support === 0 ? 0 : (2 * hits) / (given + support),
    };
  });
}

/** Counts behind F1 of each label, in the order of the confusion's labels. */
interface Tally {
  readonly hits: Float64Array;
  readonly support: Float64Array;
  readonly given: Float64Array;
}

/**
 * Macro F1, the mean over the labels that rows expect, and its value without each group of rows (for the jackknife; a group is one row
 * unless prompts occur twice). Takes time in proportion to the rows, not to rows × labels.
 */
export function macroF1(
  rows: readonly Labeled[],
  groups: readonly (readonly number[])[] = rows.map((_, at) => [at]),
): { readonly f1: number; readonly without: Float64Array } {
  const labels = new Map<string, number>();
  for (const { truth } of rows) if (!labels.has(truth)) labels.set(truth, labels.size);
  const tally: Tally = {
    hits: new Float64Array(labels.size),
    support: new Float64Array(labels.size),
    given: new Float64Array(labels.size),
  };
  const add = (row: Labeled | undefined, sign: 1 | -1): void => {
    if (row === undefined) return;
    const truth = labels.get(row.truth) ?? 0;
    const guess = row.guess === null ? undefined : labels.get(row.guess);
    tally.support[truth] = (tally.support[truth] ?? 0) + sign;
    if (guess !== undefined) tally.given[guess] = (tally.given[guess] ?? 0) + sign;
    if (guess === truth) tally.hits[truth] = (tally.hits[truth] ?? 0) + sign;
  };
  for (const row of rows) add(row, 1);
  const all = Float64Array.from(labels.values(), (at) => f1At(tally, at));
  let sum = 0;
  for (const f1 of all) sum += f1;
  const without = Float64Array.from(groups, (group) => {
    const touched = new Set<number>();
    for (const at of group) {
      const row = rows[at];
      add(row, -1);
      if (row === undefined) continue;
      touched.add(labels.get(row.truth) ?? 0);
      const guess = row.guess === null ? undefined : labels.get(row.guess);
      if (guess !== undefined) touched.add(guess);
    }
    let rest = sum;
    let expected = labels.size;
    for (const at of touched) {
      rest += f1At(tally, at) - (all[at] ?? 0);
      if (tally.support[at] === 0) expected -= 1;
    }
    for (const at of group) add(rows[at], 1);
    return rest / expected;
  });
  return { f1: sum / labels.size, without };
}

/** F1 of a label; 0 where no row expects it, as such a label is not counted. */
function f1At({ hits, support, given }: Tally, at: number): number {
  if (support[at] === 0) return 0;
  return (2 * (hits[at] ?? 0)) / ((given[at] ?? 0) + (support[at] ?? 0));
}
