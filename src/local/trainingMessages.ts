import type { Notice, RequestedHyperparameters, ResolvedHyperparameters, StepMetrics } from './engine.ts';
import type { WireError } from './wire.ts';

/** What a training thread is given. Files travel as bytes: the thread parses them, so the server never waits for it. */
export interface TrainingOrder {
  /** `check`: only look whether the files can be used. */
  readonly task: 'check' | 'train';
  readonly model: string;
  readonly training: Uint8Array;
  readonly validation: Uint8Array | null;
  readonly hyperparameters: RequestedHyperparameters;
  readonly seed: number;
  /** One Int32; anything but 0 asks the thread to stop before its next step. */
  readonly stop: SharedArrayBuffer;
}

/** What it says back. Every thread ends with exactly one of `checked`, `refused`, `finished`, `stopped`, `broken`. */
export type TrainingReport =
  | { readonly type: 'checked' }
  | { readonly type: 'refused'; readonly error: WireError }
  | { readonly type: 'notice'; readonly notice: Notice }
  | { readonly type: 'started'; readonly hyperparameters: ResolvedHyperparameters; readonly totalSteps: number }
  | { readonly type: 'metrics'; readonly metrics: StepMetrics }
  | { readonly type: 'checkpoint'; readonly step: number; readonly metrics: StepMetrics; readonly model: Uint8Array }
  | { readonly type: 'finished'; readonly trainedTokens: number }
  | { readonly type: 'stopped' }
  | { readonly type: 'broken'; readonly message: string };
