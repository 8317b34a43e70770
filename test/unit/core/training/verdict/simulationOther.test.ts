// What verdicts say of shapes and noises that the procedure was not made for, and of gaps between training and validation.
import { describe, expect, it } from 'vitest';
import { judgeGap } from '../../../../../src/core/training/verdict/gap.ts';
import { judgeCurve } from '../../../../../src/core/training/verdict/judge.ts';
import type { Verdict } from '../../../../../src/core/training/verdict/verdict.ts';
import { drawFrom, NOISES, type NoiseName, WIDTHS, type Draw } from '../../../../support/statistics/curves.ts';

/** Runs a cell; `npm run test:statistics` takes a quarter of its 2,000 here and prints the figures. */
const RUNS = Math.ceil(Number(process.env['TUNING_FORK_RUNS'] ?? 60) / 4);
const SEED = Number(process.env['TUNING_FORK_SEED'] ?? 1);
const TELLS = RUNS >= 250;
const TIMEOUT = 120_000 + RUNS * 1000;

function seedOf(cell: number, run: number): number {
  return SEED * 100_000_007 + cell * 1_000_003 + run;
}
function allowance(rate: number): number {
  return 3 * Math.sqrt((rate * (1 - rate)) / RUNS);
}

/** Makes the points of a curve; time runs from 0 to 1. */
type Curve = (draw: Draw) => { readonly steps: ArrayLike<number>; readonly values: ArrayLike<number> };

interface Counts {
  readonly codes: Readonly<Record<string, number>>;
  /** Share of runs with a verdict that fits. */
  readonly share: (...codes: readonly string[]) => number;
}
/** "flat" with a step and "flat" within a bound are different claims. */
function nameOf({ code, since }: Verdict): string {
  return code === 'flat' ? (since === null ? 'flat within a bound' : 'flat since') : code;
}
function count(cell: number, curve: Curve): Counts {
  const codes: Record<string, number> = {};
  for (let run = 0; run < RUNS; run++) {
    const { steps, values } = curve(drawFrom(seedOf(cell, run)));
    const name = nameOf(judgeCurve(steps, values));
    codes[name] = (codes[name] ?? 0) + 1;
  }
  return { codes, share: (...names) => names.reduce((sum, name) => sum + (codes[name] ?? 0) / RUNS, 0) };
}
function tell(what: string, { codes }: Counts): void {
  if (!TELLS) return;
  const parts = Object.entries(codes)
    .sort((a, b) => b[1] - a[1])
    .map(([name, times]) => `${name} ${((100 * times) / RUNS).toFixed(1)}`);
  console.log(`${what}: ${parts.join(', ')}`);
}

/** A curve of n points with Gaussian noise of a share of its level. */
function shaped(n: number, width: number, at: (time: number) => number): Curve {
  return ({ normal }) => {
    const values = Float64Array.from({ length: n }, (_, i) => at((i + 0.5) / n) * (1 + width * normal()));
    return { steps: values.map((_, i) => i + 1), values };
  };
}

describe('other noises without a trend', () => {
  const others = [
    'Laplace',
    'uniform',
    'GARCH',
    'mixture',
    'skewed innovations',
    't3 innovations',
  ] as const satisfies NoiseName[];
  it.each(others.flatMap((name, index) => [0, 0.5, 0.9].map((r) => ({ name, r, cell: 5000 + 10 * index + r }))))(
    '$name, r $r',
    ({ name, r, cell }) => {
      const rates = [50, 200, 1000].map((n, size) => {
        const counts = count(cell * 10 + size, (draw) => {
          const noise = NOISES[name](n, r, draw);
          const values = noise.map((value) => 1 + WIDTHS[name] * value);
          return { steps: values.map((_, i) => i), values };
        });
        tell(`other noise, ${name}, r ${String(r)}, n ${String(n)}`, counts);
        return counts.share('improving', 'worse');
      });
      // Heavy tails with a long memory at few points are the worst of them: see docs/verdicts.md.
      for (const rate of rates) expect(rate).toBeLessThan(0.1 + allowance(0.1));
    },
    TIMEOUT,
  );
});

describe('other irregularities without a trend', () => {
  const flat: Readonly<Record<string, { readonly curve: Curve; readonly most: number }>> = {
    'noise that grows fourfold': {
      most: 0.12,
      curve: ({ normal }) => {
        const values = Float64Array.from({ length: 300 }, (_, i) => 2 + 0.05 * 4 ** (i / 300) * normal());
        return { steps: values.map((_, i) => i), values };
      },
    },
    'noise that shrinks fourfold': {
      most: 0.12,
      curve: ({ normal }) => {
        const values = Float64Array.from({ length: 300 }, (_, i) => 2 + 0.2 * 0.25 ** (i / 300) * normal());
        return { steps: values.map((_, i) => i), values };
      },
    },
    'steps that are missing or repeated': {
      most: 0.06,
      curve: ({ normal, uniform }) => {
        const steps: number[] = [];
        for (let step = 0; step < 400; step++) for (let k = Math.floor(3 * uniform()); k > 0; k--) steps.push(step);
        return { steps, values: steps.map(() => 1 + 0.1 * normal()) };
      },
    },
    'gaps of NaN': {
      most: 0.06,
      curve: ({ normal, uniform }) => {
        const values = Float64Array.from({ length: 400 }, () => (uniform() < 0.3 ? NaN : 1 + 0.1 * normal()));
        return { steps: values.map((_, i) => i), values };
      },
    },
    'spikes, one in fifty': {
      most: 0.1,
      curve: ({ normal, uniform }) => {
        const values = Float64Array.from({ length: 400 }, () => 1 + 0.1 * normal() + (uniform() < 0.02 ? 3 : 0));
        return { steps: values.map((_, i) => i), values };
      },
    },
    'values rounded to one decimal': {
      most: 0.06,
      curve: ({ normal }) => {
        const values = Float64Array.from({ length: 400 }, () => Math.round(10 + 0.6 * normal()) / 10);
        return { steps: values.map((_, i) => i), values };
      },
    },
    'a sine of three periods': {
      most: 0.06,
      curve: shaped(400, 0.05, (time) => 1 + 0.2 * Math.sin(6 * Math.PI * time)),
    },
  };
  it.each(Object.entries(flat))(
    '%s',
    (name, { curve, most }) => {
      const counts = count(6000 + name.length, curve);
      tell(`no trend, ${name}`, counts);
      expect(counts.share('improving', 'worse')).toBeLessThan(most + allowance(most));
    },
    TIMEOUT,
  );
});

describe('other shapes', () => {
  const decay = (time: number): number => Math.exp(-time / 0.15);
  const shapes: Readonly<Record<string, { readonly curve: Curve; readonly never: readonly string[] }>> = {
    'a cosine over the whole run': {
      curve: shaped(400, 0.05, (time) => 1 + (1 + Math.cos(Math.PI * time)) / 2),
      never: ['worse', 'flat within a bound'],
    },
    'a power law': {
      curve: shaped(400, 0.05, (time) => 0.5 + (1 + 30 * time) ** -0.5),
      never: ['worse', 'flat within a bound'],
    },
    'a fall after a warm-up bump': {
      curve: shaped(400, 0.05, (time) => 1 + 0.8 * decay(time) + 0.4 * Math.exp(-(((time - 0.08) / 0.03) ** 2))),
      never: ['worse', 'flat within a bound'],
    },
    'rises, then falls below its start': {
      curve: shaped(400, 0.05, (time) => 1 + (time < 0.3 ? time : 0.3 - 1.2 * (time - 0.3))),
      never: ['worse', 'flat since', 'flat within a bound'],
    },
    'a hump: rises and falls back': {
      curve: shaped(400, 0.05, (time) => 1 + 0.5 * Math.sin(Math.PI * time)),
      never: ['flat within a bound'],
    },
    'double descent': {
      curve: shaped(400, 0.05, (time) => 1 + decay(time) + 0.4 * Math.exp(-(((time - 0.5) / 0.12) ** 2))),
      never: ['flat within a bound'],
    },
    'falls in a sawtooth over three epochs': {
      curve: shaped(400, 0.05, (time) => 1.6 - 0.3 * Math.floor(3 * time) - 0.05 * ((3 * time) % 1)),
      never: ['worse', 'flat within a bound'],
    },
    // A known miss: the fall within the last epoch is taken for one of the curve.
    'a sawtooth of four epochs that leads nowhere': {
      curve: shaped(400, 0.05, (time) => 1 - 0.2 * ((4 * time) % 1)),
      never: ['flat within a bound'],
    },
    'falls at the very end': {
      curve: shaped(400, 0.05, (time) => (time < 0.93 ? 2 : 1)),
      never: ['worse', 'flat within a bound'],
    },
    'a spike that recovers': {
      curve: shaped(400, 0.05, (time) => 1 + decay(time) + (time > 0.6 ? Math.exp(-(time - 0.6) / 0.03) : 0)),
      never: ['flat within a bound'],
    },
    'noise as large as the level, falls from 4 to 1': {
      curve: ({ uniform }) => {
        const values = Float64Array.from(
          { length: 500 },
          (_, i) => (1 + 3 * Math.max(0, 1 - i / 300)) * -Math.log(1 - uniform()),
        );
        return { steps: values.map((_, i) => i), values };
      },
      never: ['worse', 'flat within a bound'],
    },
  };
  it.each(Object.entries(shapes))(
    '%s',
    (name, { curve, never }) => {
      const counts = count(7000 + name.length, curve);
      tell(`shape, ${name}`, counts);
      expect(counts.share(...never)).toBeLessThan(0.05 + allowance(0.05));
    },
    TIMEOUT,
  );
});

describe('a gap that does not widen', () => {
  const falls: Readonly<Record<string, (time: number) => number>> = {
    flat: () => 1,
    exponential: (time) => 1 + 2 * Math.exp(-time / 0.15),
    line: (time) => 2 - time,
    plateau: (time) => 1 + 2 * Math.max(0, 0.5 - time),
  };
  const gaps: Readonly<Record<string, (loss: number) => number>> = {
    'no gap': (loss) => loss,
    'a constant gap': (loss) => loss + 0.4,
    'a gap in proportion': (loss) => 1.3 * loss,
  };
  it.each(
    Object.keys(falls).flatMap((fall, i) =>
      Object.keys(gaps).map((gap, j) => ({ fall, gap, cell: 8000 + 10 * i + j })),
    ),
  )(
    'is seldom said to: $fall, $gap',
    ({ fall, gap, cell }) => {
      let [claims, plain, curves] = [0, 0, 0];
      for (const [kind, name] of (['Gaussian', 'exponential', 'lognormal', 't3'] as const).entries()) {
        for (const [size, [k, every]] of (
          [
            [20, 10],
            [60, 5],
            [200, 1],
          ] as const
        ).entries()) {
          for (let run = 0; run < RUNS / 4; run++) {
            const draw = drawFrom(seedOf(cell * 20 + 4 * size + kind, run));
            const n = k * every;
            const [noise, own] = [NOISES[name](n, 0.3, draw), NOISES[name](k, 0.3, draw)];
            const at = (i: number): number => falls[fall]?.((i + 0.5) / n) ?? 0;
            const steps = Float64Array.from({ length: n }, (_, i) => i + 1);
            const validSteps = Float64Array.from({ length: k }, (_, j) => every * (j + 1));
            const found = judgeGap(
              { steps, values: steps.map((_, i) => at(i) * (1 + WIDTHS[name] * (noise[i] ?? 0))) },
              {
                steps: validSteps,
                values: validSteps.map(
                  (step, j) => (gaps[gap]?.(at(step - 1)) ?? 0) * (1 + WIDTHS[name] * (own[j] ?? 0)),
                ),
              },
            );
            curves++;
            if (found?.widens) claims++;
            if (found?.verdict.code === 'worse') plain++;
          }
        }
      }
      if (TELLS)
        console.log(
          `gap, ${fall}, ${gap}: claims ${((100 * claims) / curves).toFixed(1)}, plain verdicts ${((100 * plain) / curves).toFixed(1)}`,
        );
      expect(claims / curves).toBeLessThan(0.05);
    },
    TIMEOUT,
  );

  it(
    'is found when it widens clearly',
    () => {
      let found = 0;
      for (let run = 0; run < RUNS; run++) {
        const { normal } = drawFrom(seedOf(9000, run));
        const steps = Float64Array.from({ length: 600 }, (_, i) => i + 1);
        const train = steps.map((step) => (1 - step / 1200) * (1 + 0.05 * normal()));
        const valid = steps.map(
          (step) => (1 - Math.min(step, 300) / 1200 + Math.max(0, step - 300) / 1200) * (1 + 0.05 * normal()),
        );
        const gap = judgeGap({ steps, values: train }, { steps, values: valid });
        if (gap?.widens && Math.abs(gap.widens.step - 300) <= 60) found++;
      }
      if (TELLS)
        console.log(`gap that widens from the middle on: found and located ${((100 * found) / RUNS).toFixed(1)}`);
      expect(found / RUNS).toBeGreaterThan(0.6);
    },
    TIMEOUT,
  );
});
