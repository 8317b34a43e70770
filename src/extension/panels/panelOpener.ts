import type { JobRef } from '../jobs/jobRef.ts';

/** Opens panels, or brings the open one to the front. */
export interface PanelOpener {
  openJob(ref: JobRef): Promise<void>;
  /** Opens the table of all jobs. `sweep`: with the runs of this one alone, until the user shows all. */
  openJobs(sweep?: string): Promise<void>;
  /** Opens the curves of these jobs in one chart. */
  compareCharts(refs: readonly JobRef[]): Promise<void>;
  /** Opens files as loss curves. Paths. */
  openCurve(paths: readonly string[]): Promise<void>;
  openRun(runId: string): Promise<void>;
  closeRun(runId: string): Promise<void>;
  /** Whether the page of a run is open and in view. */
  isRunVisible(runId: string): Promise<boolean>;
  /** Opens a run with the contestants of another one beside its own. */
  compareRuns(runId: string, otherId: string): Promise<void>;
  /** Opens a run and has its page write the report, which is saved where the user wants it. */
  exportReport(runId: string): Promise<void>;
  openTry(connectionId: string, model: string): Promise<void>;
  /** Paths; `against`: another file for the report to compare with. `suspicious`: it judges the answers and shows the suspicious ones. */
  openReport(file: string, against: string | null, suspicious?: boolean): Promise<void>;
  /** Opens the page on which a provider is left. */
  openLeave(connectionId: string): Promise<void>;
}
