import * as z from 'zod/mini';
import { count, type Same } from './panelShared.ts';

/** Run of the Evaluations view, with what is said of it in a cell. */
export interface RunLink {
  readonly run: string;
  readonly text: string;
}

/** A tuned model of the provider that is left. Texts are in the user's language. */
export interface LeavingRow {
  readonly model: string;
  readonly title: string;
  readonly base: string | null;
  /** `48 days left`; null when no end was announced. */
  readonly deadline: string | null;
  readonly isUrgent: boolean;
  readonly trainingFile: string;
  readonly lastEvaluation: RunLink | null;
  readonly recording: (RunLink & { readonly state: 'none' | 'running' | 'part' | 'whole' }) | null;
  readonly replacements: readonly (RunLink & { readonly tone: 'good' | 'bad' | 'neutral' })[];
  /** Whether its answers can be recorded; false once the provider does not answer for it. */
  readonly canRecord: boolean;
  /** Whether a copy of its training file is here, to train a replacement with. */
  readonly canTrain: boolean;
}

export interface LeavePanelState {
  readonly panel: 'leave';
  readonly connectionId: string;
  readonly provider: string;
  /** Folder that everything goes into; null before one was chosen. */
  readonly folder: string | null;
  /** True while the lists of the provider are read. */
  readonly isReading: boolean;
  /** Why a list could not be read. */
  readonly problems: readonly string[];
  readonly models: readonly LeavingRow[];
  readonly jobs: number;
  /** Null when the provider did not list its files. */
  readonly files: number | null;
  readonly taken: {
    readonly files: number;
    readonly bytes: string;
    /** What could not be had, in words. */
    readonly missing: readonly { readonly what: string; readonly id: string; readonly reason: string }[];
  } | null;
  /** What is being downloaded; null when nothing is. */
  readonly busy: { readonly text: string; readonly done: number; readonly of: number } | null;
  /** Whether the document was written. */
  readonly hasDocument: boolean;
}

export type FromLeavePanel =
  | { readonly type: 'leaveRefresh' | 'leaveDownload' | 'leaveCancel' | 'leaveDocument' | 'leaveFolder' }
  | { readonly type: 'leaveRecord' | 'leaveTrain' | 'leaveReplace'; readonly model: string }
  | { readonly type: 'leaveOpenRun'; readonly run: string };

const id = z.string().check(z.minLength(1), z.maxLength(1000));
const link = { run: z.string(), text: z.string() };

const row = z.object({
  model: z.string(),
  title: z.string(),
  base: z.nullable(z.string()),
  deadline: z.nullable(z.string()),
  isUrgent: z.boolean(),
  trainingFile: z.string(),
  lastEvaluation: z.nullable(z.object(link)),
  recording: z.nullable(z.object({ ...link, state: z.enum(['none', 'running', 'part', 'whole']) })),
  replacements: z.array(z.object({ ...link, tone: z.enum(['good', 'bad', 'neutral']) })),
  canRecord: z.boolean(),
  canTrain: z.boolean(),
});

export const leaveState = z.object({
  panel: z.literal('leave'),
  connectionId: z.string(),
  provider: z.string(),
  folder: z.nullable(z.string()),
  isReading: z.boolean(),
  problems: z.array(z.string()),
  models: z.array(row),
  jobs: count,
  files: z.nullable(count),
  taken: z.nullable(
    z.object({
      files: count,
      bytes: z.string(),
      missing: z.array(z.object({ what: z.string(), id: z.string(), reason: z.string() })),
    }),
  ),
  busy: z.nullable(z.object({ text: z.string(), done: count, of: count })),
  hasDocument: z.boolean(),
});

export const fromLeavePanel = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['leaveRefresh', 'leaveDownload', 'leaveCancel', 'leaveDocument', 'leaveFolder']) }),
  z.object({ type: z.enum(['leaveRecord', 'leaveTrain', 'leaveReplace']), model: id }),
  z.object({ type: z.literal('leaveOpenRun'), run: id }),
]);

true satisfies Same<z.output<typeof leaveState>, LeavePanelState>;
true satisfies Same<z.output<typeof fromLeavePanel>, FromLeavePanel>;
