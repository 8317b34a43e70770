import { lowerBound } from './thinning.ts';

/** Quantities that a curve can be drawn over. Relative time is in seconds since the first report, wall time in Unix seconds. */
export const X_AXES = ['step', 'epoch', 'examples', 'tokens', 'relative', 'wall'] as const;
export type XAxis = (typeof X_AXES)[number];

/** Size of a job; null where unknown. */
export interface JobScale {
  readonly epochs: number | null;
  /** Examples in the training file. */
  readonly examples: number | null;
  /** Tokens of all epochs together. */
  readonly trainedTokens: number | null;
  readonly batchSize: number | null;
}

/** What places the rows of a curve. */
export interface RowPlaces {
  readonly steps: Float64Array;
  /** Unix seconds, 0 where unknown; null: none is known. */
  readonly times: Uint32Array | null;
  /** Epoch of each row as the provider reports it, NaN where it does not; null: it never does. */
  readonly epochs: Float64Array | null;
  readonly totalSteps: number | null;
  readonly scale: JobScale;
}

/** Place of a step on an axis: a multiple of the step, or a value a row. */
export type XMap = { readonly factor: number } | { readonly steps: Float64Array; readonly values: Float64Array };

/** How steps are placed on an axis; null where the job does not know it. */
export function xMapOf(axis: XAxis, rows: RowPlaces): XMap | null {
  const { epochs, examples, trainedTokens, batchSize } = rows.scale;
  switch (axis) {
    case 'step':
      return { factor: 1 };
    case 'epoch':
      return rows.epochs ? tableOf(rows.steps, rows.epochs) : perStep(epochs, rows.totalSteps);
    case 'examples':
      if (batchSize !== null && batchSize > 0) return { factor: batchSize };
      return perStep(epochs === null || examples === null ? null : epochs * examples, rows.totalSteps);
    case 'tokens':
      return perStep(trainedTokens, rows.totalSteps);
    case 'relative':
    case 'wall': {
      const first = rows.times?.find((time) => time > 0);
      if (!rows.times || first === undefined) return null;
      const origin = axis === 'wall' ? 0 : first;
      return tableOf(
        rows.steps,
        Float64Array.from(rows.times, (time) => (time > 0 ? time - origin : Number.NaN)),
      );
    }
  }
}

/** Place of a step; between rows on the line between them, beyond the last one at the last one. */
export function placeOf(map: XMap, step: number): number {
  if ('factor' in map) return step * map.factor;
  const { steps, values } = map;
  const at = lowerBound(steps, steps.length, step);
  if (at >= steps.length) return values[steps.length - 1] ?? Number.NaN;
  if (at === 0 || steps[at] === step) return values[at] ?? Number.NaN;
  const [left, right] = [steps[at - 1] ?? 0, steps[at] ?? 0];
  const share = (step - left) / (right - left);
  return (values[at - 1] ?? 0) * (1 - share) + (values[at] ?? 0) * share;
}

/** Places of the points of a series. `rows`: their rows; null: point i is row i. */
export function placesOf(map: XMap, steps: Float64Array, rows: Uint32Array | null): Float64Array {
  if ('factor' in map) return map.factor === 1 ? steps : steps.map((step) => step * map.factor);
  if (rows === null) return map.values.subarray(0, steps.length);
  return Float64Array.from(rows, (row) => map.values[row] ?? Number.NaN);
}

function perStep(all: number | null, totalSteps: number | null): XMap | null {
  return all === null || totalSteps === null || !(all > 0) || !(totalSteps > 0) ? null : { factor: all / totalSteps };
}

/** Values that never fall, since points are drawn in the order of their steps; a missing one is that of the row before it. */
function tableOf(steps: Float64Array, raw: Float64Array): XMap {
  const values = new Float64Array(raw.length);
  let last = raw.find((value) => Number.isFinite(value)) ?? 0;
  for (let i = 0; i < raw.length; i++) {
    const value = raw[i] ?? Number.NaN;
    if (value > last) last = value;
    values[i] = last;
  }
  return { steps, values };
}
