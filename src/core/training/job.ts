// The product's own picture of a fine-tuning job, whatever provider it came from. Wire objects are parsed into it
// by `parseJob`, `parseEvent` and `parseCheckpoint` (tolerant readers: unknown statuses and fields never crash).

export const TERMINAL_STATUSES = ['succeeded', 'failed', 'cancelled'] as const;

/** An open string: providers know statuses the published API does not (`paused`); unknown ones are not terminal. */
export type JobStatus = string;

export type MethodName = 'supervised' | 'dpo' | 'reinforcement';

export interface Hyperparameters {
  readonly n_epochs: number | 'auto';
  readonly batch_size: number | 'auto';
  readonly learning_rate_multiplier: number | 'auto';
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
  readonly method: string;
  readonly hyperparameters: Hyperparameters;
  readonly trainingFile: string;
  readonly validationFile: string | null;
  readonly resultFiles: readonly string[];
  readonly trainedTokens: number | null;
  /** Null on a healthy job, whatever shape the provider gives it (`null`, `{}`, an object of nulls). */
  readonly error: { readonly code: string; readonly message: string; readonly param: string | null } | null;
  readonly metadata: Readonly<Record<string, string>>;
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
