import type { AdvancedSettings } from '../../core/training/job.ts';
import type { ClusterSweep } from '../../core/training/sweep/sweepMetadata.ts';
import type { Notice, ReportedMetrics, RequestedHyperparameters, ResolvedHyperparameters } from '../engines/engine.ts';
import type { WireError } from '../server/wire.ts';
import type { EarlyEnd } from './earlyStop.ts';

/** How a job learns. `beta` and `grader` are null where the method has none. */
export interface OrderedMethod {
  readonly type: MethodType;
  readonly beta: number | 'auto' | null;
  readonly grader: Readonly<Record<string, unknown>> | null;
}

export type MethodType = 'supervised' | 'dpo' | 'reinforcement';

/** Order for a training thread. Files travel as bytes: the thread parses them, so the server never waits for it. */
export interface TrainingOrder {
  /**
   * `check`: only look whether the files can be used, by an engine that learns the texts of chat examples; `check-method`: by one that
   * learns all rows of the method.
   */
  readonly task: 'check' | 'check-method' | 'train';
  readonly jobId: string;
  readonly model: string;
  readonly method: OrderedMethod;
  readonly training: Uint8Array;
  readonly validation: Uint8Array | null;
  readonly hyperparameters: RequestedHyperparameters;
  /** Settings of the open-weights trainer that were asked for; the other engine has none. */
  readonly advanced: AdvancedSettings;
  readonly seed: number;
  /** Sweep that the job is a run of; null: of none, or of one whose runs train one after the other. */
  readonly sweep: ClusterSweep | null;
  /** Metrics before a pause, for the rule that stops the job early; null: it trains to its end. */
  readonly earlyStop: readonly ReportedMetrics[] | null;
  /** State from `paused` of an earlier thread on the same order; null: from the beginning. */
  readonly resume: Uint8Array | null;
  /** Two Int32, see {@link CONTROL}. */
  readonly control: SharedArrayBuffer;
}

/**
 * Places in `control`: `stop` is looked at before each step, 0 to go on or one of {@link STOP}; `taken` counts the reports
 * that the other side has dealt with.
 */
export const CONTROL = { stop: 0, taken: 1, bytes: 8 } as const;

/** Number of reports that a training may be ahead: a server that is flooded with them answers no client. */
export const MOST_AHEAD = 256;

export const STOP = { discard: 1, pause: 2 } as const;

/** `workers` and `nodes`: of a cluster. */
export interface TrainingMachine {
  readonly device: string;
  readonly devices: number;
  readonly workers?: number;
  readonly nodes?: number;
}

/** Report of a thread. Every thread ends with exactly one of `checked`, `refused`, `finished`, `paused`, `stopped`, `broken`. */
export type TrainingReport =
  | { readonly type: 'checked' }
  | { readonly type: 'refused'; readonly error: WireError }
  | { readonly type: 'notice'; readonly notice: Notice }
  | {
      readonly type: 'started';
      readonly hyperparameters: ResolvedHyperparameters;
      /** Every setting of the open-weights trainer; absent at the other engine. */
      readonly advanced?: AdvancedSettings;
      /** Absent: not known. */
      readonly machine?: TrainingMachine;
      readonly totalSteps: number;
      /** Made before a pause. */
      readonly stepsDone: number;
    }
  | { readonly type: 'metrics'; readonly metrics: ReportedMetrics }
  | {
      readonly type: 'checkpoint';
      readonly step: number;
      readonly metrics: ReportedMetrics;
      readonly model: Uint8Array;
    }
  /** `early`: why it ended before its last step; null: it did not. `model`: the result, where it is none of the checkpoints. */
  | {
      readonly type: 'finished';
      readonly trainedTokens: number;
      readonly early: EarlyEnd | null;
      readonly model?: Uint8Array;
      /** Most bytes in use at once; absent: not measured. */
      readonly peakMemory?: number;
    }
  /** `state` is null when there was no step yet. */
  | { readonly type: 'paused'; readonly state: Uint8Array | null; readonly peakMemory?: number }
  | { readonly type: 'stopped' }
  | { readonly type: 'broken'; readonly message: string };

/** The last word of a thread. */
export function isLast({ type }: TrainingReport): boolean {
  return ['checked', 'refused', 'finished', 'paused', 'stopped', 'broken'].includes(type);
}
