import { dot, gramInverse, project } from './leastSquares.ts';
import { whiten } from './noise.ts';
import type { Family, Shape } from './shapes.ts';
import type { NoiseTable, Tables } from './tables.ts';

/** A shape with the noise that suits it best. */
export interface Fit {
  readonly shape: Shape;
  readonly logLikelihood: number;
  /** Index of the noise among `tables.plain`. */
  readonly noise: number;
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
  readonly all: readonly Fit[];
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
  const seen = plain.map((one) => seenBy(curve, one));
  seen.forEach(({ squares, inner }, noise) => {
    const one = plain[noise];
    if (one === undefined) return;
    const flat = logLikelihood(squares, squares, m, one.term);
    if (flat > constant) {
      constant = flat;
      constantNoise = noise;
    }
    shapes.forEach((shape, index) => {
      const rest = squares - explained(shape, inner, one.inverses[index]);
      const likelihood = logLikelihood(rest, squares, m, one.term) - shape.pay;
      if (likelihood > (best[index] ?? 0)) {
        best[index] = likelihood;
        noises[index] = noise;
      }
    });
  });
  const all = shapes.map((shape, index): Fit => {
    const noise = noises[index] ?? 0;
    const coefficients = solve(shape, seen[noise]?.inner ?? EMPTY, plain[noise]?.inverses[index] ?? EMPTY);
    return { shape, noise, coefficients, logLikelihood: best[index] ?? -Infinity };
  });
  return { constant, constantNoise, all };
}

/** Best fit of a family; the first one of equals. */
export function bestOf({ all }: Fits, family: Family): Fit {
  let best: Fit | undefined;
  for (const fit of all)
    if (fit.shape.family === family && (best === undefined || fit.logLikelihood > best.logLikelihood)) best = fit;
  if (best === undefined) throw new Error('A family has no shape.');
  return best;
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
      const rest = squares - explained(shape, inner, noise.inverses[index]);
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
  const shape = { columns };
  const rest = Math.max(0, squares - explained(shape, inner, inverse));
  const value = solve(shape, inner, inverse)[p - 1] ?? 0;
  return { value, error: Math.sqrt((rest / (m - (p + 1) - 1)) * variance) };
}

interface Seen {
  /** Sum of squares of the whitened curve without its constant. */
  readonly squares: number;
  /** Inner products with all columns. */
  readonly inner: Float64Array;
}

function seenBy(curve: Float64Array, { noise, constant, columns }: NoiseTable): Seen {
  const whitened = whiten(curve, noise);
  project(whitened, constant);
  return { squares: dot(whitened, whitened), inner: Float64Array.from(columns, (column) => dot(column, whitened)) };
}

/** Sum of squares that a shape explains. */
function explained({ columns }: Pick<Shape, 'columns'>, inner: Float64Array, inverse: Float64Array = EMPTY): number {
  const p = columns.length;
  let sum = 0;
  for (let i = 0; i < p; i++) {
    const a = inner[columns[i] ?? 0] ?? 0;
    for (let j = 0; j < p; j++) sum += a * (inverse[i * p + j] ?? 0) * (inner[columns[j] ?? 0] ?? 0);
  }
  return sum;
}

function solve({ columns }: Pick<Shape, 'columns'>, inner: Float64Array, inverse: Float64Array): Float64Array {
  const p = columns.length;
  return Float64Array.from(columns, (_, i) =>
    columns.reduce((sum, column, j) => sum + (inverse[i * p + j] ?? 0) * (inner[column] ?? 0), 0),
  );
}

function logLikelihood(rest: number, squares: number, m: number, term: number): number {
  return -(m / 2) * Math.log(Math.max(rest, ROUNDING * squares) / m) + term;
}

const EMPTY = new Float64Array(0);
