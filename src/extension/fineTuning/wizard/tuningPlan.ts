import path from 'node:path';
import type { Connection } from '../../../core/provider/connection.ts';
import { count } from '../../../core/base/numbers.ts';
import { untrustedText } from '../../../core/base/untrustedText.ts';
import { hyperparametersOf } from '../../../core/training/hyperparameters.ts';
import type { CheckedGrader } from '../../../core/training/graderSchema.ts';
import type { Hyperparameters, MethodName } from '../../../core/training/job.ts';
import type { DatasetSummary } from '../../../protocol/datasetWorker.ts';
import type { Services } from '../../services.ts';

/** Services that the questions of a start use. */
export type WizardServices = Pick<Services, 'connections' | 'keys' | 'providers' | 'datasets' | 'ui'>;

/** Where validation examples come from. */
export type ValidationChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'split';
      /** Of an earlier split that is made again; else the job's seed. */ readonly seed?: number;
    };

/** Share of the examples that "Split this file" sets aside. */
export const SPLIT_SHARE = 0.1;
/** The lesson's seed; any number does, as long as it is written down. */
export const DEFAULT_SEED = 42;

/** Everything the wizard finds out, and what the summary shows. */
export interface TuningPlan {
  readonly training: string;
  readonly trainingSummary: DatasetSummary;
  /** What the rows of the file are for. */
  readonly method: MethodName;
  /** Reinforcement only; null until chosen. */
  readonly grader:
    (CheckedGrader & { /** Null: it comes from another job, not from a file. */ readonly path: string | null }) | null;
  readonly connection: Connection;
  readonly model: string;
  readonly validation: ValidationChoice;
  readonly validationSummary: DatasetSummary | null;
  /** Prompts of the training file that have several answers. */
  readonly contradictions: number;
  /** Rows of the validation file that the training file gives away. */
  readonly leaked: number;
  /** What sets the validation file's format apart from the training file's, a sentence each. */
  readonly differences: readonly string[];
  readonly automatic: boolean;
  readonly hyperparameters: Hyperparameters;
  /** Null until asked. */
  readonly suffix: string | null;
  /** Undefined until asked; null: the provider chooses. */
  readonly seed: number | null | undefined;
  readonly wandbProject: string;
  /** Asked under Advanced… only. */
  readonly wandb: { readonly entity: string; readonly name: string; readonly tags: readonly string[] };
  readonly metadata: Readonly<Record<string, string>>;
  /** The list behind Advanced… is open. */
  readonly advanced: boolean;
}

export const AUTOMATIC: Hyperparameters = { n_epochs: 'auto', batch_size: 'auto', learning_rate_multiplier: 'auto' };

export function isAutomatic(hyperparameters: Hyperparameters): boolean {
  return Object.values(hyperparameters).every((value) => value === 'auto' || value === 'default');
}

/** Those that the method knows; what was typed for another method is left out. */
export function hyperparametersFor(method: MethodName, values: Hyperparameters): Hyperparameters {
  const known = hyperparametersOf(method).map(({ name }) => [name, values[name] ?? 'auto'] as const);
  const effort = method === 'reinforcement' ? values.reasoning_effort : undefined;
  return { ...AUTOMATIC, ...Object.fromEntries(known), ...(effort === undefined ? {} : { reasoning_effort: effort }) };
}

/** `3 epochs, batch size auto, learning rate multiplier 0.5`, or `automatic`. */
export function hyperparametersInWords(hyperparameters: Hyperparameters): string {
  if (isAutomatic(hyperparameters)) return 'automatic';
  const { n_epochs, batch_size, learning_rate_multiplier, reasoning_effort: effort, ...more } = hyperparameters;
  return [
    n_epochs === 'auto' ? 'epochs auto' : `${String(n_epochs)} ${n_epochs === 1 ? 'epoch' : 'epochs'}`,
    `batch size ${String(batch_size)}`,
    `learning rate multiplier ${String(learning_rate_multiplier)}`,
    ...Object.entries(more)
      .filter(([, value]) => value !== 'auto')
      .map(([name, value]) => `${name.replaceAll('_', ' ')} ${String(value)}`),
    ...(effort === undefined || effort === 'default' ? [] : [`reasoning effort ${untrustedText(effort, [], 20)}`]),
  ].join(', ');
}

export function validationInWords(plan: TuningPlan): string {
  switch (plan.validation.kind) {
    case 'none':
      return 'none';
    case 'split':
      return `${String(Math.round(SPLIT_SHARE * 100))} % of ${path.basename(plan.training)}, set aside`;
    case 'file': {
      const name = path.basename(plan.validation.path);
      return plan.validationSummary ? `${name}, ${count(plan.validationSummary.examples)} examples` : name;
    }
  }
}

/** The seed that the dataset is split by; null when it is not. */
export function splitSeedOf({ validation, seed }: Pick<TuningPlan, 'validation' | 'seed'>): number | null {
  return validation.kind === 'split' ? (validation.seed ?? seed ?? 0) : null;
}

/** What a person should know before money or time is spent, one sentence each. */
export function warningsOf(plan: TuningPlan): readonly string[] {
  const { contradictions, differences, leaked, trainingSummary, validationSummary } = plan;
  const unsaid = trainingSummary.findingCount - trainingSummary.findings.length;
  const found = plan.trainingSummary.findings.filter((finding) => finding.severity === 'warning');
  const rows = (number: number): string => `${count(number)} ${number === 1 ? 'row' : 'rows'}`;
  return [
    ...(leaked > 0
      ? [
          `${rows(leaked)} of ${count(validationSummary?.examples ?? leaked)} in the validation file ${leaked === 1 ? 'is' : 'are'} in the training file too, so the validation loss would flatter.`,
        ]
      : []),
    ...differences.map((difference) => `Validation: ${difference}`),
    ...(contradictions > 0
      ? [`${count(contradictions)} ${contradictions === 1 ? 'prompt has' : 'prompts have'} several different answers.`]
      : []),
    ...found.map((finding) =>
      finding.line > 0 ? `Line ${String(finding.line)}: ${finding.message}` : finding.message,
    ),
    ...(unsaid > 0 ? [`${count(unsaid)} more ${unsaid === 1 ? 'problem is' : 'problems are'} not listed.`] : []),
  ];
}
