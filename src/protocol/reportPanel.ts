import * as z from 'zod/mini';
import type { ReportView } from '../core/dataset/report/types.ts';
import { count, headline, nullableNumber, problem, type Same } from './panelShared.ts';

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
  /** Note on the figures shown, e.g. that the file has changed since; with a button that reads it again. */
  readonly notice: string | null;
  readonly problem: { readonly message: string; readonly action: string } | null;
  /** Names of files it may be compared with, likely ones first. */
  readonly proposals: readonly string[];
  /** Null before the first reading has ended; the last one while it is read again. */
  readonly view: ReportView | null;
}

/** Commands that the report leads on to. */
const REPORT_ACTIONS = ['fineTune', 'removeDuplicates', 'findLeakage'] as const;
export type ReportAction = (typeof REPORT_ACTIONS)[number];

export interface ToReportPanel {
  readonly type: 'reportProgress';
  readonly fraction: number;
}

export type FromReportPanel =
  | { readonly type: 'refreshReport' }
  | { readonly type: 'cancelReport' }
  /** The place of a proposal, or null to choose another file. */
  | { readonly type: 'compareReport'; readonly proposal: number | null }
  | { readonly type: 'stopComparing' }
  | { readonly type: 'exportReport' }
  /** Go to the lines of a figure. */
  | { readonly type: 'showFigure'; readonly figure: string }
  | { readonly type: 'reportAction'; readonly action: ReportAction };

const figure = z.object({ id: z.string(), count, line: z.nullable(count) });
const mark = z.object({ label: z.string(), value: z.number(), figure });
const histogram = z.nullable(
  z.object({
    marks: z.array(mark),
    bars: z.array(z.object({ from: z.number(), to: z.number(), figure })),
  }),
);

const reportView = z.object({
  headline,
  facts: z.array(z.object({ text: z.string(), figure: z.nullable(z.string()) })),
  tokens: histogram,
  answers: histogram,
  messages: z.array(mark),
  problems: z.array(
    z.object({
      code: z.string(),
      title: z.string(),
      severity: z.enum(['error', 'warning', 'information']),
      ofFile: z.boolean(),
      figure: z.nullable(figure),
      message: z.string(),
    }),
  ),
  relations: z.object({ exact: figure, near: figure, prompts: count, contradictory: figure }),
  comparison: z.nullable(
    z.object({
      with: z.string(),
      held: z.string(),
      training: z.string(),
      heldRows: count,
      rows: z.array(z.object({ label: z.string(), held: figure, training: figure })),
      format: z.array(z.string()),
      problem: z.nullable(z.string()),
    }),
  ),
  distinctAnswers: figure,
  frequentAnswers: z.array(z.object({ text: z.string(), share: z.number(), figure })),
  roles: z.array(z.object({ role: z.string(), messages: count, tokens: count, figure })),
  cost: z.nullable(
    z.object({
      sentence: z.string(),
      epochs: count,
      trainedTokens: count,
      rows: z.array(
        z.object({
          model: z.string(),
          price: nullableNumber,
          own: z.boolean(),
          epochUsd: z.number(),
          totalUsd: z.number(),
          contextTokens: nullableNumber,
          over: z.nullable(figure),
          note: z.string(),
          retired: z.boolean(),
        }),
      ),
      notes: z.array(z.string()),
    }),
  ),
});

export const reportState = z.object({
  panel: z.literal('report'),
  file: z.string(),
  against: z.nullable(z.string()),
  name: z.string(),
  folder: z.string(),
  status: z.enum(['reading', 'ready', 'failed', 'cancelled']),
  progress: z.number(),
  notice: z.nullable(z.string()),
  problem: z.nullable(problem),
  proposals: z.array(z.string()),
  view: z.nullable(reportView),
});

export const toReportPanel = z.object({ type: z.literal('reportProgress'), fraction: z.number() });

export const fromReportPanel = z.discriminatedUnion('type', [
  z.object({ type: z.literal('refreshReport') }),
  z.object({ type: z.literal('cancelReport') }),
  z.object({ type: z.literal('compareReport'), proposal: z.nullable(count) }),
  z.object({ type: z.literal('stopComparing') }),
  z.object({ type: z.literal('exportReport') }),
  z.object({ type: z.literal('showFigure'), figure: z.string().check(z.maxLength(200)) }),
  z.object({ type: z.literal('reportAction'), action: z.enum(REPORT_ACTIONS) }),
]);

true satisfies Same<z.output<typeof reportState>, ReportPanelState>;
true satisfies Same<z.output<typeof toReportPanel>, ToReportPanel>;
true satisfies Same<z.output<typeof fromReportPanel>, FromReportPanel>;
