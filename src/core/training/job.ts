// Provider-independent model of a fine-tuning job. Wire objects are parsed into it
// by `parseJob`, `parseEvent` and `parseCheckpoint` (tolerant readers: unknown statuses and fields never crash).

export const TERMINAL_STATUSES = ['succeeded', 'failed', 'cancelled'] as const;

/** Status as an open string: providers have statuses beyond the published API (`paused`); unknown ones are not terminal. */
export type JobStatus = string;

export type MethodName = 'supervised' | 'dpo' | 'reinforcement';

/** Hyperparameters; `HYPERPARAMETERS` in hyperparameters.ts has their bounds and methods. */
export interface Hyperparameters {
  readonly n_epochs: number | 'auto';
  readonly batch_size: number | 'auto';
  readonly learning_rate_multiplier: number | 'auto';
  /** DPO only. */
  readonly beta?: number | 'auto';
  /** Reinforcement only, as are the following. */
  readonly compute_multiplier?: number | 'auto';
  readonly eval_interval?: number | 'auto';
  readonly eval_samples?: number | 'auto';
  /** Effort: `default`, `low`, `medium` or `high`; an open string from a provider. */
  readonly reasoning_effort?: string;
}

/** Layers that get an adapter: all linear ones, or those whose names end so. */
export type TargetModules = 'all-linear' | readonly string[];

/** Settings that were changed; an absent one has the default of its rule. */
export interface AdvancedSettings {
  readonly lora_rank?: number;
  readonly lora_alpha?: number;
  readonly target_modules?: TargetModules;
  readonly load_in_4bit?: boolean;
  /** Parts of a batch; divides the batch size. */
  readonly gradient_accumulation?: number | 'auto';
  /** Tokens of one example. */
  readonly max_length?: number | 'auto';
  /** Supervised only. */
  readonly packing?: boolean;
  readonly group_by_length?: boolean;
  /** Steps. */
  readonly validation_every?: number | 'auto';
  /** Examples. */
  readonly validation_sample?: number;
}

/** Training method of a job request. */
export interface JobMethod {
  readonly name: MethodName;
  readonly hyperparameters: Hyperparameters;
  /** Grader by OpenAI's API; reinforcement only. */
  readonly grader?: unknown;
  /** Settings of the open-weights trainer; sent to the local server only. */
  readonly advanced?: AdvancedSettings;
}

/** Target of a job's reports at Weights & Biases. */
export interface WandbTarget {
  readonly project: string;
  /** Team or user; null: the owner of the provider's key. */
  readonly entity: string | null;
  /** Name of the run; null: the job's id. */
  readonly name: string | null;
  readonly tags: readonly string[];
}

/** Run that a job reports to, as sent by the provider. */
export interface WandbRun extends WandbTarget {
  /** Id of the run; absent or null when the provider does not tell. OpenAI uses the job's id. */
  readonly runId?: string | null;
  /** Address of the run, https only; absent or null when none was sent. */
  readonly url?: string | null;
}

/** What a training used, as its server tells; null: unknown. */
export interface TrainedOn {
  /** `cpu`, `cuda`, `mps` or another name from a server. */
  readonly device: string | null;
  /** Worker processes, one a device. */
  readonly devices: number | null;
  /** Of a cluster, with the nodes that they were on. */
  readonly workers: number | null;
  readonly nodes: number | null;
  /** Most bytes that were in use at once: of the GPU, else of the process. */
  readonly peakMemory: number | null;
  /** Seconds of training with its validations and checkpoints; without waiting, loading and pauses. */
  readonly seconds: number | null;
}

export interface Job {
  readonly id: string;
  /** Unix seconds, as on the wire. */
  readonly createdAt: number;
  readonly finishedAt: number | null;
  readonly estimatedFinish: number | null;
  readonly status: JobStatus;
  readonly model: string;
  readonly fineTunedModel: string | null;
  readonly suffix: string | null;
  readonly seed: number | null;
  /** Method: `supervised`, `dpo`, `reinforcement` or another name from a provider. */
  readonly method: string;
  /** Hyperparameters used by the provider; `auto` until it reports them. */
  readonly hyperparameters: Hyperparameters;
  /** Settings of the open-weights trainer, as used once it reports them; absent for every other trainer. */
  readonly advanced?: AdvancedSettings;
  /** Absent for servers that tell nothing of it. */
  readonly trainedOn?: TrainedOn;
  /** Grader of a reinforcement job, unchanged; absent or null without one. */
  readonly grader?: unknown;
  readonly trainingFile: string;
  readonly validationFile: string | null;
  readonly resultFiles: readonly string[];
  readonly trainedTokens: number | null;
  /** Error; null on a healthy job, in every shape that providers give it (`null`, `{}`, an object of nulls). */
  readonly error: { readonly code: string; readonly message: string; readonly param: string | null } | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** Run at Weights & Biases; absent or null without one. */
  readonly wandb?: WandbRun | null | undefined;
}

export interface MetricPoint {
  readonly step: number;
  readonly totalSteps: number | null;
  readonly trainLoss: number | null;
  readonly trainAccuracy: number | null;
  readonly validLoss: number | null;
  readonly validAccuracy: number | null;
  readonly fullValidLoss: number | null;
  readonly fullValidAccuracy: number | null;
  /** Other figures by the names that the provider gives them (`train_reward_mean`); absent when there are none. */
  readonly others?: Readonly<Record<string, number>>;
}

export interface JobEvent {
  readonly id: string;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly level: string;
  readonly message: string;
  /** Type: `message`, `metrics`, `moderation_checks` or another. */
  readonly type: string;
  readonly metrics: MetricPoint | null;
  /** Policy checks: the number of categories and the flagged ones. */
  readonly moderation: { readonly categories: number; readonly flagged: readonly string[] } | null;
}

export interface Checkpoint {
  readonly id: string;
  readonly createdAt: number;
  readonly model: string;
  readonly step: number;
  readonly metrics: MetricPoint;
}

export function isTerminal(status: JobStatus): boolean {
  return (TERMINAL_STATUSES as readonly string[]).includes(status);
}
