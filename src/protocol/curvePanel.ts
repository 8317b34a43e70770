// Messages of the panel that shows curves of files.
import * as z from 'zod/mini';
import { isPointTable, type PointTable } from '../core/training/curves/pointTable.ts';
import { count, nullableNumber, type Same } from './panelShared.ts';

export interface CurvePanelState {
  readonly panel: 'curve';
  /** Paths, as the window needs them to open the panel again. */
  readonly paths: readonly string[];
  readonly title: string;
  readonly files: readonly CurvePanelFile[];
  /** Trainings in the files; their points come in parts, as `curvePart`. */
  readonly runs: readonly CurvePanelRun[];
}

export interface CurvePanelFile {
  readonly name: string;
  /** Why it could not be read; null: it was. */
  readonly failure: string | null;
  /** Places that could not be read, the first ones; lines from 1. */
  readonly problems: readonly { readonly line: number; readonly reason: string }[];
  readonly problemCount: number;
  readonly leftOut: readonly string[];
}

export interface CurvePanelRun {
  readonly id: string;
  readonly name: string;
  readonly rows: number;
  /** Null: unknown. */
  readonly epochs: number | null;
}

export interface ToCurvePanel {
  readonly type: 'curvePart';
  readonly run: string;
  readonly curve: PointTable;
}

export const curveState = z.object({
  panel: z.literal('curve'),
  paths: z.array(z.string()),
  title: z.string(),
  files: z.array(
    z.object({
      name: z.string(),
      failure: z.nullable(z.string()),
      problems: z.array(z.object({ line: z.number(), reason: z.string() })),
      problemCount: count,
      leftOut: z.array(z.string()),
    }),
  ),
  runs: z.array(z.object({ id: z.string(), name: z.string(), rows: count, epochs: nullableNumber })),
});

export const toCurvePanel = z.object({
  type: z.literal('curvePart'),
  run: z.string(),
  curve: z.custom<PointTable>(isPointTable),
});

true satisfies Same<z.output<typeof curveState>, CurvePanelState>;
true satisfies Same<z.output<typeof toCurvePanel>, ToCurvePanel>;
