import * as z from 'zod/mini';
import { SMOOTHINGS, type Smoothing } from '../../../src/core/training/curves/smoothing.ts';
import { X_AXES } from '../../../src/core/training/curves/xAxis.ts';
import { BEHIND } from '../../charts/curves/curvePicture.ts';

const scale = z.enum(['linear', 'log']);
const bound = z.catch(z.nullable(z.number()), null);

/** Smoothing of a chart that was not changed yet. */
export const DEFAULT_WEIGHT = 0.9;

/** Slider of a kind of smoothing. */
export interface SmoothingRange {
  readonly least: number;
  readonly most: number;
  readonly step: number;
  /** When the kind is chosen. */
  readonly first: number;
  readonly digits: number;
}

export function smoothingRange(kind: Smoothing): SmoothingRange {
  switch (kind) {
    case 'gaussian':
      return { least: 0, most: 100, step: 0.5, first: 5, digits: 1 };
    case 'average':
      return { least: 1, most: 201, step: 2, first: 21, digits: 0 };
    default:
      return { least: 0, most: 0.99, step: 0.01, first: DEFAULT_WEIGHT, digits: 2 };
  }
}

const familyView = z.object({
  smoothing: z.catch(z.enum(SMOOTHINGS), 'ema'),
  amount: z.catch(z.number().check(z.gte(0), z.lte(1000)), DEFAULT_WEIGHT),
  behind: z.catch(z.enum(BEHIND), 'line'),
  yMin: bound,
  yMax: bound,
  yScale: z.catch(scale, 'linear'),
  ignoreOutliers: z.catch(z.boolean(), false),
});
/** View of one chart. */
export type FamilyView = z.output<typeof familyView>;

/** State of the charts kept over a reload and with the job. Every field falls back on its own: a page of another version may have written it. */
const curveView = z.object({
  axis: z.catch(z.enum(X_AXES), 'step'),
  xScale: z.catch(scale, 'linear'),
  /** Null: everything. In units of the axis. */
  x: z.catch(z.nullable(z.object({ from: z.number(), to: z.number() })), null),
  charts: z.catch(z.record(z.string(), familyView), {}),
  /** Lines, metrics and jobs that are switched off. */
  hidden: z.catch(z.array(z.string()).check(z.maxLength(10_000)), []),
  /** Job that the others are compared with. */
  baseline: z.catch(z.nullable(z.string()), null),
  table: z.catch(z.boolean(), false),
});
export type CurveView = z.output<typeof curveView>;

/** Of pages before there was a chart a family. */
const earlier = z.object({
  measure: z.enum(['loss', 'accuracy']),
  smoothing: z.catch(z.number().check(z.gte(0), z.lte(0.99)), DEFAULT_WEIGHT),
  yMin: bound,
  yMax: bound,
});

/** Reads what a page or the extension kept; untrusted. */
export function readCurveView(saved: unknown): CurveView {
  const view = curveView.safeParse(saved ?? {}).data ?? curveView.parse({});
  const before = earlier.safeParse(saved).data;
  if (!before) return view;
  const { measure, smoothing: amount, yMin, yMax } = before;
  const both = { ...familyView.parse({}), amount };
  return { ...view, charts: { loss: both, accuracy: both, [measure]: { ...both, yMin, yMax } } };
}

export function familyViewOf(view: CurveView, family: string): FamilyView {
  return view.charts[family] ?? familyView.parse({});
}
