import type { JobRef } from '../jobs/jobRef.ts';

/** Opens panels, or brings the open one to the front. */
export interface PanelOpener {
  openJob(ref: JobRef): Promise<void>;
  openRun(runId: string): Promise<void>;
  closeRun(runId: string): Promise<void>;
  openTry(connectionId: string, model: string): Promise<void>;
  /** Paths; `against`: another file for the report to compare with. */
  openReport(file: string, against: string | null): Promise<void>;
}
