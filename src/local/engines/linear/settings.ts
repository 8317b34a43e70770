import type { LearnerOptions } from './learner.ts';

/** Limit of features, chosen by the number of prompts they occur in; 60,000 features of a hundred classes are 24 MB. */
export const MOST_FEATURES = 60_000;

export function learnerOptions(multiplier: number): LearnerOptions {
  return { rate: 0.05 * multiplier, decay: 0.001, floor: 1e-8 };
}

/** About a hundred steps an epoch: enough to watch, few enough to list. */
export function autoBatchSize(examples: number): number {
  return Math.max(1, Math.min(64, Math.round(examples / 100)));
}
