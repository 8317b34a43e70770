import { dot, gramInverse, project } from './leastSquares.ts';
import type { Family, Shape } from './shapes.ts';
import type { NoiseTable, Tables } from './tables.ts';

/** A shape with the noise that suits it best. */
export interface Scored {
  readonly shape: Shape;
  readonly logLikelihood: number;
  /** Index of the noise among `tables.plain`. */
  readonly noise: number;
}

export interface Fit extends Scored {
  /** Coefficients of the shape's columns. */
  readonly coefficients: Float64Array;
}

/** Fits of all shapes to one curve. */
export interface Fits {
  /** Log-likelihood of the constant. */
  readonly constant: number;
  /** Index of the constant's noise. */
  readonly constantNoise: number;
  /** By the order of `table.shapes`. */
  readonly all: readonly Scored[];
}

/** A coefficient with its standard error. */
export interface Coefficient {
  readonly value: number;
  readonly error: number;
}

/** Share of a curve's squares below which a rest is rounding. */
const ROUNDING = 1e-12;

/** Fits all shapes by least squares, each with its best noise of the plain ones. `curve`: m values, whose mean is 0. */
export function fitAll(curve: Float64Array, { m, plain, table }: Tables): Fits {
  const { shapes } = table;
  const best = new Float64Array(shapes.length).fill(-Infinity);
  const noises = new Uint8Array(shapes.length);
  let constant = -Infinity;
  let constantNoise = 0;
  plain.forEach((one, noise) => {
    const { inner, squares } = seenBy(curve, one);
    const flat = logLikelihood(squares, squares, m, one.term);
    if (flat > constant) {
      constant = flat;
      constantNoise = noise;
    }
    for (let index = 0; index < shapes.length; index++) {
      const shape = shapes[index];
      if (shape === undefined) continue;
      const rest = squares - explained(shape.columns, inner, one.inverses[index] ?? EMPTY);
      const likelihood = logLikelihood(rest, squares, m, one.term) - shape.pay;
      if (likelihood > (best[index] ?? 0)) {
        best[index] = likelihood;
        noises[index] = noise;
      }
    }
  });
  const all = shapes.map((shape, index): Scored => ({
    shape,
    noise: noises[index] ?? 0,
    logLikelihood: best[index] ?? -Infinity,
  }));
  return { constant, constantNoise, all };
}

/** Best fit of a family to a curve; the first one of equals. */
export function bestOf(curve: Float64Array, { all }: Fits, family: Family, tables: Tables): Fit {
  let at = -1;
  all.forEach(({ logLikelihood, shape }, index) => {
    if (shape.family === family && logLikelihood > (all[at]?.logLikelihood ?? -Infinity)) at = index;
  });
  const best = all[at];
  const table = tables.plain[best?.noise ?? -1];
  if (best === undefined || table === undefined) throw new Error('A family has no shape.');
  const { inner } = seenBy(curve, table);
  return { ...best, coefficients: solve(best.shape.columns, inner, table.inverses[at] ?? EMPTY) };
}

/** Twice the gain in log-likelihood of the best shape over the constant, with noises that drift like a random walk among the choice. */
export function strictGain(curve: Float64Array, fits: Fits, tables: Tables): number {
  let constant = fits.constant;
  let best = -Infinity;
  for (const fit of fits.all) best = Math.max(best, fit.logLikelihood);
  for (const noise of tables.drifting()) {
    const { squares, inner } = seenBy(curve, noise);
    constant = Math.max(constant, logLikelihood(squares, squares, tables.m, noise.term));
    tables.table.shapes.forEach((shape, index) => {
      const rest = squares - explained(shape.columns, inner, noise.inverses[index] ?? EMPTY);
      best = Math.max(best, logLikelihood(rest, squares, tables.m, noise.term) - shape.pay);
    });
  }
  return 2 * (best - constant);
}

/** Values of a fitted curve at the bins, without its constant. */
export function fittedCurve({ shape, coefficients }: Fit, { m, table }: Tables): Float64Array {
  const curve = new Float64Array(m);
  shape.columns.forEach((column, k) => {
    const values = table.columns[column] ?? EMPTY;
    for (let i = 0; i < m; i++) curve[i] = (curve[i] ?? 0) + (coefficients[k] ?? 0) * (values[i] ?? 0);
  });
  return curve;
}

/**
 * Last coefficient of a fit with these columns and its standard error, with a given noise (index among the plain ones); the error counts
 * the constant, the columns and the noise as estimated. Null when the columns depend on each other.
 */
export function lastCoefficient(
  curve: Float64Array,
  columns: readonly number[],
  noise: number,
  { m, plain }: Tables,
): Coefficient | null {
  const one = plain[noise];
  if (one === undefined) return null;
  const { squares, inner } = seenBy(curve, one);
  const inverse = gramInverse(columns.map((index) => one.columns[index] ?? EMPTY));
  const p = columns.length;
  const variance = inverse[p * p - 1] ?? 0;
  if (!(variance > 0)) return null;
  const rest = Math.max(0, squares - explained(columns, inner, inverse));
  const value = solve(columns, inner, inverse)[p - 1] ?? 0;
  return { value, error: Math.sqrt((rest / (m - (p + 1) - 1)) * variance) };
}

interface Seen {
  /** Sum of squares of the whitened curve without its constant. */
  readonly squares: number;
  /** Inner products with all columns. */
  readonly inner: Float64Array;
}

function seenBy(curve: Float64Array, { whiten, constant, columns }: NoiseTable): Seen {
  const whitened = whiten(curve);
  project(whitened, constant);
  const inner = new Float64Array(columns.length);
  for (let i = 0; i < inner.length; i++) inner[i] = dot(columns[i] ?? EMPTY, whitened);
  return { squares: dot(whitened, whitened), inner };
}

/** Sum of squares that columns explain. */
function explained(columns: readonly number[], inner: Float64Array, inverse: Float64Array): number {
  const p = columns.length;
  const first = inner[columns[0] ?? 0] ?? 0;
  // Nearly all shapes have one or two columns: without these lines a verdict takes twice as long.
  if (p === 1) return first * first * (inverse[0] ?? 0);
  if (p === 2) {
    const second = inner[columns[1] ?? 0] ?? 0;
    return (
      first * first * (inverse[0] ?? 0) + 2 * first * second * (inverse[1] ?? 0) + second * second * (inverse[3] ?? 0)
    );
  }
  let sum = 0;
  for (let i = 0; i < p; i++) {
    const a = inner[columns[i] ?? 0] ?? 0;
    for (let j = 0; j < p; j++) sum += a * (inverse[i * p + j] ?? 0) * (inner[columns[j] ?? 0] ?? 0);
  }
  return sum;
}

/** Coefficients of columns. */
function solve(columns: readonly number[], inner: Float64Array, inverse: Float64Array): Float64Array {
  const p = columns.length;
  return Float64Array.from(columns, (_, i) =>
    columns.reduce((sum, column, j) => sum + (inverse[i * p + j] ?? 0) * (inner[column] ?? 0), 0),
  );
}

function logLikelihood(rest: number, squares: number, m: number, term: number): number {
  return -(m / 2) * Math.log(Math.max(rest, ROUNDING * squares) / m) + term;
}

const EMPTY = new Float64Array(0);
