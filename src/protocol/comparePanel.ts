import * as z from 'zod/mini';
import type { JobRow } from '../core/training/compare/jobRow.ts';
import { isPointTable, type PointTable } from '../core/training/curves/pointTable.ts';
import { unconditionalLoss, type PanelUnconditionalLoss } from './chartMessages.ts';
import type { JobScale } from './jobPanel.ts';
import { areJobRows } from './jobRowCheck.ts';
import { count, nullableNumber, type Same } from './panelShared.ts';

/** A job among those whose curves are compared. */
export interface ComparedJob {
  readonly row: JobRow;
  /** It still trains. */
  readonly isLive: boolean;
  readonly totalSteps: number | null;
  readonly scale: JobScale;
  /** Absent where no event told it. */
  readonly unconditional?: PanelUnconditionalLoss;
  readonly checkpoints: readonly { readonly step: number; readonly label: string }[];
  /** Rows of its curve when this was written: the page draws when it has them. */
  readonly curveRows: number;
}

/** Rows of a job's training data beside those of the first job; null where a copy is missing or cannot be read. */
export interface DataChange {
  /** Key of the job (`rowKey`). */
  readonly job: string;
  readonly rows: { readonly added: number; readonly removed: number; readonly kept: number } | null;
}

/** Curves follow as patches right after the state. */
export interface ComparePanelState {
  readonly panel: 'compare';
  readonly jobs: readonly ComparedJob[];
  /** Jobs that were asked for and are no longer known. */
  readonly missing: number;
  readonly changes: readonly DataChange[];
}

export type ToComparePanel =
  /** `curve`: rows of the job that are new or changed; `facts`: all others, where they changed. */
  | {
      readonly type: 'comparePatch';
      readonly job: string;
      readonly facts: ComparedJob | null;
      readonly curve: PointTable;
    }
  | { readonly type: 'compareChanges'; readonly changes: readonly DataChange[] };

const comparedJob = z.object({
  row: z.custom<JobRow>((value) => areJobRows([value])),
  isLive: z.boolean(),
  totalSteps: nullableNumber,
  scale: z.object({
    epochs: nullableNumber,
    examples: nullableNumber,
    batchSize: nullableNumber,
    trainedTokens: nullableNumber,
  }),
  unconditional: z.exactOptional(unconditionalLoss),
  checkpoints: z.array(z.object({ step: z.number(), label: z.string() })),
  curveRows: count,
});

const changes = z.array(
  z.object({ job: z.string(), rows: z.nullable(z.object({ added: count, removed: count, kept: count })) }),
);

export const compareState = z.object({
  panel: z.literal('compare'),
  jobs: z.array(comparedJob),
  missing: count,
  changes,
});

export const toComparePanel = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('comparePatch'),
    job: z.string(),
    facts: z.nullable(comparedJob),
    curve: z.custom<PointTable>(isPointTable),
  }),
  z.object({ type: z.literal('compareChanges'), changes }),
]);

true satisfies Same<z.output<typeof compareState>, ComparePanelState>;
true satisfies Same<z.output<typeof toComparePanel>, ToComparePanel>;
