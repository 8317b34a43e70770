// How often verdicts are wrong, and what they see. The figures of docs/verdicts.md are those of `npm run test:statistics`.
import { describe, expect, it } from 'vitest';
import { judgeCurve } from '../../../../../src/core/training/verdict/judge.ts';
import { addLook, isClaim, NO_LOOKS } from '../../../../../src/core/training/verdict/live.ts';
import type { Verdict } from '../../../../../src/core/training/verdict/verdict.ts';
import {
  curveOf,
  drawFrom,
  NOISES,
  type NoiseName,
  plateaus,
  uTurns,
  WIDTHS,
} from '../../../../support/statistics/curves.ts';

/** Runs a cell; `npm run test:statistics` repeats these tests with 2,000 and prints the figures. */
const RUNS = Number(process.env['TUNING_FORK_RUNS'] ?? 60);
const SEED = Number(process.env['TUNING_FORK_SEED'] ?? 1);
/** Runs a cell of power: a quarter of the others. */
const POWER_RUNS = Math.ceil(RUNS / 4);
const TIMEOUT = 120_000 + RUNS * 300;

/** Sampling error that a rate may have: three standard errors. */
function allowance(rate: number, runs: number): number {
  return 3 * Math.sqrt((rate * (1 - rate)) / runs);
}
function tell(what: string, rates: readonly number[], digits = 1): void {
  if (RUNS >= 1000) console.log(`${what}: ${rates.map((rate) => (rate * 100).toFixed(digits)).join(' / ')}`);
}
/** Seeds that no two cells share. */
function seedOf(cell: number, run: number): number {
  return SEED * 100_000_007 + cell * 1_000_003 + run;
}
function judge(n: number, valueAt: (time: number, index: number) => number): Verdict {
  const { steps, values } = curveOf(n, valueAt);
  return judgeCurve(steps, values);
}
const isTrend = (verdict: Verdict): boolean => isClaim(verdict);

describe('curves without a trend', () => {
  const SIZES = [50, 100, 200, 500, 2000] as const;
  const cells = (['Gaussian', 'exponential', 'lognormal', 't3'] as const).flatMap((name) =>
    [0, 0.5, 0.9].map((r) => ({ name, r })),
  );
  it.each(cells)(
    'are seldom called improving or worse: $name, r $r',
    ({ name, r }) => {
      const rates = SIZES.map((n, index) => {
        let [direction, any] = [0, 0];
        for (let run = 0; run < RUNS; run++) {
          const noise = NOISES[name](n, r, drawFrom(seedOf(index + 10 * r + 100 * name.length, run)));
          const verdict = judge(n, (_, i) => 1 + WIDTHS[name] * (noise[i] ?? 0));
          if (verdict.code === 'improving' || verdict.code === 'worse') direction++;
          if (isTrend(verdict)) any++;
        }
        return { direction: direction / RUNS, any: any / RUNS };
      });
      tell(
        `without a trend, ${name}, r ${String(r)}, n ${SIZES.join(' / ')}: direction`,
        rates.map(({ direction }) => direction),
      );
      tell(
        `without a trend, ${name}, r ${String(r)}, n ${SIZES.join(' / ')}: any claim`,
        rates.map(({ any }) => any),
      );
      rates.forEach(({ any, direction }) => {
        expect(direction).toBeLessThan(0.05 + Math.max(0.01, allowance(0.05, RUNS)));
        expect(any).toBeLessThan(0.07 + allowance(0.07, RUNS));
      });
    },
    TIMEOUT,
  );

  it(
    'are seldom called flat within a bound that they do not keep',
    () => {
      // Falls by exactly 10 % from start to end, which is not below 10 %.
      const n = 500;
      const widths = [0.05, 0.1, 0.2];
      const rates = widths.map((width, cell) => {
        let count = 0;
        for (let run = 0; run < RUNS; run++) {
          const noise = NOISES.Gaussian(n, 0, drawFrom(seedOf(700 + cell, run)));
          const verdict = judge(n, (time, i) => 1.05 - 0.1 * time + width * (noise[i] ?? 0));
          if (verdict.code === 'flat' && verdict.since === null) count++;
        }
        return count / RUNS;
      });
      tell('falls by 10 %, noise 5 / 10 / 20 %: "any change is below 10 %"', rates);
      for (const rate of rates) expect(rate).toBeLessThan(0.05 + allowance(0.05, RUNS));
    },
    TIMEOUT,
  );

  it(
    'get a claim on their way in about one of twenty when it must be found twice',
    () => {
      const runs = POWER_RUNS;
      const n = 400;
      let [once, twice] = [0, 0];
      for (let run = 0; run < runs; run++) {
        const noise = NOISES.Gaussian(n, 0, drawFrom(seedOf(800, run)));
        let looks = NO_LOOKS;
        let [seen, stood] = [false, false];
        for (let look = 1; look <= 20; look++) {
          const until = (n * look) / 20;
          looks = addLook(
            looks,
            look / 20,
            judge(until, (_, i) => 1 + 0.1 * (noise[i] ?? 0)),
          );
          if (looks.last === null || !isClaim(looks.last)) continue;
          seen = true;
          if (looks.stands) stood = true;
        }
        if (seen) once++;
        if (stood) twice++;
      }
      tell('live, Gaussian, n 400: one look / two looks in a row', [once / runs, twice / runs]);
      expect(twice / runs).toBeLessThan(0.06 + allowance(0.06, runs));
      expect(twice).toBeLessThan(Math.max(once, 2));
    },
    TIMEOUT,
  );

  it(
    'of few points are seldom claimed',
    () => {
      const sizes = [5, 6, 7, 8, 9, 10, 11, 12];
      const rateOf = (name: NoiseName, k: number): number => {
        let count = 0;
        for (let run = 0; run < RUNS; run++) {
          const noise = NOISES[name](k, 0, drawFrom(seedOf(900 + k + 50 * name.length, run)));
          if (judge(k, (_, i) => 2 + 0.1 * (noise[i] ?? 0)).code !== 'few-points') count++;
        }
        return count / RUNS;
      };
      const gaussian = sizes.map((k) => rateOf('Gaussian', k));
      tell('few points, K 5 … 12, Gaussian', gaussian);
      const exponential = sizes.map((k) => rateOf('exponential', k));
      tell('few points, K 5 … 12, exponential', exponential);
      for (const rate of gaussian) expect(rate).toBeLessThan(0.055 + allowance(0.055, RUNS));
      for (const rate of exponential) expect(rate).toBeLessThan(0.08 + allowance(0.08, RUNS));
    },
    TIMEOUT,
  );
});

describe('random walks', () => {
  /** Standard deviation of the walk's end and of the noise around it, as shares of the level. */
  const cells = [
    { name: '0.3 of the noise', walk: 0.03, noise: 0.1 },
    { name: 'as wide as the noise', walk: 0.1, noise: 0.1 },
    { name: '3 times the noise', walk: 0.3, noise: 0.1 },
    { name: 'without noise', walk: 0.3, noise: 0 },
  ];
  it.each(cells)(
    'are seldom given a direction that they do not have, and seldom "clearly": $name',
    ({ name, noise, walk }) => {
      const sizes = [50, 200, 1000];
      const rates = sizes.map((n, index) => {
        let [claims, wrong, clearly] = [0, 0, 0];
        for (let run = 0; run < RUNS; run++) {
          const { normal } = drawFrom(
            seedOf(1000 + index + 10 * Math.round(100 * walk) + 7 * Math.round(10 * noise), run),
          );
          const level = new Float64Array(n);
          let at = 0;
          for (let i = 0; i < n; i++) {
            at += (walk / Math.sqrt(n)) * normal();
            level[i] = 2 + at;
          }
          const verdict = judge(n, (_, i) => (level[i] ?? 0) + noise * normal());
          if (isTrend(verdict)) claims++;
          if (verdict.clearly) clearly++;
          if (isWrong(verdict, level)) wrong++;
        }
        return { claims: claims / RUNS, wrong: wrong / RUNS, clearly: clearly / RUNS };
      });
      for (const what of ['claims', 'wrong', 'clearly'] as const)
        tell(
          `walk ${name}, n 50 / 200 / 1000: ${what}`,
          rates.map((rate) => rate[what]),
        );
      for (const rate of rates) {
        expect(rate.wrong).toBeLessThan(0.05 + allowance(0.05, RUNS));
        expect(rate.clearly).toBeLessThan(0.06 + allowance(0.06, RUNS));
      }
    },
    TIMEOUT,
  );

  /** The walk itself went the other way: from its first tenth to its last, or since the turn. */
  function isWrong({ code, since }: Verdict, level: Float64Array): boolean {
    const mean = (from: number, end: number): number => {
      const part = level.subarray(Math.floor(from), Math.max(Math.floor(from) + 1, Math.floor(end)));
      return part.reduce((sum, value) => sum + value, 0) / part.length;
    };
    const n = level.length;
    const end = mean(0.9 * n, n);
    if (code === 'improving') return end > mean(0, 0.1 * n);
    if (code !== 'worse') return false;
    const turn = Math.min(n - 1, (since?.step ?? 1) - 1);
    return end < mean(turn, turn + Math.max(1, 0.05 * n));
  }
});

describe('plateaus and turns', () => {
  /** K = D/σ · √n, the one number that rules power. */
  const dropOf = (k: number, n: number, sigma: number): number => (k * sigma) / Math.sqrt(n);

  it.each([35, 60, 85])(
    'are found and located: falls until a knee, K %i',
    (k) => {
      const n = 500;
      const sigma = 0.1;
      const knees = [0.3, 0.5, 0.7];
      const cells = plateaus(0.5).map(({ name }, form) => {
        let [seen, located, covered, since, wrong] = [0, 0, 0, 0, 0];
        for (let run = 0; run < POWER_RUNS; run++) {
          const draw = drawFrom(seedOf(2000 + 100 * k + form, run));
          const curve = plateaus(knees[run % 3] ?? 0.5)[form];
          if (curve === undefined) throw new Error('No such form.');
          const noise = NOISES.Gaussian(n, 0, draw);
          const verdict = judge(n, (time, i) => 1 + dropOf(k, n, sigma) * curve.at(time) + sigma * (noise[i] ?? 0));
          if (isTrend(verdict)) seen++;
          if (verdict.code === 'worse' || verdict.code === 'improving') wrong++;
          if (!verdict.since?.between || verdict.code === 'worse') continue;
          since++;
          const place = verdict.since.step / n;
          if (Math.abs(place - curve.truth) <= 0.1) located++;
          // Knees are tried every 4 % of the run: the truth may lie half of that beside the nearest.
          const [from, to] = verdict.since.between;
          if (from / n - 0.02 <= curve.truth && curve.truth <= to / n + 0.02) covered++;
        }
        const rates = { seen: seen / POWER_RUNS, located: located / POWER_RUNS, covered: covered / Math.max(1, since) };
        tell(`plateau, K ${String(k)}, ${name}: seen / located / covered / false direction`, [
          rates.seen,
          rates.located,
          rates.covered,
          wrong / POWER_RUNS,
        ]);
        return rates;
      });
      const mean = (what: 'seen' | 'located' | 'covered'): number =>
        cells.reduce((sum, cell) => sum + cell[what] / cells.length, 0);
      tell(`plateau, K ${String(k)}, mean: seen / located / covered`, [mean('seen'), mean('located'), mean('covered')]);
      const runs = POWER_RUNS * cells.length;
      expect(mean('seen')).toBeGreaterThan(0.95 - allowance(0.95, runs));
      if (k >= 85) {
        expect(mean('located')).toBeGreaterThan(0.9 - allowance(0.9, runs));
        for (const { located } of cells) expect(located).toBeGreaterThan(0.85 - allowance(0.85, POWER_RUNS));
      }
    },
    TIMEOUT,
  );

  it(
    'are found and located: falls, then rises, K 50',
    () => {
      const n = 200;
      const sigma = 0.1;
      const rates = uTurns(0.5).map(({ name }, form) => {
        let [worse, located, covered] = [0, 0, 0];
        for (let run = 0; run < POWER_RUNS; run++) {
          const draw = drawFrom(seedOf(3000 + form, run));
          const curve = uTurns(0.3 + 0.4 * draw.uniform())[form];
          if (curve === undefined) throw new Error('No such form.');
          const noise = NOISES.Gaussian(n, 0, draw);
          const verdict = judge(n, (time, i) => 1 + dropOf(50, n, sigma) * curve.at(time) + sigma * (noise[i] ?? 0));
          if (verdict.code !== 'worse' || verdict.since === null) continue;
          worse++;
          if (Math.abs(verdict.since.step / n - curve.truth) <= 0.1) located++;
          const [from, to] = verdict.since.between ?? [0, 0];
          if (from / n - 0.02 <= curve.truth && curve.truth <= to / n + 0.02) covered++;
        }
        tell(`turn, K 50, ${name}: worse / located / covered`, [
          worse / POWER_RUNS,
          located / Math.max(1, worse),
          covered / Math.max(1, worse),
        ]);
        return worse / POWER_RUNS;
      });
      const mean = rates.reduce((sum, rate) => sum + rate / rates.length, 0);
      expect(mean).toBeGreaterThan(0.9 - allowance(0.9, POWER_RUNS * rates.length));
    },
    TIMEOUT,
  );
});

it(
  'says of one example a step, without a fall, that it is too noisy to say',
  () => {
    const n = 500;
    let noisy = 0;
    const bounds: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const noise = NOISES.exponential(n, 0, drawFrom(seedOf(4000, run)));
      const verdict = judge(n, (_, i) => 1 + (noise[i] ?? 0));
      if (verdict.code === 'too-noisy' && verdict.bound !== null) {
        noisy++;
        bounds.push(verdict.bound);
      }
    }
    const median = bounds.sort((a, b) => a - b)[bounds.length >> 1] ?? NaN;
    tell('one example a step, flat: too noisy / median bound', [noisy / RUNS, median]);
    expect(noisy / RUNS).toBeGreaterThan(0.95 - allowance(0.95, RUNS));
    expect(median).toBeGreaterThan(0.3);
    expect(median).toBeLessThan(0.6);
  },
  TIMEOUT,
);
