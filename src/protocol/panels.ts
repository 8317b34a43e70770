// The protocol between the extension and its webviews. A panel gets its whole state after `ready`, afterwards only changes.
// Both sides check what arrives against the schemas in panelSchemas.ts; unknown messages are dropped and logged.
import type { ChatMessage } from '../core/dataset/example.ts';
import type { ReportView } from '../core/dataset/report/types.ts';
import type { ContestantReport, RowResult, RunConfig, RunStatus } from '../core/evaluation/types.ts';
import type { MetricPoint } from '../core/training/job.ts';

export interface JobPanelState {
  readonly panel: 'job';
  readonly connectionName: string;
  readonly jobId: string;
  readonly title: string;
  readonly status: string;
  readonly model: string;
  readonly fineTunedModel: string | null;
  /** Facts under the title, already in words: `500 examples`, `3 epochs`, `14 min 51 s`, `113,200 tokens trained`, `free`. */
  readonly facts: readonly string[];
  /** One sentence that says what the picture means or what is going on, with its evidence. */
  readonly headline: { readonly tone: 'neutral' | 'good' | 'warning' | 'bad'; readonly text: string };
  /** Null when unknown. */
  readonly step: number | null;
  readonly totalSteps: number | null;
  readonly metrics: readonly MetricPoint[];
  /** Steps at which an epoch ended in a checkpoint. */
  readonly checkpoints: readonly { readonly step: number; readonly label: string }[];
  /** Newest first. */
  readonly events: readonly {
    readonly id: string;
    readonly createdAt: number;
    readonly level: string;
    readonly message: string;
  }[];
  readonly canCancel: boolean;
  readonly canEvaluate: boolean;
  /** The provider named a line of the dataset that it could not take. */
  readonly canOpenLine?: boolean;
}

/** Changes to a job panel: scalar fields replace, `metrics` and `events` are those that are new or changed (by step, by id). */
export interface JobPanelPatch {
  readonly fields: Partial<Omit<JobPanelState, 'panel' | 'metrics' | 'events'>>;
  readonly metrics: readonly MetricPoint[];
  readonly events: JobPanelState['events'];
}

export interface EvaluationPanelItem {
  readonly index: number;
  readonly line: number;
  readonly title: string;
}

export interface EvaluationPanelState {
  readonly panel: 'evaluation';
  readonly run: RunConfig;
  readonly status: RunStatus;
  /** One sentence, with its evidence; while running: what has been seen so far. */
  readonly headline: { readonly tone: 'neutral' | 'good' | 'warning' | 'bad'; readonly text: string };
  readonly items: readonly EvaluationPanelItem[];
  readonly rows: readonly RowResult[];
  readonly reports: readonly ContestantReport[];
  /** Why it stands still, when it does: one sentence and one action. */
  readonly notice: string | null;
}

export interface EvaluationPanelPatch {
  readonly status?: RunStatus;
  readonly headline?: EvaluationPanelState['headline'];
  readonly notice?: string | null;
  /** New rows, in the order they arrived; a row replaces an earlier one of the same contestant and item. */
  readonly rows: readonly RowResult[];
  readonly reports?: readonly ContestantReport[];
}

export interface TryPanelState {
  readonly panel: 'try';
  readonly connectionName: string;
  readonly model: string;
  /** The rows of the chosen dataset offered to pick from; empty before one was chosen. */
  readonly dataset: {
    readonly name: string;
    readonly rows: readonly { readonly line: number; readonly title: string }[];
    readonly total: number;
  } | null;
  readonly busy: boolean;
  readonly sampling: { readonly temperature: number; readonly maxTokens: number; readonly seed: number };
  readonly result: TryResult | null;
  readonly problem: { readonly message: string; readonly action: string } | null;
}

export interface TryResult {
  /** What was sent, word for word. */
  readonly sent: readonly ChatMessage[];
  readonly reply: string;
  readonly finishReason: string;
  /** The number taken from the reply; null when there is none. */
  readonly number: number | null;
  /** The held-back answer, when a line of a dataset was asked. */
  readonly truth: string | null;
  readonly truthNumber: number | null;
  readonly line: number | null;
}

export interface ReportPanelState {
  readonly panel: 'report';
  /** Paths; kept by the page to find the subject again. */
  readonly file: string;
  readonly against: string | null;
  readonly name: string;
  /** As the workspace names it; empty for its root. */
  readonly folder: string;
  readonly status: 'reading' | 'ready' | 'failed' | 'cancelled';
  /** 0…1 while reading. */
  readonly progress: number;
  /** What to know of the figures shown, e.g. that the file has changed since; with a button that reads it again. */
  readonly notice: string | null;
  readonly problem: { readonly message: string; readonly action: string } | null;
  /** Names of files it may be held against, likely ones first. */
  readonly proposals: readonly string[];
  /** Null before the first reading has ended; the last one while it is read again. */
  readonly view: ReportView | null;
}

/** Commands that the report leads on to. */
export const REPORT_ACTIONS = ['fineTune', 'removeDuplicates', 'findLeakage'] as const;
export type ReportAction = (typeof REPORT_ACTIONS)[number];

export type PanelState = JobPanelState | EvaluationPanelState | TryPanelState | ReportPanelState;

export type ToPanel =
  | { readonly type: 'state'; readonly state: PanelState }
  | { readonly type: 'jobPatch'; readonly patch: JobPanelPatch }
  | { readonly type: 'evaluationPatch'; readonly patch: EvaluationPanelPatch }
  | { readonly type: 'reportProgress'; readonly fraction: number }
  /** Answer to `showRow`: the whole row, for the detail under the table. */
  | {
      readonly type: 'row';
      readonly item: number;
      readonly messages: readonly ChatMessage[];
      readonly truth: string;
      readonly samples: readonly {
        readonly contestant: string;
        readonly sample: string | null;
        readonly message: string | null;
      }[];
    };

export type FromPanel =
  | { readonly type: 'ready' }
  // job panel
  | { readonly type: 'copyModelName' }
  | { readonly type: 'cancelJob' }
  | { readonly type: 'evaluateJob' }
  | { readonly type: 'tryJob' }
  | { readonly type: 'openFailedLine' }
  // evaluation panel
  | { readonly type: 'cancelRun' }
  | { readonly type: 'resumeRun' }
  | { readonly type: 'showRow'; readonly item: number }
  | { readonly type: 'openLine'; readonly item: number }
  // try panel
  | { readonly type: 'chooseDataset' }
  /** Ask with the row at this line of the chosen dataset, its answer held back. */
  | {
      readonly type: 'askLine';
      readonly line: number;
      readonly keepPrefix: boolean;
      readonly sampling: TryPanelState['sampling'];
    }
  | {
      readonly type: 'askPrompt';
      readonly system: string;
      readonly prompt: string;
      readonly prefix: string;
      readonly sampling: TryPanelState['sampling'];
    }
  | { readonly type: 'stopAsking' }
  // report panel
  | { readonly type: 'refreshReport' }
  | { readonly type: 'cancelReport' }
  /** The place of a proposal, or null to choose another file. */
  | { readonly type: 'compareReport'; readonly proposal: number | null }
  | { readonly type: 'stopComparing' }
  | { readonly type: 'exportReport' }
  /** Go to the lines of a figure. */
  | { readonly type: 'showFigure'; readonly figure: string }
  | { readonly type: 'reportAction'; readonly action: ReportAction };

/**
 * What a page keeps with `setState`, and so what a `WebviewPanelSerializer` is given after the window was reloaded: enough to find the
 * subject again. `view` is the page's own (zoom, smoothing, sorting) and comes back to it by itself.
 */
export type SavedPanel =
  | {
      readonly v: 1;
      readonly panel: 'job';
      readonly connectionName: string;
      readonly jobId: string;
      readonly view: unknown;
    }
  | { readonly v: 1; readonly panel: 'evaluation'; readonly runId: string; readonly view: unknown }
  | {
      readonly v: 1;
      readonly panel: 'try';
      readonly connectionName: string;
      readonly model: string;
      readonly view: unknown;
    }
  | {
      readonly v: 1;
      readonly panel: 'report';
      readonly file: string;
      readonly against: string | null;
      readonly view: unknown;
    };
