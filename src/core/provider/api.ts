// What the product asks of a provider, in its own words. `src/openai` is the only implementation; jobs and evals take
// `Pick<Provider, …>` of what they use, so that a test can stand in for it.
import type { Capabilities } from './connection.ts';
import type { ChatMessage } from '../dataset/example.ts';
import type { Sampling } from '../evaluation/types.ts';
import type { Checkpoint, Job, JobEvent, JobMethod, WandbTarget } from '../training/job.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds for one attempt, headers and body together. */
  readonly timeoutMs?: number;
  /** How often a reading call is tried again after a passing failure; calls that create something never are. */
  readonly retries?: number;
}

export interface ModelInfo {
  readonly id: string;
  /** Unix seconds; null when the provider does not say. */
  readonly createdAt: number | null;
  readonly ownedBy: string | null;
  /** `YYYY-MM-DD` when the provider announced the end of the model. */
  readonly shutdownDate: string | null;
  /** Whether jobs can start from it; null when the provider does not say (only Azure does). */
  readonly tunable: boolean | null;
}

export interface ProviderFile {
  readonly id: string;
  readonly filename: string;
  readonly bytes: number | null;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly purpose: string;
  /** Deprecated by OpenAI, still sent by most: `uploaded`, `processed`, `error`… */
  readonly status: string | null;
}

/** A file on disk (whole, or `length` bytes from `start`), read as a stream, or bytes. */
export type UploadSource =
  | { readonly path: string; readonly range?: { readonly start: number; readonly length: number } }
  | { readonly bytes: Uint8Array };

export interface UploadOptions extends CallOptions {
  /** 0…1 of the bytes handed to the network. */
  readonly onProgress?: (fraction: number) => void;
}

/** A large file that is sent in parts (`POST /uploads`). */
export interface CreateUploadRequest {
  readonly filename: string;
  /** Of the whole file. */
  readonly bytes: number;
  readonly purpose: 'fine-tune' | 'batch';
  readonly mimeType: string;
}

export interface Upload {
  readonly id: string;
  /** Unix seconds, an hour after it was made; null when the provider does not say. */
  readonly expiresAt: number | null;
}

/** What a part of an upload may have at most. */
export const MAX_PART_BYTES = 64e6;

export interface CreateJobRequest {
  readonly model: string;
  /** File ids. */
  readonly trainingFile: string;
  readonly validationFile: string | null;
  readonly method: JobMethod;
  readonly suffix: string | null;
  readonly seed: number | null;
  /** Null: none. Left out where the profile says that the provider cannot report there. */
  readonly wandb: WandbTarget | null;
  /** At most 16 pairs, names to 64 and values to 512 characters. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface JobPage {
  /** Newest first. */
  readonly jobs: readonly Job[];
  /** Cursor for the next page; null at the end. */
  readonly next: string | null;
}

export interface ListJobsQuery {
  readonly after?: string;
  readonly limit?: number;
  /** Providers that do not know the filter ignore it: check the answer. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly sampling: Sampling;
}

export interface ChatReply {
  /** Empty when the model said nothing. */
  readonly text: string;
  /** `stop`, `length`, `content_filter`…; `unknown` when the provider does not say. */
  readonly finishReason: string;
}

/** Every method rejects with a `ProviderFailure`, or with the signal's reason when the caller aborted. */
export interface Provider {
  readonly baseUrl: string;
  listModels(options?: CallOptions): Promise<readonly ModelInfo[]>;
  uploadFile(source: UploadSource, filename: string, options?: UploadOptions): Promise<ProviderFile>;
  /** Files with purpose `fine-tune`, newest first; all pages. */
  listFiles(options?: CallOptions): Promise<readonly ProviderFile[]>;
  retrieveFile(id: string, options?: CallOptions): Promise<ProviderFile>;
  deleteFile(id: string, options?: CallOptions): Promise<void>;
  createUpload(request: CreateUploadRequest, options?: CallOptions): Promise<Upload>;
  /** One part, `MAX_PART_BYTES` at most. Answers with its id. A part that was sent twice costs nothing: only those that are named at the end count. */
  addUploadPart(uploadId: string, source: UploadSource, options?: UploadOptions): Promise<string>;
  /** Joins the parts in this order to a file. */
  completeUpload(uploadId: string, partIds: readonly string[], options?: CallOptions): Promise<ProviderFile>;
  cancelUpload(uploadId: string, options?: CallOptions): Promise<void>;
  createJob(request: CreateJobRequest, options?: CallOptions): Promise<Job>;
  listJobs(query?: ListJobsQuery, options?: CallOptions): Promise<JobPage>;
  retrieveJob(id: string, options?: CallOptions): Promise<Job>;
  cancelJob(id: string, options?: CallOptions): Promise<Job>;
  pauseJob(id: string, options?: CallOptions): Promise<Job>;
  resumeJob(id: string, options?: CallOptions): Promise<Job>;
  /** Newest first, every page, each id once. With `known` only events that are not in it: paging stops at the first page that holds a known one. */
  listEvents(
    id: string,
    options?: CallOptions & { readonly known?: ReadonlySet<string> },
  ): Promise<readonly JobEvent[]>;
  listCheckpoints(id: string, options?: CallOptions): Promise<readonly Checkpoint[]>;
  /** The bytes of a file; refuses more than `maxBytes` (default 64 MB) after decompression. */
  fileContent(id: string, options?: CallOptions & { readonly maxBytes?: number }): Promise<Uint8Array>;
  chat(request: ChatRequest, options?: CallOptions): Promise<ChatReply>;
  /** A fine-tuned model, for good. */
  deleteModel(id: string, options?: CallOptions): Promise<void>;
  /**
   * What the provider offers to this key, by one reading call each: nothing is created, nothing costs. Rejects only when nothing could
   * be found out (nobody answers, or the key is refused everywhere).
   */
  probe(options?: CallOptions): Promise<Capabilities>;
}
