import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../../../../src/core/base/random.ts';
import { rerunInSteps, type Rerun } from '../../../../../src/core/evaluation/comparison/rerun.ts';
import { joinSamples } from '../../../../../src/core/evaluation/samples.ts';
import type { RowResult, RowSample } from '../../../../../src/core/evaluation/types.ts';

const RUNS = Number(process.env['TUNING_FORK_RUNS'] ?? 300);
const ROWS = 60;

function numberSample(guess: number, truth: number): RowSample {
  const error = Math.abs(guess - truth);
  return { sample: String(guess), status: 'graded', guess, error, colour: error < 20 ? 'green' : 'red' };
}

type Noise = (random: Random) => number;
const normal: Noise = (random) => 15 * random.normal();
/** Four of five replies are equal, and the fifth is far off. */
const rare: Noise = (random) => (random.next() < 0.2 ? 60 * random.normal() : 0);

/** Rows whose model is off by its own amount in each, and answers with noise around that. */
function numberRows(random: Random, replies: number, noise: Noise): ReadonlyMap<number, RowResult> {
  return new Map(
    Array.from({ length: ROWS }, (_, item) => {
      const truth = 100;
      const centre = truth + ((item * 37) % 61) - 30;
      const samples = Array.from({ length: replies }, () => numberSample(centre + noise(random), truth));
      return [item, { contestant: 'a', item, ...joinSamples('number', truth, samples) }];
    }),
  );
}

function result(rows: ReadonlyMap<number, RowResult>, metric: 'mae' | 'accuracy'): Rerun | null {
  const running = rerunInSteps(rows, metric, metric === 'mae' ? 'number' : 'label');
  for (;;) {
    const step = running.next();
    if (step.done === true) return step.value;
  }
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const maeOf = (rows: ReadonlyMap<number, RowResult>): number =>
  meanOf([...rows.values()].map(({ error }) => error ?? 0));

describe('what another run would change', () => {
  it.each([
    { replies: 3, name: 'normal', noise: normal, least: 0.95, most: 1.3 },
    { replies: 5, name: 'normal', noise: normal, least: 0.95, most: 1.3 },
    { replies: 15, name: 'normal', noise: normal, least: 0.95, most: 1.3 },
    { replies: 3, name: 'rare', noise: rare, least: 1.2, most: 5 },
    { replies: 5, name: 'rare', noise: rare, least: 1.2, most: 8 },
  ])('is too large rather than too small: $replies replies, $name noise', ({ replies, name, noise, least, most }) => {
    const random = createRandom(replies);
    const runs = Array.from({ length: RUNS }, () => numberRows(random, replies, noise));
    const means = runs.map(maeOf);
    const centre = meanOf(means);
    const sd = Math.sqrt(meanOf(means.map((mean) => (mean - centre) ** 2)));
    const found = runs.slice(0, 30).map((rows) => result(rows, 'mae'));
    const ratio = meanOf(found.map((one) => one?.se ?? 0)) / sd;
    const pairs = found.flatMap((one, at) =>
      means.slice(30).map((mean) => Math.abs(mean - (means[at] ?? 0)) <= (one?.move ?? 0)),
    );
    const inside = meanOf(pairs.map(Number));
    if (RUNS >= 1000)
      console.log(
        `rerun, ${String(replies)} replies, ${name} noise: ratio ${ratio.toFixed(3)}, inside ${inside.toFixed(3)}`,
      );
    expect(ratio).toBeGreaterThan(least);
    expect(ratio).toBeLessThan(most);
    expect(inside).toBeGreaterThan(0.94);
  });

  it('is nothing where all replies of each row are equal, and unknown with one reply a row', () => {
    const rows = numberRows(createRandom(1), 5, normal);
    const equal = new Map(
      [...rows].map(([item, row]) => {
        const [first] = row.samples ?? [];
        const samples = first ? Array.from({ length: 5 }, () => first) : [];
        return [item, { contestant: 'a', item, ...joinSamples('number', 100, samples) }];
      }),
    );
    expect(result(equal, 'mae')).toMatchObject({ se: 0, move: 0, rows: ROWS });
    const single = new Map(
      [...rows].map(([item, row]) => [
        item,
        { contestant: 'a', item, ...joinSamples('number', 100, row.samples ?? []) },
      ]),
    );
    for (const row of single.values()) Reflect.deleteProperty(row, 'samples');
    expect(result(single, 'mae')).toBeNull();
  });

  it('is in shares for labels, where a row that is always right adds nothing', () => {
    const sample = (guess: string): RowSample => ({
      sample: guess,
      status: 'graded',
      guess,
      error: null,
      colour: guess === 'a' ? 'green' : 'red',
    });
    const row = (item: number, guesses: readonly string[]): [number, RowResult] => [
      item,
      { contestant: 'a', item, ...joinSamples('label', 'a', guesses.map(sample)) },
    ];
    const sure = result(new Map([row(0, ['a', 'a', 'a']), row(1, ['b', 'b', 'b'])]), 'accuracy');
    expect(sure?.se).toBe(0);
    const unsure = result(new Map([row(0, ['a', 'a', 'b']), row(1, ['b', 'b', 'b'])]), 'accuracy');
    // The majority of three draws from two right and one wrong is right in 20 of 27 cases.
    expect(unsure?.se).toBeCloseTo(Math.sqrt((20 / 27) * (7 / 27)) / 2, 1);
  });
});
