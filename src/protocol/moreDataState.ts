import * as z from 'zod/mini';
import type { ModelPoints } from '../core/dataset/dataCurve/modelPoints.ts';
import type { MoreData } from '../core/dataset/dataCurve/moreData.ts';
import { count, nullableNumber, problem, type Same } from './panelShared.ts';

/** Answer to *Would more data help?* in the report, and the state of asking. */
export interface MoreDataState {
  readonly status: 'none' | 'measuring' | 'canceled' | 'failed' | 'done';
  /** 0…1 while measuring. */
  readonly progress: number;
  /** Seconds that a measurement takes about; null where there are no examples to measure with. */
  readonly seconds: number | null;
  /** Name of the file that errors are measured on; null: by cross-validation. */
  readonly validation: string | null;
  readonly problem: { readonly message: string; readonly action: string } | null;
  readonly moreData: MoreData | null;
  readonly points: ModelPointsState;
}

/** Points of open-weights models beside the curve, and the state of measuring them. */
export interface ModelPointsState {
  readonly status: 'idle' | 'measuring' | 'canceled' | 'failed';
  /** While measuring. */
  readonly progress: PointsProgress;
  readonly problem: { readonly message: string; readonly action: string } | null;
  /** Those that were measured; of a measurement that ended early, the points until then. */
  readonly models: readonly ModelPoints[];
}

export interface PointsProgress {
  /** Activity, such as `training 2 of 3, on 50 % of the rows`. */
  readonly text: string;
  /** Share of the trainings, then of the questions, 0…1. */
  readonly fraction: number;
}

const range = z.object({ value: z.number(), low: z.number(), high: z.number() });
const points = z.array(z.object({ rows: count, error: range }));
const row = { line: count, title: z.string(), answer: z.string() };

const moreData = z.object({
  verdict: z.enum(['falls', 'flat', 'unclear', 'unfit']),
  sentences: z.array(z.string()),
  curve: z.nullable(
    z.object({
      kind: z.enum(['numbers', 'texts']),
      rows: count,
      tested: count,
      crossValidated: z.boolean(),
      points,
      constant: z.number(),
      verdict: z.enum(['falls', 'flat', 'unclear']),
      learns: z.boolean(),
      law: z.nullable(z.object({ a: z.number(), b: z.number(), c: z.number(), d: z.number() })),
      doubled: range,
      doubledFile: range,
      fall: range,
      band: points,
    }),
  ),
  hardest: z.array(
    z.object({ ...row, said: z.string(), distance: nullableNumber, near: z.array(z.object({ ...row })) }),
  ),
});

export const pointsProgress = z.object({ text: z.string(), fraction: z.number() });

export const moreDataState = z.object({
  status: z.enum(['none', 'measuring', 'canceled', 'failed', 'done']),
  progress: z.number(),
  seconds: nullableNumber,
  validation: z.nullable(z.string()),
  problem: z.nullable(problem),
  moreData: z.nullable(moreData),
  points: z.object({
    status: z.enum(['idle', 'measuring', 'canceled', 'failed']),
    progress: pointsProgress,
    problem: z.nullable(problem),
    models: z.array(z.object({ model: z.string(), tested: count, ofValidation: z.boolean(), points })),
  }),
});

true satisfies Same<z.output<typeof moreDataState>, MoreDataState>;

/** Messages of the report's page about it. */
export type FromMoreData =
  | { readonly type: 'measureMoreData' }
  | { readonly type: 'stopMoreData' }
  /** Measures points of an open-weights model beside the curve, or ends that. */
  | { readonly type: 'addModelPoints' | 'stopModelPoints' }
  /** Goes to a row of the hardest ones, or to a row like it, by their places in the lists. */
  | { readonly type: 'showHardRow'; readonly row: number; readonly near: number | null };

export const fromMoreData = [
  z.object({ type: z.literal('measureMoreData') }),
  z.object({ type: z.literal('stopMoreData') }),
  z.object({ type: z.enum(['addModelPoints', 'stopModelPoints']) }),
  z.object({ type: z.literal('showHardRow'), row: count, near: z.nullable(count) }),
] as const;
