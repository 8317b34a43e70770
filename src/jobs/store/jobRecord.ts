import type { MetricColumns } from '../../core/training/curves/columns.ts';
import type { EventHistory } from '../../core/training/history/eventHistory.ts';
import type { AdvancedSettings, Checkpoint, Hyperparameters, Job } from '../../core/training/job.ts';

/** Facts about a job that the provider does not know. */
export interface LocalFacts {
  /** Name in the trees. */
  readonly name: string | null;
  readonly trainingPath: string | null;
  readonly validationPath: string | null;
  readonly testPath: string | null;
  /** US dollars at the start; 0 when free, null when unknown. */
  readonly priceEstimate: number | null;
  /** Common beginning of the training answers, e.g. `Price is $`. */
  readonly answerPrefix: string | null;
  /** Examples in the training file at the start. */
  readonly examples: number | null;
  /** The user was notified of its end (or it had ended before it was first seen). */
  readonly notified: boolean;
  readonly startedHere: boolean;
  readonly intentId: string | null;
  /** Not shown in the trees unless hidden jobs are asked for. */
  readonly hidden: boolean;
  /** Dataset that the user chose (`trainingPath` is the uploaded copy), with its hash at the start. */
  readonly sourcePath: string | null;
  readonly sourceSha256: string | null;
  /** Seed by which the dataset was split into training and validation examples for the start; null when it was not. */
  readonly splitSeed: number | null;
  /** Ids of files of the job that were deleted at the provider from here. */
  readonly deletedFiles: readonly string[];
  /** Job of another tool that the user manages from here. */
  readonly adopted: boolean;
  /** Star that the user gave it in the Jobs table. */
  readonly starred: boolean;
  /** Hyperparameters of the request, with `auto` where the provider was to choose; null for jobs of other tools and earlier versions. */
  readonly askedHyperparameters: Hyperparameters | null;
  /** Settings of the open-weights trainer in the request; null when there were none, for jobs of other tools and earlier versions. */
  readonly askedAdvanced: AdvancedSettings | null;
}

export const NO_LOCAL_FACTS: LocalFacts = {
  name: null,
  trainingPath: null,
  validationPath: null,
  testPath: null,
  priceEstimate: null,
  answerPrefix: null,
  examples: null,
  notified: false,
  startedHere: false,
  intentId: null,
  hidden: false,
  sourcePath: null,
  sourceSha256: null,
  splitSeed: null,
  deletedFiles: [],
  adopted: false,
  starred: false,
  askedHyperparameters: null,
  askedAdvanced: null,
};

export interface JobRecord {
  readonly connectionId: string;
  readonly job: Job;
  /** Newest first, each id once. Shared by all records of the job: it grows in its place. */
  readonly events: EventHistory;
  /** Metrics by name, a row a step; made from the events and growing with them. */
  readonly curve: MetricColumns;
  readonly checkpoints: readonly Checkpoint[];
  readonly local: LocalFacts;
  /** Events and checkpoints were read after the job had ended: nothing more will come. */
  readonly complete: boolean;
  /** The provider no longer knows the job; the seen data is kept. */
  readonly gone: boolean;
  /** Unix milliseconds of the last answer about it. */
  readonly seenAt: number;
}
