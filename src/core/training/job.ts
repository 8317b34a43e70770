// The product's own picture of a fine-tuning job, whatever provider it came from. Wire objects are parsed into it
// by `parseJob`, `parseEvent` and `parseCheckpoint` (tolerant readers: unknown statuses and fields never crash).

export const TERMINAL_STATUSES = ['succeeded', 'failed', 'cancelled'] as const;

/** An open string: providers know statuses the published API does not (`paused`); unknown ones are not terminal. */
export type JobStatus = string;

export type MethodName = 'supervised' | 'dpo' | 'reinforcement';

/** Bounds and which method knows which: `HYPERPARAMETERS` in hyperparameters.ts. */
export interface Hyperparameters {
  readonly n_epochs: number | 'auto';
  readonly batch_size: number | 'auto';
  readonly learning_rate_multiplier: number | 'auto';
  /** DPO only. */
  readonly beta?: number | 'auto';
  /** This and the following: reinforcement only. */
  readonly compute_multiplier?: number | 'auto';
  readonly eval_interval?: number | 'auto';
  readonly eval_samples?: number | 'auto';
  /** `default`, `low`, `medium` or `high`; an open string when it comes from a provider. */
  readonly reasoning_effort?: string;
}

/** How a job is asked to learn. */
export interface JobMethod {
  readonly name: MethodName;
  readonly hyperparameters: Hyperparameters;
  /** Reinforcement only: a grader as OpenAI's API describes it. */
  readonly grader?: unknown;
}

/** What a job is asked to report to Weights & Biases. */
export interface WandbTarget {
  readonly project: string;
  /** Team or user; null: the one the provider's key belongs to. */
  readonly entity: string | null;
  /** Of the run; null: the job's id. */
  readonly name: string | null;
  readonly tags: readonly string[];
}

/** Where a job reports to, as the provider says it. */
export interface WandbRun extends WandbTarget {
  /** Absent or null when the provider does not say; OpenAI uses the job's id. */
  readonly runId?: string | null;
  /** Only https addresses; absent or null when none was sent. */
  readonly url?: string | null;
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
  /** `supervised`, `dpo`, `reinforcement` or what else a provider says. */
  readonly method: string;
  /** Of its method: what the provider used, or `auto` as long as it has not said. */
  readonly hyperparameters: Hyperparameters;
  /** Of a reinforcement job, as it was given; absent or null when there is none. */
  readonly grader?: unknown;
  readonly trainingFile: string;
  readonly validationFile: string | null;
  readonly resultFiles: readonly string[];
  readonly trainedTokens: number | null;
  /** Null on a healthy job, whatever shape the provider gives it (`null`, `{}`, an object of nulls). */
  readonly error: { readonly code: string; readonly message: string; readonly param: string | null } | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** Absent or null: not reported there. */
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
}

export interface JobEvent {
  readonly id: string;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly level: string;
  readonly message: string;
  /** `message`, `metrics`, `moderation_checks` or anything else. */
  readonly type: string;
  readonly metrics: MetricPoint | null;
  /** Policy checks: how many categories, which were flagged. */
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
