import * as z from 'zod/mini';
import { isPointTable, type PointTable } from '../core/training/curves/pointTable.ts';
import { fromCharts, unconditionalLoss, type FromCharts, type PanelUnconditionalLoss } from './chartMessages.ts';
import { count, headline, nullableNumber, type PanelHeadline, type Same } from './panelShared.ts';

export interface JobPanelState {
  readonly panel: 'job';
  readonly connectionId: string;
  readonly connectionName: string;
  readonly jobId: string;
  readonly title: string;
  readonly status: string;
  readonly model: string;
  readonly fineTunedModel: string | null;
  /** Facts under the title, in words: `500 examples`, `3 epochs`, `14 min 51 s`, `113,200 tokens trained`, `free`. */
  readonly facts: readonly string[];
  /** Settings of the open-weights trainer, in words; `asked`: null when unknown. Absent for every other job. */
  readonly settings?: readonly { readonly title: string; readonly value: string; readonly asked: string | null }[];
  /** One sentence about the meaning of the chart or the state of the job, with its evidence. */
  readonly headline: PanelHeadline;
  /** Null when unknown. */
  readonly step: number | null;
  readonly totalSteps: number | null;
  /** Facts by which a step becomes epochs, examples or tokens; null where unknown. */
  readonly scale: JobScale;
  /** Absent where no event told it. */
  readonly unconditional?: PanelUnconditionalLoss;
  /** View of the charts that was kept with the job; for the page alone to read. Absent: none. */
  readonly chartView?: unknown;
  /** Metrics by name. A long curve comes in parts: the first here, the others as patches right after it, until it has `curveRows`. */
  readonly curve: PointTable;
  readonly curveRows: number;
  /** Steps at which an epoch ended in a checkpoint. */
  readonly checkpoints: readonly { readonly step: number; readonly label: string }[];
  /** Number of events of the job. */
  readonly eventCount: number;
  /** The newest events (`MOST_EVENTS` at most), newest first. */
  readonly events: readonly {
    readonly id: string;
    readonly createdAt: number;
    readonly level: string;
    readonly message: string;
  }[];
  readonly canCancel: boolean;
  readonly canEvaluate: boolean;
  /** A job that runs could be canceled without losing its checkpoints, and does not stop by itself; absent: no offer. `usd`: estimate of its whole price. */
  readonly stopOffer?: { readonly usd: number | null };
  /** The provider named a line of the dataset that it could not take. */
  readonly canOpenLine?: boolean;
}

/** Events that a page gets and shows. */
export const MOST_EVENTS = 500;

/** Sizes of a job; null where unknown. */
export interface JobScale {
  readonly epochs: number | null;
  /** Training examples. */
  readonly examples: number | null;
  readonly batchSize: number | null;
  readonly trainedTokens: number | null;
}

/** Changes to a job panel: scalar fields replace; `curve` has the steps that are new or changed, `events` are new, newest first. */
export interface JobPanelPatch {
  readonly fields: Partial<Omit<JobPanelState, 'panel' | 'curve' | 'curveRows' | 'events' | 'chartView'>>;
  readonly curve: PointTable;
  readonly events: JobPanelState['events'];
}

export interface ToJobPanel {
  readonly type: 'jobPatch';
  readonly patch: JobPanelPatch;
}

export type FromJobPanel =
  | FromCharts
  | { readonly type: 'copyModelName' }
  | { readonly type: 'cancelJob' }
  | { readonly type: 'evaluateJob' }
  | { readonly type: 'tryJob' }
  | { readonly type: 'openFailedLine' }
  /** Evaluate the checkpoint at this step and the final model. */
  | { readonly type: 'evaluateBoth'; readonly step: number }
  /** Start it again with this number of epochs. */
  | { readonly type: 'startAgain'; readonly epochs: number }
  /** Open the account of how curves are judged. */
  | { readonly type: 'explainVerdicts' };

/** Columns are checked as such: a schema for each point would take longer than everything else. */
const curve = z.custom<PointTable>(isPointTable);

const jobFields = z.object({
  connectionId: z.string(),
  connectionName: z.string(),
  jobId: z.string(),
  title: z.string(),
  status: z.string(),
  model: z.string(),
  fineTunedModel: z.nullable(z.string()),
  facts: z.array(z.string()),
  settings: z.exactOptional(z.array(z.object({ title: z.string(), value: z.string(), asked: z.nullable(z.string()) }))),
  headline,
  step: nullableNumber,
  totalSteps: nullableNumber,
  scale: z.object({
    epochs: nullableNumber,
    examples: nullableNumber,
    batchSize: nullableNumber,
    trainedTokens: nullableNumber,
  }),
  unconditional: z.exactOptional(unconditionalLoss),
  eventCount: count,
  checkpoints: z.array(z.object({ step: z.number(), label: z.string() })),
  canCancel: z.boolean(),
  canEvaluate: z.boolean(),
  stopOffer: z.exactOptional(z.object({ usd: nullableNumber })),
  canOpenLine: z.exactOptional(z.boolean()),
});

const jobEvents = z.array(z.object({ id: z.string(), createdAt: z.number(), level: z.string(), message: z.string() }));

export const jobState = z.extend(jobFields, {
  panel: z.literal('job'),
  chartView: z.optional(z.unknown()),
  curve,
  curveRows: count,
  events: jobEvents,
});

// `z.partial` would let `undefined` in; a patch that says `title: undefined` is a bug of the sender.
const { shape } = jobFields;
const jobPatchFields = z.object({
  connectionId: z.exactOptional(shape.connectionId),
  connectionName: z.exactOptional(shape.connectionName),
  jobId: z.exactOptional(shape.jobId),
  title: z.exactOptional(shape.title),
  status: z.exactOptional(shape.status),
  model: z.exactOptional(shape.model),
  fineTunedModel: z.exactOptional(shape.fineTunedModel),
  facts: z.exactOptional(shape.facts),
  settings: shape.settings,
  headline: z.exactOptional(shape.headline),
  step: z.exactOptional(shape.step),
  totalSteps: z.exactOptional(shape.totalSteps),
  scale: z.exactOptional(shape.scale),
  unconditional: shape.unconditional,
  eventCount: z.exactOptional(shape.eventCount),
  checkpoints: z.exactOptional(shape.checkpoints),
  canCancel: z.exactOptional(shape.canCancel),
  canEvaluate: z.exactOptional(shape.canEvaluate),
  stopOffer: shape.stopOffer,
  canOpenLine: shape.canOpenLine,
});

export const toJobPanel = z.object({
  type: z.literal('jobPatch'),
  patch: z.object({ fields: jobPatchFields, curve, events: jobEvents }),
});

export const fromJobPanel = z.discriminatedUnion('type', [
  fromCharts,
  z.object({ type: z.literal('copyModelName') }),
  z.object({ type: z.literal('cancelJob') }),
  z.object({ type: z.literal('evaluateJob') }),
  z.object({ type: z.literal('tryJob') }),
  z.object({ type: z.literal('openFailedLine') }),
  z.object({ type: z.literal('evaluateBoth'), step: z.number() }),
  z.object({ type: z.literal('startAgain'), epochs: z.int().check(z.gte(1), z.lte(1000)) }),
  z.object({ type: z.literal('explainVerdicts') }),
]);

true satisfies Same<z.output<typeof jobState>, JobPanelState>;
true satisfies Same<z.output<typeof toJobPanel>, ToJobPanel>;
true satisfies Same<z.output<typeof fromJobPanel>, FromJobPanel>;
