import * as z from 'zod/mini';
import type { ReportView } from '../core/dataset/report/types.ts';
import type { SuspiciousView } from '../core/dataset/suspicious/view.ts';
import {
  fromMoreData,
  moreDataState,
  pointsProgress,
  type FromMoreData,
  type MoreDataState,
  type PointsProgress,
} from './moreDataState.ts';
import { count, headline, nullableNumber, problem, type Same } from './panelShared.ts';

export interface ReportPanelState {
  readonly panel: 'report';
  /** Paths; kept by the page to find the subject again. `against`: the file that the user chose to compare with. */
  readonly file: string;
  readonly against: string | null;
  readonly name: string;
  /** As the workspace names it; empty for its root. */
  readonly folder: string;
  readonly status: 'reading' | 'ready' | 'failed' | 'cancelled';
  /** 0…1 while reading. */
  readonly progress: number;
  /** 0…1 while it is compared with another file. */
  readonly comparing: number;
  /** Note on the figures shown, e.g. that the file has changed since; with a button that reads it again. */
  readonly notice: string | null;
  readonly problem: { readonly message: string; readonly action: string } | null;
  /** Null before the first reading has ended; the last one while it is read again. */
  readonly view: ReportView | null;
  readonly suspicious: SuspiciousView;
  readonly moreData: MoreDataState;
}

/** Commands that the report leads on to. */
const REPORT_ACTIONS = ['fineTune', 'removeDuplicates', 'findLeakage'] as const;
export type ReportAction = (typeof REPORT_ACTIONS)[number];

export type ToReportPanel =
  | {
      readonly type: 'reportProgress';
      /** Reading the dataset, comparing it with another file, judging its answers, or measuring whether more data would help. */
      readonly of: 'reading' | 'comparing' | 'suspicious' | 'moreData';
      readonly fraction: number;
    }
  | { readonly type: 'pointsProgress'; readonly progress: PointsProgress }
  | { readonly type: 'suspicious'; readonly suspicious: SuspiciousView }
  /** Scrolls to the section of suspicious answers, as soon as it is there. */
  | { readonly type: 'showSuspicious' };

export type FromReportPanel =
  | FromMoreData
  | { readonly type: 'refreshReport' }
  | { readonly type: 'cancelReport' }
  /** Chooses another file and compares with it. */
  | { readonly type: 'compareReport' }
  /** Compares with the file at this place of the view's comparisons, again or whatever its size. */
  | { readonly type: 'compareAgain'; readonly place: number }
  /** Cancels the comparisons that are not over. */
  | { readonly type: 'stopComparing' }
  | { readonly type: 'exportReport' }
  /** Judges the answers by models that have not seen them, ends that, or saves the list. */
  | { readonly type: 'findSuspicious' | 'cancelSuspicious' | 'exportSuspicious' }
  /** Go to the lines of a figure. */
  | { readonly type: 'showFigure'; readonly figure: string }
  | { readonly type: 'reportAction'; readonly action: ReportAction };

const figure = z.object({ id: z.string(), count, line: z.nullable(count) });
const mark = z.object({ label: z.string(), value: z.number(), figure });
const definedHistogram = z.object({
  scale: z.enum(['linear', 'log']),
  marks: z.array(mark),
  bars: z.array(z.object({ from: z.number(), to: z.number(), figure })),
});
const histogram = z.nullable(definedHistogram);

const reportView = z.object({
  headline,
  facts: z.array(z.object({ text: z.string(), figure: z.nullable(z.string()) })),
  tokens: histogram,
  answers: histogram,
  numbers: z.nullable(z.object({ histogram: definedHistogram, rule: z.string(), without: figure })),
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
  comparisons: z.array(
    z.object({
      with: z.string(),
      state: z.enum(['waiting', 'comparing', 'canceled', 'too-large', 'failed', 'compared']),
      held: z.string(),
      training: z.string(),
      heldRows: count,
      rows: z.array(z.object({ label: z.string(), held: figure, training: figure })),
      format: z.array(z.string()),
      note: z.nullable(z.string()),
    }),
  ),
  notCompared: z.nullable(z.string()),
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

const suspicious = z.discriminatedUnion('state', [
  z.object({ state: z.literal('unasked'), text: z.string(), note: z.nullable(z.string()) }),
  z.object({ state: z.literal('running'), share: z.number() }),
  z.object({ state: z.literal('unjudged'), text: z.string() }),
  z.object({
    state: z.literal('found'),
    text: z.string(),
    rows: z.array(
      z.object({
        figure,
        question: z.string(),
        answer: z.string(),
        expected: z.string(),
        score: z.number(),
        called: z.boolean(),
        reason: z.string(),
        similar: z.array(z.object({ figure, answer: z.string() })),
      }),
    ),
  }),
]);

export const reportState = z.object({
  panel: z.literal('report'),
  file: z.string(),
  against: z.nullable(z.string()),
  name: z.string(),
  folder: z.string(),
  status: z.enum(['reading', 'ready', 'failed', 'cancelled']),
  progress: z.number(),
  comparing: z.number(),
  notice: z.nullable(z.string()),
  problem: z.nullable(problem),
  view: z.nullable(reportView),
  suspicious,
  moreData: moreDataState,
});

export const toReportPanel = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('reportProgress'),
    of: z.enum(['reading', 'comparing', 'suspicious', 'moreData']),
    fraction: z.number(),
  }),
  z.object({ type: z.literal('pointsProgress'), progress: pointsProgress }),
  z.object({ type: z.literal('suspicious'), suspicious }),
  z.object({ type: z.literal('showSuspicious') }),
]);

export const fromReportPanel = z.discriminatedUnion('type', [
  ...fromMoreData,
  z.object({ type: z.literal('refreshReport') }),
  z.object({ type: z.literal('cancelReport') }),
  z.object({ type: z.literal('compareReport') }),
  z.object({ type: z.literal('compareAgain'), place: count }),
  z.object({ type: z.literal('stopComparing') }),
  z.object({ type: z.literal('exportReport') }),
  z.object({ type: z.enum(['findSuspicious', 'cancelSuspicious', 'exportSuspicious']) }),
  z.object({ type: z.literal('showFigure'), figure: z.string().check(z.maxLength(200)) }),
  z.object({ type: z.literal('reportAction'), action: z.enum(REPORT_ACTIONS) }),
]);

true satisfies Same<z.output<typeof reportState>, ReportPanelState>;
true satisfies Same<z.output<typeof toReportPanel>, ToReportPanel>;
true satisfies Same<z.output<typeof fromReportPanel>, FromReportPanel>;
