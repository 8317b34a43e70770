// Shapes on the wire and in the state files, as in OpenAI's published API description.
import type { AdvancedSettings } from '../../core/training/job.ts';

export interface WireHyperparameters {
  readonly n_epochs: number | 'auto';
  readonly batch_size: number | 'auto';
  readonly learning_rate_multiplier: number | 'auto';
}

/** Settings of the open-weights trainer, beside the hyperparameters of a method; other servers have no such field. */
interface WithAdvanced {
  readonly advanced?: AdvancedSettings | undefined;
}

export type WireMethod =
  | {
      readonly type: 'supervised';
      readonly supervised: { readonly hyperparameters: WireHyperparameters } & WithAdvanced;
    }
  | {
      readonly type: 'dpo';
      readonly dpo: {
        readonly hyperparameters: WireHyperparameters & { readonly beta?: number | 'auto' | undefined };
      } & WithAdvanced;
    }
  | {
      readonly type: 'reinforcement';
      readonly reinforcement: {
        readonly grader: Readonly<Record<string, unknown>>;
        readonly hyperparameters: WireHyperparameters;
      } & WithAdvanced;
    };

export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
}

export type WireStatus = 'validating_files' | 'queued' | 'running' | 'paused' | 'succeeded' | 'failed' | 'cancelled';

export interface WireIntegration {
  readonly type: 'wandb';
  readonly wandb: Readonly<Record<string, unknown>>;
}

/** What a training used: ours, OpenAI's description has no such field. Seconds, and bytes; absent: not known. */
export interface WireTrainedOn {
  readonly device?: string | undefined;
  readonly devices?: number | undefined;
  readonly workers?: number | undefined;
  readonly nodes?: number | undefined;
  readonly peak_memory?: number | undefined;
  readonly seconds?: number | undefined;
}

export interface WireJob {
  readonly id: string;
  readonly object: 'fine_tuning.job';
  readonly created_at: number;
  readonly error: WireError | null;
  readonly fine_tuned_model: string | null;
  readonly finished_at: number | null;
  readonly hyperparameters: WireHyperparameters;
  readonly model: string;
  readonly organization_id: string;
  readonly result_files: readonly string[];
  readonly status: WireStatus;
  readonly trained_tokens: number | null;
  readonly training_file: string;
  readonly validation_file: string | null;
  readonly integrations: readonly WireIntegration[];
  readonly seed: number | null;
  readonly estimated_finish: number | null;
  readonly method: WireMethod;
  readonly metadata: Readonly<Record<string, string>>;
  readonly user_provided_suffix: string | null;
  readonly trained_on?: WireTrainedOn | undefined;
}

export interface WireEvent {
  readonly id: string;
  readonly object: 'fine_tuning.job.event';
  readonly created_at: number;
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly type: 'message' | 'metrics';
  readonly data: Readonly<Record<string, unknown>>;
}

export interface WireCheckpoint {
  readonly id: string;
  readonly object: 'fine_tuning.job.checkpoint';
  readonly created_at: number;
  readonly fine_tuned_model_checkpoint: string;
  readonly fine_tuning_job_id: string;
  readonly step_number: number;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface WireModel {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
  readonly shutdown_date: null;
}
