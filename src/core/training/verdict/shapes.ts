// Shapes of curves that a verdict chooses among (docs/verdicts.md, "Shapes"). A shape is a constant plus some columns with free
// coefficients; time runs from 0 to 1 over the curve, bin i of m is at (i + ½)/m.

/** Family of a shape: the curve is flat after its knee, or has a slope there. */
export type Family = 'fall-then-flat' | 'fall-then-slope';

/** A shape: its columns by their indices in the table of columns, without the constant. */
export interface Shape {
  readonly family: Family;
  /** Indices of columns; a slope after the knee is the last one. */
  readonly columns: readonly number[];
  /** Knee as a share of the curve; null: the straight line. */
  readonly knee: number | null;
  /** Share of the curve where 95 % of the fall before the knee is done; 1 for the straight line. */
  readonly done: number;
  /** Share of the curve where a rise of this form begins. */
  readonly start: number;
  /** Log-likelihood that a shape with more freedom must pay. */
  readonly pay: number;
  /** Index of the unsquared column of the slope after the knee; null: the knee is too late for one, or there is none. */
  readonly slope: number | null;
}

export interface ShapeTable {
  /** Values at m bins, a column each. */
  readonly columns: readonly Float64Array[];
  /** 339 shapes; the constant, which is the 340th, has no column. */
  readonly shapes: readonly Shape[];
}

const KNEES: readonly number[] = Array.from({ length: 23 }, (_, i) => (6 + 4 * i) / 100);
/** Latest knee that a slope may follow. */
const LAST_SLOPE = 0.9;
/** Bends of falls; Infinity: straight. */
const BENDS = [Infinity, 0.75, 0.35, 0.2] as const;
/** Bends whose slope may also be squared. */
const SQUARED: ReadonlySet<number> = new Set([Infinity, 0.35]);
/** Widths of late falls. */
const WIDTHS = [0.04, 0.12, 0.3] as const;
const EARLIEST_LATE_FALL = 0.05;
const LATE_PAY = 2;
/** Numbers of equal epochs of stairs. */
const STAIRS = [3, 4, 5] as const;

/** Makes the shapes for a curve of `m` bins; costs some 200 · m exponentials. */
export function shapesFor(m: number): ShapeTable {
  const columns: Float64Array[] = [];
  const add = (at: (time: number) => number): number =>
    columns.push(Float64Array.from({ length: m }, (_, i) => at((i + 0.5) / m))) - 1;
  const flat: Shape[] = [];
  const slopes: Shape[] = [];
  const line = add((time) => time);
  slopes.push({
    family: 'fall-then-slope',
    columns: [line],
    knee: null,
    done: 1,
    start: 0,
    pay: 0,
    slope: null,
  });
  for (const knee of KNEES) {
    const slope = add((time) => Math.max(time - knee, 0) / (1 - knee));
    const squared = knee > LAST_SLOPE ? null : add((time) => (Math.max(time - knee, 0) / (1 - knee)) ** 2);
    const both = (fall: number, done: number, start: number, pay: number, bend: number | null): void => {
      const shape = { knee, done, start, pay, slope };
      flat.push({ ...shape, family: 'fall-then-flat', columns: [fall] });
      if (squared === null) return;
      slopes.push({ ...shape, family: 'fall-then-slope', columns: [fall, slope] });
      if (bend !== null && SQUARED.has(bend))
        slopes.push({ ...shape, family: 'fall-then-slope', columns: [fall, squared] });
    };
    for (const bend of BENDS) both(add(fallOf(knee, bend)), doneOf(knee, bend), 0, 0, bend);
    for (const width of WIDTHS) {
      if (!(knee - width > EARLIEST_LATE_FALL + 1e-9)) continue;
      const fall = add((time) => Math.min(1, Math.max(0, (knee - time) / width)));
      both(fall, knee - 0.05 * width, knee - width, LATE_PAY, null);
    }
  }
  for (const epochs of STAIRS) {
    const heights = Array.from({ length: epochs - 1 }, (_, epoch) =>
      add((time) => (Math.floor(time * epochs) === epoch ? 1 : 0)),
    );
    const knee = (epochs - 1) / epochs;
    flat.push({
      family: 'fall-then-flat',
      columns: heights,
      knee,
      done: knee,
      start: 1 / epochs,
      pay: 2 * (epochs - 1),
      slope: add((time) => Math.max(time - knee, 0) / (1 - knee)),
    });
  }
  return { columns, shapes: [...flat, ...slopes] };
}

/** Fall from 1 at the start to 0 at the knee, straight or exponential. */
function fallOf(knee: number, bend: number): (time: number) => number {
  if (bend === Infinity) return (time) => Math.max(knee - time, 0) / knee;
  const end = Math.exp(-1 / bend);
  return (time) => (time >= knee ? 0 : (Math.exp(-time / (bend * knee)) - end) / (1 - end));
}

/** Share of the curve where 95 % of such a fall is done. */
function doneOf(knee: number, bend: number): number {
  if (bend === Infinity) return 0.95 * knee;
  const end = Math.exp(-1 / bend);
  return -bend * knee * Math.log(0.05 * (1 - end) + end);
}
