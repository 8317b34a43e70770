import type { RunConfig } from '../../evaluation/types.ts';
import type { Judgment } from '../../evaluation/comparison/judge.ts';
import type { MetricColumns } from '../curves/columns.ts';
import type { Job } from '../job.ts';

/** `adapter`: LoRA weights beside their base; `merged`: whole weights; `ollama`: these with a Modelfile. */
export type ExportForm = 'adapter' | 'merged' | 'ollama';

/** File of a job; null what this machine does not know. */
export interface CardFile {
  /** Without its folder. */
  readonly name: string | null;
  /** Hexadecimal. */
  readonly sha256: string | null;
  readonly rows: number | null;
}

export interface CardBase {
  /** Id at the hub; for a folder or a file its name. */
  readonly name: string;
  readonly isAtHub: boolean;
  readonly revision: string | null;
  /** As the base model's card names it; null when unknown. */
  readonly licence: string | null;
}

export interface CardInput {
  /** Name of the exported model, which is that of its folder, too. */
  readonly name: string;
  readonly form: ExportForm;
  /** Step of a checkpoint; null for the job's own model. */
  readonly step: number | null;
  readonly base: CardBase;
  /** Null: this machine does not know the job. */
  readonly training: CardTraining | null;
  readonly evaluations: readonly CardEvaluation[];
  /** Unix milliseconds. */
  readonly at: number;
}

export interface CardTraining {
  readonly job: Pick<Job, 'method' | 'seed' | 'trainedTokens' | 'hyperparameters' | 'advanced'>;
  readonly curve: MetricColumns;
  readonly trainingFile: CardFile;
  /** Null: there was none. */
  readonly validationFile: CardFile | null;
  /** Dataset that was split into both files; null: it was not split. */
  readonly split: (CardFile & { readonly seed: number }) | null;
}

/** Evaluation that has ended, with what it says. */
export interface CardEvaluation {
  readonly config: RunConfig;
  readonly judgment: Pick<Judgment, 'contestants' | 'statements'>;
  /** Id of the contestant that is the exported model. */
  readonly contestant: string;
}
