/** Inner product of two columns of the same length (of an empty one: 0). */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** Takes the share of a column of length 1 out of another one. */
export function project(column: Float64Array, unit: Float64Array): void {
  const share = dot(column, unit);
  for (let i = 0; i < column.length; i++) column[i] = (column[i] ?? 0) - share * (unit[i] ?? 0);
}

const EMPTY = new Float64Array(0);

/** Share of its own size below which a pivot is rounding: the columns depend on each other. */
const SINGULAR = 1e-10;

/** Inverse of XᵀX for columns of X, row by row; all zero (a fit without effect) when the columns depend on each other. */
export function gramInverse(columns: readonly Float64Array[]): Float64Array {
  const p = columns.length;
  const [first = EMPTY, second = EMPTY] = columns;
  if (p <= 2) {
    // Nearly all shapes have one or two columns, and there are thousands of them to prepare.
    const [aa, ab, bb] = [dot(first, first), dot(first, second), dot(second, second)];
    if (p === 1) return Float64Array.of(aa > 0 ? 1 / aa : 0);
    const determinant = aa * bb - ab * ab;
    if (!(determinant > SINGULAR * aa * bb)) return new Float64Array(4);
    return Float64Array.of(bb / determinant, -ab / determinant, -ab / determinant, aa / determinant);
  }
  const gram = columns.map((a) => columns.map((b) => dot(a, b)));
  const inverse: number[][] = columns.map((_, i) => columns.map((__, j) => (i === j ? 1 : 0)));
  for (let i = 0; i < p; i++) {
    const row = gram[i] ?? [];
    const pivot = row[i] ?? 0;
    const size = dot(columns[i] ?? EMPTY, columns[i] ?? EMPTY);
    if (!(pivot > SINGULAR * size)) return new Float64Array(p * p);
    const unit = inverse[i] ?? [];
    for (let j = 0; j < p; j++) {
      row[j] = (row[j] ?? 0) / pivot;
      unit[j] = (unit[j] ?? 0) / pivot;
    }
    for (let k = 0; k < p; k++) {
      const factor = gram[k]?.[i] ?? 0;
      if (k === i || factor === 0) continue;
      for (let j = 0; j < p; j++) {
        (gram[k] ?? [])[j] = (gram[k]?.[j] ?? 0) - factor * (row[j] ?? 0);
        (inverse[k] ?? [])[j] = (inverse[k]?.[j] ?? 0) - factor * (unit[j] ?? 0);
      }
    }
  }
  return Float64Array.from(inverse.flat());
}
