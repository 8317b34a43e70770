// Curves whose truth is known, for seeded simulations of verdicts.
import { createRandom } from '../../../src/core/base/random.ts';

/** Draws the noise of one curve: `n` values with mean 0 and standard deviation 1 (Student's t₃: √3 · 0.58). */
export type Noise = (n: number, r: number, draw: Draw) => Float64Array;

/** Source of standard normal and uniform numbers. */
export interface Draw {
  readonly uniform: () => number;
  readonly normal: () => number;
}

export function drawFrom(seed: number): Draw {
  // Near seeds of the generator give shifted copies of one sequence; a hash sets them apart.
  let mixed = Math.imul(seed ^ 0x5bd1e995, 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x297a2d39);
  const source = createRandom(mixed ^ (mixed >>> 16));
  const next = (): number => source.next();
  let spare: number | null = null;
  return {
    uniform: next,
    normal() {
      if (spare !== null) {
        const value = spare;
        spare = null;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - next()));
      const angle = 2 * Math.PI * next();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
  };
}

/** Normal noise of which each value is `r` times the one before plus something new; standard deviation 1. */
function normalNoise(n: number, r: number, { normal }: Draw): Float64Array {
  const values = new Float64Array(n);
  let value = normal();
  const fresh = Math.sqrt(1 - r * r);
  for (let i = 0; i < n; i++) {
    values[i] = value;
    value = r * value + fresh * normal();
  }
  return values;
}

/** AR(1) of values that `fresh` draws, which have mean 0 and standard deviation 1; begins after a hundred values. */
function recursive(fresh: (draw: Draw) => number): Noise {
  return (n, r, draw) => {
    const scale = Math.sqrt(1 - r * r);
    let value = fresh(draw);
    if (r > 0) for (let i = 0; i < 100; i++) value = r * value + scale * fresh(draw);
    const values = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      values[i] = value;
      value = r * value + scale * fresh(draw);
    }
    return values;
  };
}

// Exponential quantile of a normal value, −ln(1 − Φ(z)), from a table: z from −6 to 6.
const TABLE = (() => {
  const values = new Float64Array(12_001);
  // The tail is summed from above; Simpson's rule over the density is exact to 1e-12 at this step.
  const density = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  let tail = 9.8659e-10;
  for (let i = 12_000; i >= 0; i--) {
    const z = -6 + i / 1000;
    values[i] = -Math.log(Math.min(1 - 1e-12, tail));
    const h = 0.001;
    tail += (h / 6) * (density(z) + 4 * density(z - h / 2) + density(z - h));
  }
  return values;
})();

function exponentialOf(z: number): number {
  const place = Math.min(11_999, Math.max(0, (z + 6) * 1000));
  const low = Math.floor(place);
  return (TABLE[low] ?? 0) + (place - low) * ((TABLE[low + 1] ?? 0) - (TABLE[low] ?? 0));
}

const LOGNORMAL_MEAN = Math.exp(0.5);
const LOGNORMAL_SD = LOGNORMAL_MEAN * Math.sqrt(Math.E - 1);

// Quantile of Student's t with 3 degrees of freedom at a normal value, by bisection of its closed distribution function.
const T3_TABLE = Float64Array.from({ length: 1201 }, (_, i) => {
  const z = Math.abs(-6 + i / 100);
  const tail = Math.exp(-exponentialOf(z));
  let [low, high] = [0, 10_000];
  for (let k = 0; k < 80; k++) {
    const t = (low + high) / 2;
    const u = t / Math.sqrt(3);
    // The tail without the cancellation of 1 − F.
    if ((Math.atan2(1, u) - u / (1 + u * u)) / Math.PI > tail) low = t;
    else high = t;
  }
  return Math.sign(i - 600) * low;
});

function t3Of(z: number): number {
  const place = Math.min(1199, Math.max(0, (z + 6) * 100));
  const low = Math.floor(place);
  return (T3_TABLE[low] ?? 0) + (place - low) * ((T3_TABLE[low + 1] ?? 0) - (T3_TABLE[low] ?? 0));
}

/** Noises by name; those with a floor (exponential, lognormal) never fall below −1 · mean/sd. */
export const NOISES = {
  Gaussian: normalNoise,
  /** A loss of one example: as large as its level. */
  exponential: (n, r, draw) => normalNoise(n, r, draw).map((z) => exponentialOf(z) - 1),
  lognormal: (n, r, draw) => normalNoise(n, r, draw).map((z) => (Math.exp(z) - LOGNORMAL_MEAN) / LOGNORMAL_SD),
  t3: (n, r, draw) => normalNoise(n, r, draw).map((z) => t3Of(z) / Math.sqrt(3)),
  /** The same by recursion: one outlier moves the values after it. */
  't3 innovations': recursive(({ normal }) => {
    const chi = normal() ** 2 + normal() ** 2 + normal() ** 2;
    return normal() / Math.sqrt(chi / 3) / Math.sqrt(3);
  }),
  Laplace: recursive(({ uniform }) => {
    const u = uniform() - 0.5;
    return (-Math.sign(u) * Math.log(1 - 2 * Math.abs(u))) / Math.SQRT2;
  }),
  uniform: recursive(({ uniform }) => (uniform() - 0.5) * Math.sqrt(12)),
  /** Calm and wild stretches: GARCH(1,1) with 0.1 and 0.85. */
  GARCH: (n, r, draw) => {
    let variance = 1;
    return recursive(({ normal }) => {
      const value = Math.sqrt(variance) * normal();
      variance = 0.05 + 0.1 * value * value + 0.85 * variance;
      return value;
    })(n, r, draw);
  },
  /** One value in ten belongs to noise three times as wide. */
  mixture: recursive(({ normal, uniform }) => ((uniform() < 0.1 ? 3 : 1) * normal()) / Math.sqrt(1.8)),
  /** Exponential AR(1) by recursion: skewed innovations instead of skewed values. */
  'skewed innovations': recursive(({ uniform }) => -Math.log(1 - uniform()) - 1),
} as const satisfies Readonly<Record<string, Noise>>;

export type NoiseName = keyof typeof NOISES;

/** Standard deviation of each noise as a share of the level in the goals: a loss of one example is as wide as its level. */
export const WIDTHS: Readonly<Record<NoiseName, number>> = {
  Gaussian: 0.1,
  exponential: 1,
  lognormal: LOGNORMAL_SD / LOGNORMAL_MEAN,
  t3: 0.1 * Math.sqrt(3),
  't3 innovations': 0.1 * Math.sqrt(3),
  Laplace: 0.1,
  uniform: 0.1,
  GARCH: 0.1,
  mixture: 0.1,
  'skewed innovations': 0.1,
};

/** Curve of a form between 0 and 1 over time 0 … 1. */
export interface Form {
  readonly name: string;
  readonly at: (time: number) => number;
  /** Time at which 95 % of the fall is done, or of the turn. */
  readonly truth: number;
}

/** Falls from 1 to 0 by `knee`, flat afterwards. */
export function plateaus(knee: number): readonly Form[] {
  const bend = (k: number): Form => {
    const end = Math.exp(-1 / k);
    return {
      name: `exponential, bend ${String(k)}`,
      at: (time) => (time >= knee ? 0 : (Math.exp(-time / (k * knee)) - end) / (1 - end)),
      truth: -k * knee * Math.log(0.05 * (1 - end) + end),
    };
  };
  return [
    { name: 'straight', at: (time) => Math.max(knee - time, 0) / knee, truth: 0.95 * knee },
    bend(0.6),
    bend(0.3),
    bend(0.15),
    {
      name: 'cosine',
      at: (time) => (time >= knee ? 0 : (1 + Math.cos((Math.PI * time) / knee)) / 2),
      truth: (knee * Math.acos(-0.9)) / Math.PI,
    },
    {
      name: 'late',
      at: (time) => Math.min(1, Math.max(0, (knee - time) / (0.4 * knee))),
      truth: knee - 0.05 * 0.4 * knee,
    },
    { name: 'square', at: (time) => (Math.max(knee - time, 0) / knee) ** 2, truth: knee * (1 - Math.sqrt(0.05)) },
  ];
}

/** Falls, then rises by 1 from `turn` to the end. */
export function uTurns(turn: number): readonly Form[] {
  const rise = (time: number): number => Math.max(time - turn, 0) / (1 - turn);
  const fall = (time: number): number => Math.max(turn - time, 0) / turn;
  return [
    { name: 'V', at: (time) => fall(time) + rise(time), truth: turn },
    { name: 'half fall', at: (time) => 0.5 * fall(time) + rise(time), truth: turn },
    { name: 'large fall', at: (time) => 2 * fall(time) + rise(time), truth: turn },
    {
      name: 'exponential fall',
      at: (time) => Math.exp((-4 * time) / turn) + rise(time),
      truth: turn,
    },
    { name: 'slow rise first', at: (time) => fall(time) + rise(time) ** 1.3, truth: turn },
  ];
}

/** A series: steps from 1, values level · (1 + signal + noise). */
export function curveOf(
  n: number,
  valueAt: (time: number, index: number) => number,
): {
  readonly steps: Float64Array;
  readonly values: Float64Array;
} {
  return {
    steps: Float64Array.from({ length: n }, (_, i) => i + 1),
    values: Float64Array.from({ length: n }, (_, i) => valueAt((i + 0.5) / n, i)),
  };
}
