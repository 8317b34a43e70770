import { DRIFTING, noiseTerm, PLAIN, whitenerOf, type Noise, type Whitener } from './noise.ts';
import { dot, gramInverse, project } from './leastSquares.ts';
import { shapesFor, type ShapeTable } from './shapes.ts';

/** Columns of all shapes as one noise sees them: whitened, and without their share of the constant. */
export interface NoiseTable {
  readonly noise: Noise;
  readonly whiten: Whitener;
  /** Part of the log-likelihood that does not depend on the data. */
  readonly term: number;
  /** Whitened constant, scaled to length 1. */
  readonly constant: Float64Array;
  /** Column after column, m values each. */
  readonly columns: readonly Float64Array[];
  /** Inverse of XᵀX of every shape, row by row. */
  readonly inverses: readonly Float64Array[];
}

/** Everything that fits of curves with `m` bins need and that does not depend on the data. */
export interface Tables {
  readonly m: number;
  readonly table: ShapeTable;
  readonly plain: readonly NoiseTable[];
  /** Made on the first use: only curves with a trend need it. */
  drifting(): readonly NoiseTable[];
}

// Kept for the last few numbers of bins: 60 for every curve of 60 points and above (2 MB, 4 MB with `drifting`), and those that a
// short live curve passes through.
const KEPT = 4;
const kept = new Map<number, Tables>();

/** Tables for `m` bins (13 … 60); made once, in some 10 ms. */
export function tablesFor(m: number): Tables {
  const tables = kept.get(m) ?? makeTables(m);
  kept.delete(m);
  kept.set(m, tables);
  const [oldest] = kept.keys();
  if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
  return tables;
}

function makeTables(m: number): Tables {
  const table = shapesFor(m);
  let drifting: readonly NoiseTable[] | undefined;
  return {
    m,
    table,
    plain: PLAIN.map((noise) => noiseTable(table, m, noise)),
    drifting: () => (drifting ??= DRIFTING.map((noise) => noiseTable(table, m, noise))),
  };
}

function noiseTable({ columns, shapes }: ShapeTable, m: number, noise: Noise): NoiseTable {
  const whiten = whitenerOf(noise, m);
  const constant = whiten(new Float64Array(m).fill(1));
  const length = Math.sqrt(dot(constant, constant));
  const unit = constant.map((value) => value / length);
  const whitened = columns.map((column) => {
    const own = whiten(column);
    project(own, unit);
    return own;
  });
  const inverses = shapes.map((shape) => gramInverse(shape.columns.map((index) => whitened[index] ?? own())));
  return { noise, whiten, term: noiseTerm(noise, m), constant: unit, columns: whitened, inverses };
}

function own(): never {
  throw new Error('A shape names a column that its table lacks.');
}
