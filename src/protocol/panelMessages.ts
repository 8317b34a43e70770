// Messages between the extension and its webviews. A panel gets its whole state after `ready`, afterwards only changes.
// Both sides check each message on arrival; unknown messages are dropped and logged.
import * as z from 'zod/mini';
import { compareState, toComparePanel, type ComparePanelState, type ToComparePanel } from './comparePanel.ts';
import { curveState, toCurvePanel, type CurvePanelState, type ToCurvePanel } from './curvePanel.ts';
import {
  evaluationState,
  fromEvaluationPanel,
  toEvaluationPanel,
  type EvaluationPanelState,
  type FromEvaluationPanel,
  type ToEvaluationPanel,
} from './evaluationPanel.ts';
import {
  fromJobPanel,
  jobState,
  toJobPanel,
  type FromJobPanel,
  type JobPanelState,
  type ToJobPanel,
} from './jobPanel.ts';
import {
  fromJobsPanel,
  jobsState,
  toJobsPanel,
  type FromJobsPanel,
  type JobsPanelState,
  type ToJobsPanel,
} from './jobsPanel.ts';
import { fromLeavePanel, leaveState, type FromLeavePanel, type LeavePanelState } from './leavePanel.ts';
import type { Same } from './panelShared.ts';
import {
  fromReportPanel,
  reportState,
  toReportPanel,
  type FromReportPanel,
  type ReportPanelState,
  type ToReportPanel,
} from './reportPanel.ts';
import { fromTryPanel, tryState, type FromTryPanel, type TryPanelState } from './tryPanel.ts';

export type PanelState =
  | JobPanelState
  | JobsPanelState
  | ComparePanelState
  | CurvePanelState
  | EvaluationPanelState
  | TryPanelState
  | ReportPanelState
  | LeavePanelState;

export type ToPanel =
  | { readonly type: 'state'; readonly state: PanelState }
  | ToJobPanel
  | ToJobsPanel
  | ToComparePanel
  | ToCurvePanel
  | ToEvaluationPanel
  | ToReportPanel;

export type FromPanel =
  | { readonly type: 'ready' }
  | FromJobPanel
  | FromJobsPanel
  | FromEvaluationPanel
  | FromTryPanel
  | FromReportPanel
  | FromLeavePanel;

const toPanel = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('state'),
    state: z.discriminatedUnion('panel', [
      jobState,
      jobsState,
      compareState,
      curveState,
      evaluationState,
      tryState,
      reportState,
      leaveState,
    ]),
  }),
  toJobPanel,
  toJobsPanel,
  toComparePanel,
  toCurvePanel,
  toEvaluationPanel,
  toReportPanel,
]);

const fromPanel = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  fromJobPanel,
  fromJobsPanel,
  fromEvaluationPanel,
  fromTryPanel,
  fromReportPanel,
  fromLeavePanel,
]);

/** Checks a message of the extension. Undefined when it fits no schema: drop it and log. */
export function parseToPanel(raw: unknown): ToPanel | undefined {
  return toPanel.safeParse(raw).data;
}

/** Checks a message of a page. Undefined when it fits no schema: drop it and log. */
export function parseFromPanel(raw: unknown): FromPanel | undefined {
  return fromPanel.safeParse(raw).data;
}

true satisfies Same<z.output<typeof toPanel>, ToPanel>;
true satisfies Same<z.output<typeof fromPanel>, FromPanel>;
