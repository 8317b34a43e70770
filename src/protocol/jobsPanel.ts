import * as z from 'zod/mini';
import type { JobRow } from '../core/training/compare/jobRow.ts';
import { areJobRows } from './jobRowCheck.ts';
import { count, type Same } from './panelShared.ts';

export interface JobsPanelState {
  readonly panel: 'jobs';
  /** Newest first. Many come in parts: the first here, the others as `jobRows` right after it, until there are `total`. */
  readonly rows: readonly JobRow[];
  readonly total: number;
}

export interface PanelJobRef {
  readonly connectionId: string;
  readonly jobId: string;
}

/** Rows that are new or changed, and keys (`rowKey`) of those that are gone. */
export interface ToJobsPanel {
  readonly type: 'jobRows';
  readonly rows: readonly JobRow[];
  readonly removed: readonly string[];
}

export type FromJobsPanel =
  | { readonly type: 'openJobRow'; readonly job: PanelJobRef }
  | { readonly type: 'openJobRun'; readonly runId: string }
  | { readonly type: 'starJob'; readonly job: PanelJobRef; readonly starred: boolean }
  | { readonly type: 'compareJobCharts'; readonly jobs: readonly PanelJobRef[] }
  /** Write this CSV to a file that the user chooses. */
  | { readonly type: 'exportJobs'; readonly data: string }
  | { readonly type: 'startJob' };

/** Rows come by the ten thousand, and the content policy of a page keeps schemas from being compiled: they are checked by hand. */
export const jobRows = z.custom<readonly JobRow[]>(areJobRows);

export const jobsState = z.object({ panel: z.literal('jobs'), rows: jobRows, total: count });

export const toJobsPanel = z.object({ type: z.literal('jobRows'), rows: jobRows, removed: z.array(z.string()) });

// A page that was taken over may send anything: its messages have bounds.
const id = z.string().check(z.minLength(1), z.maxLength(1000));
export const panelJobRef = z.object({ connectionId: id, jobId: id });

export const fromJobsPanel = z.discriminatedUnion('type', [
  z.object({ type: z.literal('openJobRow'), job: panelJobRef }),
  z.object({ type: z.literal('openJobRun'), runId: id }),
  z.object({ type: z.literal('starJob'), job: panelJobRef, starred: z.boolean() }),
  z.object({ type: z.literal('compareJobCharts'), jobs: z.array(panelJobRef).check(z.maxLength(1000)) }),
  z.object({ type: z.literal('exportJobs'), data: z.string() }),
  z.object({ type: z.literal('startJob') }),
]);

true satisfies Same<z.output<typeof jobsState>, JobsPanelState>;
true satisfies Same<z.output<typeof toJobsPanel>, ToJobsPanel>;
true satisfies Same<z.output<typeof fromJobsPanel>, FromJobsPanel>;
