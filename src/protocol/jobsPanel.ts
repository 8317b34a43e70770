import * as z from 'zod/mini';
import type { JobRow } from '../core/training/compare/jobRow.ts';
import { areJobRows } from './jobRowCheck.ts';
import { count, type Same } from './panelShared.ts';

export interface JobsPanelState {
  readonly panel: 'jobs';
  /** Newest first. Many come in parts: the first here, the others as `jobRows` right after it, until there are `total`. */
  readonly rows: readonly JobRow[];
  readonly total: number;
  readonly sweeps: readonly SweepView[];
  /** Sweep to show alone; null: what the page showed before. */
  readonly shownSweep: string | null;
}

/** A sweep, beside the rows of its jobs. */
export interface SweepView {
  readonly id: string;
  /** Name of the dataset. */
  readonly name: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly state: 'running' | 'ended' | 'canceled';
  /** This window runs it. */
  readonly isHere: boolean;
  readonly runs: number;
  /** Runs that are over. */
  readonly over: number;
  /** Which runs they are, in a sentence. */
  readonly design: string;
  /** Runs, from 1, that came to no job, with the reason. */
  readonly without: readonly { readonly run: number; readonly reason: string }[];
}

export interface PanelJobRef {
  readonly connectionId: string;
  readonly jobId: string;
}

/** Rows that are new or changed, and keys (`rowKey`) of those that are gone. */
export type ToJobsPanel =
  | { readonly type: 'jobRows'; readonly rows: readonly JobRow[]; readonly removed: readonly string[] }
  | { readonly type: 'sweeps'; readonly sweeps: readonly SweepView[] }
  /** Show the runs of this sweep alone. */
  | { readonly type: 'showSweep'; readonly id: string };

export type FromJobsPanel =
  | { readonly type: 'openJobRow'; readonly job: PanelJobRef }
  | { readonly type: 'openJobRun'; readonly runId: string }
  | { readonly type: 'starJob'; readonly job: PanelJobRef; readonly starred: boolean }
  | { readonly type: 'compareJobCharts'; readonly jobs: readonly PanelJobRef[] }
  /** Write this CSV to a file that the user chooses. */
  | { readonly type: 'exportJobs'; readonly data: string }
  | { readonly type: 'cancelSweep'; readonly id: string }
  | { readonly type: 'startJob' };

/** Rows come by the ten thousand, and the content policy of a page keeps schemas from being compiled: they are checked by hand. */
export const jobRows = z.custom<readonly JobRow[]>(areJobRows);

const sweeps = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    at: count,
    state: z.enum(['running', 'ended', 'canceled']),
    isHere: z.boolean(),
    runs: count,
    over: count,
    design: z.string(),
    without: z.array(z.object({ run: count, reason: z.string() })),
  }),
);

export const jobsState = z.object({
  panel: z.literal('jobs'),
  rows: jobRows,
  total: count,
  sweeps,
  shownSweep: z.nullable(z.string()),
});

export const toJobsPanel = z.discriminatedUnion('type', [
  z.object({ type: z.literal('jobRows'), rows: jobRows, removed: z.array(z.string()) }),
  z.object({ type: z.literal('sweeps'), sweeps }),
  z.object({ type: z.literal('showSweep'), id: z.string() }),
]);

// A page that was taken over may send anything: its messages have bounds.
const id = z.string().check(z.minLength(1), z.maxLength(1000));
export const panelJobRef = z.object({ connectionId: id, jobId: id });

export const fromJobsPanel = z.discriminatedUnion('type', [
  z.object({ type: z.literal('openJobRow'), job: panelJobRef }),
  z.object({ type: z.literal('openJobRun'), runId: id }),
  z.object({ type: z.literal('starJob'), job: panelJobRef, starred: z.boolean() }),
  z.object({ type: z.literal('compareJobCharts'), jobs: z.array(panelJobRef).check(z.maxLength(1000)) }),
  z.object({ type: z.literal('exportJobs'), data: z.string() }),
  z.object({ type: z.literal('cancelSweep'), id }),
  z.object({ type: z.literal('startJob') }),
]);

true satisfies Same<z.output<typeof jobsState>, JobsPanelState>;
true satisfies Same<z.output<typeof toJobsPanel>, ToJobsPanel>;
true satisfies Same<z.output<typeof fromJobsPanel>, FromJobsPanel>;
