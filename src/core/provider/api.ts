// Interface to a provider, in the product's own terms. `src/openai` is the only implementation; jobs and evals take
// `Pick<Provider, …>` of the methods they use, so that a test can replace it.
import type { Capabilities } from './connection.ts';
import type { ChatMessage } from '../dataset/example.ts';
import type { Sampling, SamplingParameter, TokenUsage } from '../evaluation/types.ts';
import type { Checkpoint, Job, JobEvent, JobMethod, WandbTarget } from '../training/job.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds for one attempt, headers and body together. */
  readonly timeoutMs?: number;
  /** Number of retries of a reading call after a temporary failure; calls that create something are never retried. */
  readonly retries?: number;
}

export interface ModelInfo {
  readonly id: string;
  /** Unix seconds; null when the provider does not tell. */
  readonly createdAt: number | null;
  readonly ownedBy: string | null;
  /** Retirement date (`YYYY-MM-DD`) announced by the provider. */
  readonly shutdownDate: string | null;
  /** True: jobs can start from it. Null when the provider does not tell (only Azure does). */
  readonly tunable: boolean | null;
}

export interface ProviderFile {
  readonly id: string;
  readonly filename: string;
  readonly bytes: number | null;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly purpose: string;
  /** Status, deprecated by OpenAI and still sent by most: `uploaded`, `processed`, `error`… */
  readonly status: string | null;
}

/** File on disk (whole, or `length` bytes from `start`), read as a stream, or bytes. */
export type UploadSource =
  | { readonly path: string; readonly range?: { readonly start: number; readonly length: number } }
  | { readonly bytes: Uint8Array };

export interface UploadOptions extends CallOptions {
  /** Reports the share (0…1) of the bytes handed to the network. */
  readonly onProgress?: (fraction: number) => void;
}

/** Large file that is sent in parts (`POST /uploads`). */
export interface CreateUploadRequest {
  readonly filename: string;
  /** Size of the whole file. */
  readonly bytes: number;
  readonly purpose: 'fine-tune' | 'batch';
  readonly mimeType: string;
}

export interface Upload {
  readonly id: string;
  /** Unix seconds, an hour after creation; null when the provider does not tell. */
  readonly expiresAt: number | null;
}

/** Most bytes of a part of an upload. */
export const MAX_PART_BYTES = 64e6;

export interface CreateJobRequest {
  readonly model: string;
  /** Id of the file. */
  readonly trainingFile: string;
  readonly validationFile: string | null;
  readonly method: JobMethod;
  readonly suffix: string | null;
  readonly seed: number | null;
  /** Target of reports; null: none. Omitted where the provider cannot report there by its profile. */
  readonly wandb: WandbTarget | null;
  /** Pairs, at most 16; names to 64 and values to 512 characters. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface JobPage {
  /** Jobs, newest first. */
  readonly jobs: readonly Job[];
  /** Cursor for the next page; null at the end. */
  readonly next: string | null;
}

export interface ListJobsQuery {
  readonly after?: string;
  readonly limit?: number;
  /** Filter, ignored by providers that do not know it: check the answer. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly sampling: Sampling;
  /** Parameters that the model refuses. */
  readonly leaveOut?: readonly SamplingParameter[];
}

export interface ChatReply {
  /** Text of the reply; empty when the model returned none. */
  readonly text: string;
  /** Reason of the end: `stop`, `length`, `content_filter`…; `unknown` when the provider does not tell. */
  readonly finishReason: string;
  /** Parameters that were not sent, since the model refuses them; absent when all were sent. */
  readonly leftOut?: readonly SamplingParameter[];
  /** Tokens as the provider counted them; absent when it does not tell. */
  readonly usage?: TokenUsage;
}

/** Adapter of a fine-tuned open-weights model on this machine. */
export interface AdapterInfo {
  /** Name of the base on the list of this machine. */
  readonly base: string;
  /** Id at the hub, absolute path of a folder or of a GGUF file. */
  readonly source: string;
  /** Commit at the hub; null for folders and files. */
  readonly revision: string | null;
  /** Absolute path. */
  readonly folder: string;
}

/** Adapter that was trained elsewhere. */
export interface AdapterFolder {
  /** Absolute path. */
  readonly folder: string;
  /** Part of the model's name; null: none. */
  readonly suffix: string | null;
}

export interface ImportedAdapter {
  /** Id of the job. */
  readonly job: string;
  readonly model: string;
  /** Steps with figures; 0 when it came without curves. */
  readonly steps: number;
}

/** Client of a provider. Every method rejects with a `ProviderFailure`, or with the signal's reason when the caller aborted. */
export interface Provider {
  readonly baseUrl: string;
  listModels(options?: CallOptions): Promise<readonly ModelInfo[]>;
  uploadFile(source: UploadSource, filename: string, options?: UploadOptions): Promise<ProviderFile>;
  /** Lists files with purpose `fine-tune`, newest first; all pages. */
  listFiles(options?: CallOptions): Promise<readonly ProviderFile[]>;
  retrieveFile(id: string, options?: CallOptions): Promise<ProviderFile>;
  deleteFile(id: string, options?: CallOptions): Promise<void>;
  createUpload(request: CreateUploadRequest, options?: CallOptions): Promise<Upload>;
  /** Sends one part, `MAX_PART_BYTES` at most, and resolves with its id. A part sent twice costs nothing: only those named at the end count. */
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
  /** Lists events, newest first, every page, each id once. With `known` only others: paging stops at the first page that holds a known one. */
  listEvents(
    id: string,
    options?: CallOptions & { readonly known?: Pick<ReadonlySet<string>, 'has'> },
  ): Promise<readonly JobEvent[]>;
  listCheckpoints(id: string, options?: CallOptions): Promise<readonly Checkpoint[]>;
  /** Reads the bytes of a file; refuses more than `maxBytes` (default 64 MB) after decompression. */
  fileContent(id: string, options?: CallOptions & { readonly maxBytes?: number }): Promise<Uint8Array>;
  chat(request: ChatRequest, options?: CallOptions): Promise<ChatReply>;
  /** Finds the adapter of an open-weights model; the local server only. */
  findAdapter(id: string, options?: CallOptions): Promise<AdapterInfo>;
  /** Copies an adapter from a folder of this machine, as a job and a model. Only the local server can. */
  importAdapter(adapter: AdapterFolder, options?: CallOptions): Promise<ImportedAdapter>;
  /** Deletes a fine-tuned model permanently. */
  deleteModel(id: string, options?: CallOptions): Promise<void>;
  /**
   * Determines the capabilities of the provider for this key by one reading call each: nothing is created, nothing costs money. Rejects
   * only when nothing could be determined (no answer, or the key is refused everywhere).
   */
  probe(options?: CallOptions): Promise<Capabilities>;
}
