import { binned, finitePoints, type Bins, type Points } from './bins.ts';
import { fewPoints, FEW_POINTS } from './fewPoints.ts';
import { bestOf, fitAll, fittedCurve, lastCoefficient, strictGain, type Fit, type Fits } from './fit.ts';
import type { Family, Shape } from './shapes.ts';
import { tablesFor, type Tables } from './tables.ts';
import type { BestPoint, Better, Evidence, Turn, Verdict } from './verdict.ts';

/** "Clearly" needs more than this, with random walks among the noises. */
const STRICT_LIMIT = 31;
/** Correlation from which a curve without a trend wanders rather than being noisy. */
const WANDERS = 0.8;
/** Below this share of the level a curve without a trend is called flat. */
const FLAT_BOUND = 0.1;
/** Share of the fall that a slope after the knee must exceed to be told. */
const SLOPE_SHARE = 0.1;
/** Share of the fall that a slope may reach at most in a curve that is called flat. */
const FLAT_SHARE = 0.35;
/** A fall that ends after this share of the curve has not ended. */
const STILL_FALLING = 0.85;
/** Deviation in units of the level below which a series is constant but for rounding. */
const CONSTANT = 1e-9;
/** The same in units of the largest value, for series whose level is 0. */
const LEAST_DEVIATION = 1e-12;
/** Bound that is given for a constant series: no series is known to a smaller share than this. */
const LEAST_BOUND = 0.01;

/**
 * Judges a series by the procedure of docs/verdicts.md. Deterministic; unchanged when all values are multiplied by a constant; a million
 * points take some 10 ms once the tables exist (`prepareVerdicts`).
 * @param steps in any order, one a value; values that are not finite are left out, and so are steps.
 * @param values as reported, never smoothed.
 * @param better direction in which the series gets better.
 */
export function judgeCurve(
  steps: ArrayLike<number>,
  values: ArrayLike<number>,
  { better = 'lower' }: { readonly better?: Better } = {},
): Verdict {
  const points = finitePoints(steps, values);
  const best = bestPoint(points, better);
  const n = points.values.length;
  if (n <= FEW_POINTS) return fewPoints(points, best, better);
  return new Judge(points, best, better).verdict();
}

/** Makes the tables that curves of 60 points and above need, so that the first verdict is as fast as the others. */
export function prepareVerdicts(): void {
  tablesFor(60).drifting();
}

function bestPoint({ steps, values }: Points, better: Better): BestPoint | null {
  let at = -1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    const best = values[at];
    if (best === undefined || (better === 'lower' ? value < best : value > best)) at = i;
  }
  const step = steps[at];
  const value = values[at];
  return step === undefined || value === undefined ? null : { step, value };
}

/** One verdict while it is made. Times are shares of the points, 0 … 1. */
class Judge {
  readonly #points: Points;
  readonly #best: BestPoint | null;
  readonly #bins: Bins;
  /** The bins, turned so that better is lower. */
  readonly #curve: Float64Array;
  readonly #tables: Tables;
  readonly #fits: Fits;

  constructor(points: Points, best: BestPoint | null, better: Better) {
    this.#points = points;
    this.#best = best;
    this.#bins = binned(points.values);
    this.#curve = better === 'lower' ? this.#bins.centered : this.#bins.centered.map((value) => -value);
    this.#tables = tablesFor(this.#curve.length);
    this.#fits = fitAll(this.#curve, this.#tables);
  }

  verdict(): Verdict {
    const rounding = CONSTANT * Math.abs(this.#bins.level) + LEAST_DEVIATION;
    if (this.#curve.every((value) => Math.abs(value) <= rounding))
      return this.#say({ code: 'flat', bound: LEAST_BOUND }, null);
    const m = this.#tables.m;
    const flat = bestOf(this.#curve, this.#fits, 'fall-then-flat', this.#tables);
    const slope = bestOf(this.#curve, this.#fits, 'fall-then-slope', this.#tables);
    const r0 = this.#correlation(this.#fits.constantNoise);
    const r2 = this.#correlation(slope.noise);
    const trend = 2 * (Math.max(flat.logLikelihood, slope.logLikelihood) - this.#fits.constant);
    const evidence: Evidence = {
      bins: m,
      rooted: this.#bins.rooted,
      correlation: r0,
      trend,
      trendLimit: 10 + 8 * r0 + 30 / m + (220 * r0) / m,
      slope: 2 * (slope.logLikelihood - flat.logLikelihood),
      slopeLimit: 6 + 4 * r2 + (100 * r2) / m,
      strict: null,
      strictLimit: STRICT_LIMIT,
      knee: null,
    };
    if (!(trend > evidence.trendLimit)) return this.#withoutTrend(evidence);
    return this.#withTrend(flat, slope, { ...evidence, strict: strictGain(this.#curve, this.#fits, this.#tables) });
  }

  #withoutTrend(evidence: Evidence): Verdict {
    const bound = this.#bound();
    if (bound !== null && bound < FLAT_BOUND)
      return this.#say({ code: 'flat', bound: Math.max(bound, LEAST_BOUND) }, evidence);
    return this.#say({ code: evidence.correlation >= WANDERS ? 'wanders' : 'too-noisy', bound }, evidence);
  }

  /** Largest change from start to end that the straight line allows, as a share of the level; null for a level of 0. */
  #bound(): number | null {
    const line = this.#fits.all.find(({ shape }) => shape.knee === null);
    if (line === undefined) return null;
    const change = lastCoefficient(this.#curve, line.shape.columns, line.noise, this.#tables);
    if (change === null) return null;
    // A share of a root is half a share of the loss.
    const factor = this.#bins.rooted ? 2 : 1;
    const bound = (factor * reachOf(change)) / Math.abs(this.#bins.level);
    return Number.isFinite(bound) ? bound : null;
  }

  #withTrend(flat: Fit, slope: Fit, evidence: Evidence): Verdict {
    const curves = { flat: fittedCurve(flat, this.#tables), slope: fittedCurve(slope, this.#tables) };
    const drop = Math.max(span(curves.flat), span(curves.slope));
    const clearly = (evidence.strict ?? 0) > STRICT_LIMIT;
    const tail = slope.coefficients.at(-1) ?? 0;
    if ((evidence.slope ?? 0) > (evidence.slopeLimit ?? Infinity) && isTold(tail, slope.shape.knee, drop)) {
      const told = { ...evidence, knee: slope.shape.knee };
      if (tail < 0) {
        const settled = this.#turn(doneOf(curves.slope, 0, curves.slope.length), null);
        return this.#say({ code: 'improving', clearly, settled }, told);
      }
      return this.#worse(slope, { curve: curves.slope, drop }, clearly, told);
    }
    const told = { ...evidence, knee: flat.shape.knee };
    if ((curves.flat[0] ?? 0) < (curves.flat.at(-1) ?? 0)) {
      const [start, early, late] = this.#quantiles('fall-then-flat', ({ start: time }) => time);
      return this.#say({ code: 'worse', clearly, since: this.#turn(start, [early, late]) }, told);
    }
    const [done, early, late] = this.#quantiles('fall-then-flat', ({ done: time }) => time);
    const settled = this.#turn(done, [early, late]);
    if (done > STILL_FALLING) return this.#say({ code: 'improving', clearly, settled }, told);
    const code = this.#isFlatAfter(flat, drop) ? 'flat' : 'fell-then-unknown';
    return this.#say({ code, clearly, since: settled, settled }, told);
  }

  #worse(
    { coefficients, shape: { knee } }: Fit,
    { curve, drop }: { readonly curve: Float64Array; readonly drop: number },
    clearly: boolean,
    evidence: Evidence,
  ): Verdict {
    const fall = coefficients[0] ?? 0;
    // Flat until the knee is no rise: half of such curves get a tiny one by chance.
    if (knee === null || fall < -SLOPE_SHARE * drop)
      return this.#say({ code: 'worse', clearly, since: this.#turn(0, null) }, evidence);
    const [turn, early, late] = this.#quantiles('fall-then-slope', (shape) => shape.knee);
    const end = Math.max(1, Math.round(knee * curve.length));
    const settled = fall > SLOPE_SHARE * drop ? this.#turn(Math.min(turn, doneOf(curve, 0, end)), null) : null;
    return this.#say({ code: 'worse', clearly, since: this.#turn(turn, [early, late]), settled }, evidence);
  }

  /** Tells whether a slope after the knee of a fall that levelled is known to be small. */
  #isFlatAfter({ shape, noise }: Fit, drop: number): boolean {
    if (shape.slope === null || shape.knee === null) return false;
    const rest = lastCoefficient(this.#curve, [...shape.columns, shape.slope], noise, this.#tables);
    if (rest === null) return false;
    const reach = reachOf(rest);
    return reach < FLAT_SHARE * drop && reach / (1 - shape.knee) < (FLAT_SHARE * drop) / shape.knee;
  }

  /** Median, 5 % and 95 % point of a time over all shapes of a family, weighted by their likelihoods; null leaves a shape out. */
  #quantiles(family: Family, timeOf: (shape: Shape) => number | null): readonly [number, number, number] {
    const fits = this.#fits.all.flatMap(({ shape, logLikelihood }) => {
      const time = shape.family === family ? timeOf(shape) : null;
      return time === null ? [] : [{ time, logLikelihood }];
    });
    const most = fits.reduce((largest, fit) => Math.max(largest, fit.logLikelihood), -Infinity);
    const weighted = fits
      .map(({ time, logLikelihood }) => ({ time, weight: Math.exp(logLikelihood - most) }))
      .sort((a, b) => a.time - b.time);
    const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
    const at = (share: number): number => {
      let sum = 0;
      for (const { time, weight } of weighted) {
        sum += weight;
        if (sum >= share * total) return time;
      }
      return weighted.at(-1)?.time ?? 0;
    };
    return [at(0.5), at(0.05), at(0.95)];
  }

  #correlation(noise: number): number {
    return this.#tables.plain[noise]?.noise.r ?? 0;
  }

  /** A time in the series' own steps: the step of the last point up to it. */
  #turn(time: number, between: readonly [number, number] | null): Turn {
    return { step: this.#step(time), between: between && [this.#step(between[0]), this.#step(between[1])] };
  }

  #step(time: number): number {
    const { steps } = this.#points;
    const at = Math.min(steps.length, Math.max(1, Math.round(time * steps.length)));
    return steps[at - 1] ?? 0;
  }

  #say(
    what: Pick<Verdict, 'code'> & Partial<Pick<Verdict, 'clearly' | 'since' | 'settled' | 'bound'>>,
    evidence: Evidence | null,
  ): Verdict {
    return {
      code: what.code,
      clearly: what.clearly ?? false,
      since: what.since ?? null,
      settled: what.settled ?? null,
      bound: what.bound ?? null,
      points: this.#points.values.length,
      first: this.#points.steps[0] ?? null,
      best: this.#best,
      evidence,
    };
  }
}

/** Largest size that a coefficient may have: two standard errors beyond its own. */
function reachOf({ value, error }: { readonly value: number; readonly error: number }): number {
  return Math.abs(value) + 2 * error;
}

/** Tells whether a slope is large enough to be told: as a whole, or as fast as the fall before its knee. */
function isTold(tail: number, knee: number | null, drop: number): boolean {
  const size = Math.abs(tail);
  if (size > SLOPE_SHARE * drop) return true;
  return knee !== null && (size / (1 - knee)) * knee > SLOPE_SHARE * drop;
}

/** Time until which 95 % of the fall of a fitted curve is done, from bin `from` up to `end`. */
function doneOf(curve: Float64Array, from: number, end: number): number {
  let high = -Infinity;
  let low = Infinity;
  for (let i = from; i < end; i++) {
    high = Math.max(high, curve[i] ?? 0);
    low = Math.min(low, curve[i] ?? 0);
  }
  const target = high - 0.95 * (high - low);
  let at = curve.subarray(from, end).lastIndexOf(high) + from;
  while (at < end - 1 && (curve[at] ?? 0) > target) at++;
  return (at + 0.5) / curve.length;
}

function span(curve: Float64Array): number {
  let high = -Infinity;
  let low = Infinity;
  for (const value of curve) {
    high = Math.max(high, value);
    low = Math.min(low, value);
  }
  return high - low;
}
