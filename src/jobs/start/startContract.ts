// Input, dependencies and result of a start, shared by its steps, and the metadata keys by which its job is recognized.
import type { Provider } from '../../core/provider/api.ts';
import type { Job, JobMethod, WandbTarget } from '../../core/training/job.ts';
import type { LocalFacts } from '../store/jobRecord.ts';
import type { Snapshot } from './snapshot.ts';
import type { JobStore } from '../store/store.ts';

export interface StartJobInput {
  /** Id from `newIntentId`, written to the job's metadata as `tuning_fork_intent`. */
  readonly intentId: string;
  readonly connectionId: string;
  readonly model: string;
  /** Absolute paths. */
  readonly trainingFile: string;
  readonly validationFile: string | null;
  /**
   * SHA-256 (hexadecimal) of the files whose check and price were confirmed. Bytes that differ end the start with `dataset-changed`
   * before anything is sent.
   */
  readonly checked?: { readonly training: string; readonly validation?: string };
  readonly method: JobMethod;
  readonly suffix: string | null;
  readonly seed: number | null;
  readonly wandb: WandbTarget | null;
  /** Name of the job in the trees; goes into its metadata. */
  readonly name: string;
  /** Metadata of the user, at most 14 pairs: two are ours. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Facts for the job's record, e.g. the shown price (`priceEstimate`). */
  readonly local?: Partial<LocalFacts>;
}

export type StartStage = 'reading' | 'uploading' | 'processing' | 'creating' | 'reconciling';

interface StartProgress {
  readonly stage: StartStage;
  /** 0…1 of the stage. */
  readonly fraction: number;
}

export type SagaProvider = Pick<
  Provider,
  | 'uploadFile'
  | 'listFiles'
  | 'retrieveFile'
  | 'createUpload'
  | 'addUploadPart'
  | 'completeUpload'
  | 'cancelUpload'
  | 'createJob'
  | 'listJobs'
  | 'retrieveJob'
>;

export interface StartJobDeps {
  readonly provider: SagaProvider;
  /** Journals go to `<folder>/intents`, snapshots to `<folder>/snapshots/<intent>`. */
  readonly folder: string;
  /** Store that gets the job, also on the disk, before the start counts as finished. */
  readonly jobs?: Pick<JobStore, 'update' | 'flush'>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: StartProgress) => void;
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Waits in ms before each look for the job after its answer was lost. */
  readonly reconcileDelaysMs?: readonly number[];
  /** Files above `threshold` bytes are sent in parts of `bytes`; default 100 MB and 64 MB. */
  readonly parts?: { readonly threshold: number; readonly bytes: number };
  /** For tests only: called at every named point of the saga, where a process may be killed. The product passes nothing. */
  readonly failpoint?: (name: string) => void;
}

export interface StartedJob {
  readonly job: Job;
  /** True when the answer was lost and the job was found again in the provider's list. */
  readonly adopted: boolean;
  /** More jobs of the same intent (a proxy or gateway repeated the request): the caller offers to cancel them. */
  readonly duplicates: readonly Job[];
  /** Null when an interrupted start was resumed and its snapshot is gone. */
  readonly training: Snapshot | null;
  readonly validation: Snapshot | null;
  /** Facts for the job's record; already in it when `deps.jobs` was given. */
  readonly local: Partial<LocalFacts>;
}

export const INTENT_KEY = 'tuning_fork_intent';
export const NAME_KEY = 'tuning_fork_name';
