// Made-up answers to *Would more data help?*: the curve is fitted by the product's own code to made-up errors.
import { createRandom } from '../../../src/core/base/random.ts';
import { dataCurveOf } from '../../../src/core/dataset/dataCurve/dataCurve.ts';
import type { CurveMeasurement } from '../../../src/core/dataset/dataCurve/measurement.ts';
import type { MoreData } from '../../../src/core/dataset/dataCurve/moreData.ts';
import { curveSentences, unfitSentences } from '../../../src/core/dataset/dataCurve/sentences.ts';
import type { ModelPoints } from '../../../src/core/dataset/dataCurve/modelPoints.ts';
import type { ModelPointsState, MoreDataState } from '../../../src/protocol/moreDataState.ts';

const SIZES = [40, 80, 160, 240, 320];

/** Errors of 400 rows around `at(size)`, most of each row's error the same at all sizes, as they are of real rows. */
export function measurement(
  kind: CurveMeasurement['kind'],
  at: (size: number) => number,
  constant: number,
  seed = 1,
): CurveMeasurement {
  const random = createRandom(seed);
  const rows = Array.from({ length: 400 }, () => ({ size: random.next() + random.next(), luck: random.next() }));
  const error = (mean: number, { size, luck }: { size: number; luck: number }): number =>
    kind === 'numbers' ? mean * (size * 0.8 + random.next() * 0.4) : luck + 0.1 * (random.next() - 0.5) < mean ? 1 : 0;
  const line = (mean: number): Float64Array => Float64Array.from(rows, (row) => error(mean, row));
  return {
    kind,
    rows: 400,
    crossValidated: true,
    sizes: SIZES,
    errors: SIZES.map((size) => line(at(size))),
    constant: line(constant),
  };
}

/** Prices whose error falls, by the power law 60 + 240·n^(−0.5). */
export function fallingPrices(): MoreData {
  const curve = dataCurveOf(measurement('numbers', (size) => 60 + 240 * size ** -0.5, 95));
  return {
    verdict: curve.verdict,
    sentences: curveSentences(curve),
    curve,
    hardest: Array.from({ length: 5 }, (_, row) => ({
      line: 17 + 31 * row,
      title: `Stainless steel dishwasher with ${String(12 + row)} place settings and a third rack`,
      answer: `Price is $${String(899 - 20 * row)}.00`,
      said: `Price is $${String(41 + 3 * row)}.90`,
      distance: 857.1 - 23 * row,
      near: [1, 2, 3].map((near) => ({
        line: 7 * near + row,
        title: `Dishwasher diverter valve kit number ${String(near)}`,
        answer: `Price is $${String(30 * near)}.00`,
      })),
    })),
  };
}

export function unfitAnswers(): MoreData {
  return { verdict: 'unfit', sentences: unfitSentences(), curve: null, hardest: [] };
}

export function moreDataState(overrides: Partial<MoreDataState> = {}): MoreDataState {
  return {
    status: overrides.moreData === undefined ? 'none' : 'done',
    progress: 0,
    seconds: 6,
    validation: null,
    problem: null,
    moreData: null,
    points: pointsState(),
    ...overrides,
  };
}

export function pointsState(overrides: Partial<ModelPointsState> = {}): ModelPointsState {
  return { status: 'idle', progress: { text: '', fraction: 0 }, problem: null, models: [], ...overrides };
}

/** Points that lie below the curve of `fallingPrices`, of as many models as there are names. */
export function modelPoints(...names: readonly string[]): readonly ModelPoints[] {
  return names.map((model, index) => ({
    model,
    tested: 80,
    ofValidation: false,
    points: [80, 160, 320].map((rows) => {
      const value = 40 + 8 * index + 200 / Math.sqrt(rows);
      return { rows, error: { value, low: value - 9, high: value + 11 } };
    }),
  }));
}
