// What the errors at several numbers of rows say of twice as many. Rates of the interval and of the verdicts: docs/data-curve.md.
import { hallMean, studentMean } from '../../statistics/means.ts';
import { meanOf, sdOf } from '../../statistics/moments.ts';
import { fitPowerLaw, type PowerLaw, type PowerLawFit, type Range } from '../../statistics/powerLaw.ts';
import { wilson } from '../../statistics/shares.ts';
import type { CurveMeasurement } from './measurement.ts';
import { testedRows } from './plan.ts';

/** Level of all intervals of a data curve. */
const CURVE_LEVEL = 0.9;
/** Distance of the power law from a real curve: a share of the error at the largest size, and as much again for each halving of the rows. */
const MISFIT = 0.01;
/** Rows to train on, and to test on, below which it may be due to their number that no model learned. */
const FEW_TO_LEARN = 150;
/** Largest fall over the last measured doubling, as a share of the error, that is still called flat. */
const FLAT = 0.05;
/** Share of the differences between rows that is noise; the rest is that some rows need more of the others than some do. */
const ROW_NOISE = 0.85;
/** Points of the drawn curve. */
const DRAWN = 24;

export interface CurvePoint {
  /** Rows trained on. */
  readonly rows: number;
  readonly error: Range;
}

/** `falls`: twice the rows lower the error. `flat`: they hardly do. `unclear`: there are too few rows to tell. */
export type CurveVerdict = 'falls' | 'flat' | 'unclear';

export interface DataCurve {
  /** Whether errors are distances of numbers or shares of wrong answers, 0…1. */
  readonly kind: CurveMeasurement['kind'];
  /** Examples of the file. */
  readonly rows: number;
  /** Rows that errors were measured on. */
  readonly tested: number;
  readonly crossValidated: boolean;
  /** Measured errors with their intervals, by rows trained on. */
  readonly points: readonly CurvePoint[];
  /** Error of the answer that is the same for all rows. */
  readonly constant: number;
  readonly verdict: CurveVerdict;
  /** Whether the models do better than the answer that is the same for all. */
  readonly learns: boolean;
  /** Likeliest power law; null where every answer is right. */
  readonly law: PowerLaw | null;
  /** Error of models that train on twice the rows, on the rows that are tested now. */
  readonly doubled: Range;
  /** The same error as a file of twice the rows would show it: by cross-validation other rows are tested then as well. */
  readonly doubledFile: Range;
  /** Fall of the curve until then. */
  readonly fall: Range;
  /** Curve from the smallest size to twice the largest, with the interval of an error that is measured on the rows tested now. */
  readonly band: readonly CurvePoint[];
}

/** Fits the curve and says what follows. */
export function dataCurveOf(measurement: CurveMeasurement): DataCurve {
  const { kind, rows, crossValidated, sizes, errors, constant } = measurement;
  const last = errors.at(-1) ?? new Float64Array();
  const largest = sizes.at(-1) ?? 0;
  const level = meanOf(last);
  const learns = isBetter(constant, last);
  const facts = {
    kind,
    rows,
    tested: last.length,
    crossValidated,
    points: sizes.map((size, at) => ({ rows: size, error: intervalOf(errors[at] ?? [], kind) })),
    constant: meanOf(constant),
    learns,
  };
  if (level === 0) {
    const none = { value: 0, low: 0, high: 0 };
    return { ...facts, verdict: 'flat', law: null, doubled: none, doubledFile: none, fall: none, band: [] };
  }
  const covariance = noiseOf(measurement);
  const fit = fitPowerLaw(
    sizes,
    errors.map((line) => meanOf(line)),
    covariance,
  );
  // Errors that are measured later have noise of their own.
  const relative = Math.sqrt(covariance.at(-1)?.at(-1) ?? 0) / level;
  const own = (value: number): number => relative * value;
  const sampling = samplingNoise(measurement, level);
  return {
    ...facts,
    verdict: verdictOf(measurement, level, learns),
    law: fit.best,
    doubled: possible(fit.at(2 * largest, CURVE_LEVEL, own), kind),
    doubledFile: possible(
      fit.at(2 * largest, CURVE_LEVEL, (value) => Math.hypot(own(value), sampling(value))),
      kind,
    ),
    fall: fit.fall(largest, 2 * largest, CURVE_LEVEL),
    band: bandOf(fit, sizes[0] ?? 1, 2 * largest, own).map(({ rows: size, error }) => ({
      rows: size,
      error: possible(error, kind),
    })),
  };
}

/** Falls where the last measured doubling did: the law alone falls a little in every file. */
function verdictOf({ sizes, errors, rows }: CurveMeasurement, level: number, learns: boolean): CurveVerdict {
  const last = errors.at(-1) ?? new Float64Array();
  if (!learns) return Math.min(rows, last.length) >= FEW_TO_LEARN ? 'flat' : 'unclear';
  const half = halfOf(sizes);
  const change = studentMean(
    last.map((error, row) => (errors[half]?.[row] ?? 0) - error),
    CURVE_LEVEL,
  );
  if (change === null) return 'unclear';
  if (change.low > 0) return 'falls';
  return change.high <= FLAT * level ? 'flat' : 'unclear';
}

/** Place of the largest size that is half of the last one, rounded as it may be. */
export function halfOf(sizes: readonly number[]): number {
  return sizes.findLastIndex((size) => 2 * size <= (sizes.at(-1) ?? 0) + 1);
}

/** Whether the errors of the models are below those of the constant answer, on the same rows, by more than chance. */
function isBetter(constant: Float64Array, model: Float64Array): boolean {
  const gain = studentMean(constant.map((error, row) => error - (model[row] ?? 0)));
  return gain !== null && gain.low > 0;
}

/** Mean error with its 90 % interval. */
export function intervalOf(errors: ArrayLike<number>, kind: CurveMeasurement['kind']): Range {
  const mean = meanOf(errors);
  const estimate =
    kind === 'numbers' ? hallMean(errors, CURVE_LEVEL) : wilson(mean * errors.length, errors.length, CURVE_LEVEL);
  return estimate ?? { value: mean, low: mean, high: mean };
}

/** An error is never below zero, and a share never above one. */
function possible({ value, low, high }: Range, kind: CurveMeasurement['kind']): Range {
  const most = kind === 'texts' ? 1 : Infinity;
  const within = (error: number): number => Math.min(most, Math.max(0, error));
  return { value: within(value), low: within(low), high: within(high) };
}

function bandOf(fit: PowerLawFit, from: number, to: number, noise: (value: number) => number): readonly CurvePoint[] {
  return Array.from({ length: DRAWN }, (_, step) => {
    const rows = Math.round(from * (to / from) ** (step / (DRAWN - 1)));
    return { rows, error: fit.at(rows, CURVE_LEVEL, noise) };
  });
}

/**
 * Standard deviation of the difference between the error on the rows tested now and on those tested with twice the rows, of which some are
 * the same. None with a validation file, whose rows stay.
 */
function samplingNoise(
  { kind, rows, crossValidated, errors }: CurveMeasurement,
  level: number,
): (value: number) => number {
  if (!crossValidated) return () => 0;
  const last = errors.at(-1) ?? new Float64Array();
  const tested = last.length;
  const share = Math.sqrt(Math.max(0, 1 / tested + 1 / testedRows(2 * rows) - 1 / rows));
  const relative = sdOf(last) / level;
  return kind === 'numbers'
    ? (value) => relative * value * share
    : (value) => Math.sqrt(Math.max(1 / tested, value * (1 - value))) * share;
}

/**
 * Covariances of the mean errors' noise around the curve of the tested rows: rows whose errors go another way than those of others, and the
 * misfit of the law.
 */
function noiseOf({
  kind,
  sizes,
  errors,
}: Pick<CurveMeasurement, 'kind' | 'sizes' | 'errors'>): readonly (readonly number[])[] {
  const tested = errors[0]?.length ?? 0;
  const largest = sizes.at(-1) ?? 1;
  const means = errors.map((line) => meanOf(line));
  const typical = meanOf(means);
  const misfit = MISFIT * (means.at(-1) ?? 0);
  const covariance = sizes.map(() => sizes.map(() => 0));
  for (let row = 0; row < tested; row += 1) {
    const own = errors.reduce((sum, line) => sum + (line[row] ?? 0), 0) / errors.length;
    const away = errors.map((line, at) => (line[row] ?? 0) - own - ((means[at] ?? 0) - typical));
    for (const [i, one] of away.entries()) {
      const line = covariance[i];
      if (line)
        for (const [j, other] of away.entries()) line[j] = (line[j] ?? 0) + (ROW_NOISE * one * other) / tested ** 2;
    }
  }
  // A share of wrong answers is known to half a row at best.
  const grain = kind === 'texts' ? 0.5 / tested : 0;
  return covariance.map((line, i) =>
    line.map((value, j) => {
      const halvings = Math.log2(largest / (sizes[i] ?? largest));
      return i === j ? value + (misfit * (1 + halvings)) ** 2 + grain ** 2 : value;
    }),
  );
}
