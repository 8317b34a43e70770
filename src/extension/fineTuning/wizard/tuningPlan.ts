import path from 'node:path';
import { isServedHere, type Connection } from '../../../core/provider/connection.ts';
import { profileOf, systemRowsWarning, takesAdvanced } from '../../../core/provider/profiles.ts';
import { listOf, t, tn } from '../../../core/base/messages.ts';
import { advancedOf } from '../../../core/training/advanced.ts';
import { hyperparametersOf } from '../../../core/training/hyperparameters.ts';
import type { CheckedGrader } from '../../../core/training/graderSchema.ts';
import type { AdvancedSettings, Hyperparameters, MethodName } from '../../../core/training/job.ts';
import type { SweepAxes } from '../../../core/training/sweep/sweepPlan.ts';
import type { DatasetSummary } from '../../../protocol/datasetWorker.ts';
import type { Estimate } from '../../../openWeights/estimate.ts';
import type { Services } from '../../services.ts';
import { plainText } from '../../ui/plainText.ts';

/** Services that the questions of a start use. */
export type WizardServices = Pick<
  Services,
  'connections' | 'keys' | 'providers' | 'datasets' | 'ui' | 'folder' | 'log' | 'context'
>;

/** Source of the validation examples. */
export type ValidationChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'split';
      /** Seed of an earlier split to repeat; default: the job's seed. */ readonly seed?: number;
    };

/** What the trainer told about a job before its start; it holds for the settings and files of `key` only. */
export interface Measured {
  readonly key: string;
  readonly told: Exclude<Estimate, { readonly kind: 'failed' }>;
}

/** Answer to *Would more data help?*, which holds for the files of `key` only. */
export interface AskedMoreData {
  readonly key: string;
  /** The verdict in a sentence. */
  readonly sentence: string;
}

/** Values that a sweep tries, and the number of its runs. */
export interface SweepChoice {
  /** Ranks are those of open-weights models; others have none. Read by `axesOf`. */
  readonly axes: SweepAxes & { readonly ranks: readonly number[] };
  readonly budget: number;
}

/** Share of the examples that "Split this file" sets aside. */
export const SPLIT_SHARE = 0.1;
/** The lesson's seed; any number does, as long as it is written down. */
export const DEFAULT_SEED = 42;

/** Answers of the wizard, shown in the summary. */
export interface TuningPlan {
  readonly training: string;
  readonly trainingSummary: DatasetSummary;
  /** Method that the rows of the file are for. */
  readonly method: MethodName;
  /** Reinforcement only; null until chosen. */
  readonly grader:
    (CheckedGrader & { /** Null: it comes from another job, not from a file. */ readonly path: string | null }) | null;
  readonly connection: Connection;
  readonly model: string;
  readonly validation: ValidationChoice;
  readonly validationSummary: DatasetSummary | null;
  /** Number of prompts of the training file that have several answers. */
  readonly contradictions: number;
  /** Rows of the validation file that are also in the training file. */
  readonly overlap: Overlap;
  /** Differences between the formats of the validation and the training file, a sentence each. */
  readonly differences: readonly string[];
  readonly automatic: boolean;
  readonly hyperparameters: Hyperparameters;
  /** Settings of the open-weights trainer that were changed; those that the job takes are told by `advancedFor`. */
  readonly advanced: AdvancedSettings;
  /** Empty: none. */
  readonly suffix: string;
  /** Null: the provider chooses. */
  readonly seed: number | null;
  readonly wandbProject: string;
  /** Asked under Advanced… only. */
  readonly wandb: { readonly entity: string; readonly name: string; readonly tags: readonly string[] };
  readonly metadata: Readonly<Record<string, string>>;
  /** The job is to stop by itself when validation gets worse; only where `canStopEarly`. */
  readonly stopEarly: boolean;
  /** Null: not measured. Read by `measuredOf`. */
  readonly measured: Measured | null;
  /** Null: the plan is of one job. */
  readonly sweep: SweepChoice | null;
  /** Answer to *Would more data help?*; null: not asked. Read by `moreDataIn`. */
  readonly moreData: AskedMoreData | null;
  /** Warnings that the user has accepted; others are asked about before a start. */
  readonly accepted: readonly string[];
  /** True: *Start* was chosen, and the warnings are asked about. */
  readonly starting: boolean;
}

/** Numbers of rows by their strongest relation to the training file. */
export interface Overlap {
  readonly exact: number;
  /** Same prompt with another answer. */
  readonly prompt: number;
  readonly near: number;
}

export const NO_OVERLAP: Overlap = { exact: 0, prompt: 0, near: 0 };

export function leakedRows({ exact, prompt, near }: Overlap): number {
  return exact + prompt + near;
}

/** `3 rows also in training (2 word for word and 1 nearly the same)`. */
export function overlapInWords(overlap: Overlap): string {
  const { exact, prompt, near } = overlap;
  const parts = [
    ...(exact > 0 ? [tn(exact, '{0} word for word', '{0} word for word')] : []),
    ...(prompt > 0 ? [tn(prompt, '{0} with another answer', '{0} with another answer')] : []),
    ...(near > 0 ? [tn(near, '{0} nearly the same', '{0} nearly the same')] : []),
  ];
  return parts.length === 0
    ? t('no row also in training')
    : tn(leakedRows(overlap), '{0} row also in training ({1})', '{0} rows also in training ({1})', listOf(parts));
}

/** Tells whether the engine can stop the job by itself: the local one, when there are validation examples. */
export function canStopEarly({ connection, validation }: Pick<TuningPlan, 'connection' | 'validation'>): boolean {
  return isServedHere(connection) && validation.kind !== 'none';
}

/** Tells whether every warning of the plan was accepted by the user. */
export function areAccepted(plan: TuningPlan): boolean {
  return warningsOf(plan).every((warning) => plan.accepted.includes(warning));
}

export const AUTOMATIC: Hyperparameters = { n_epochs: 'auto', batch_size: 'auto', learning_rate_multiplier: 'auto' };

/** Selects the hyperparameters of the method; those typed for another method are left out. */
export function hyperparametersFor({
  method,
  connection,
  hyperparameters: values,
}: Pick<TuningPlan, 'method' | 'connection' | 'hyperparameters'>): Hyperparameters {
  const refused = profileOf(connection.kind).withoutHyperparameters;
  const known = hyperparametersOf(method)
    .filter(({ name }) => !refused.includes(name))
    .map(({ name }) => [name, values[name] ?? 'auto'] as const);
  const effort =
    method === 'reinforcement' && !refused.includes('reasoning_effort') ? values.reasoning_effort : undefined;
  return { ...AUTOMATIC, ...Object.fromEntries(known), ...(effort === undefined ? {} : { reasoning_effort: effort }) };
}

/** Selects the settings of the open-weights trainer that the planned job takes. */
export function advancedFor({
  connection,
  model,
  method,
  advanced,
}: Pick<TuningPlan, 'connection' | 'model' | 'method' | 'advanced'>): AdvancedSettings {
  if (!takesAdvanced(profileOf(connection.kind), model)) return {};
  const known = advancedOf(method).filter(({ name }) => advanced[name] !== undefined);
  return Object.fromEntries(known.map(({ name }) => [name, advanced[name]]));
}

export function validationInWords(plan: TuningPlan): string {
  switch (plan.validation.kind) {
    case 'none':
      return t('none: there will be no validation loss');
    case 'split':
      return t('{0}% of {1}, set aside', Math.round(SPLIT_SHARE * 100), path.basename(plan.training));
    case 'file': {
      const name = path.basename(plan.validation.path);
      if (plan.validationSummary === null) return name;
      return [
        tn(plan.validationSummary.examples, '{1}, {0} example', '{1}, {0} examples', name),
        ...(plan.method === 'supervised' ? [overlapInWords(plan.overlap)] : []),
      ].join(' · ');
    }
  }
}

/** Seed of the split; null when the dataset is not split. */
export function splitSeedOf({ validation, seed }: Pick<TuningPlan, 'validation' | 'seed'>): number | null {
  return validation.kind === 'split' ? (validation.seed ?? seed ?? 0) : null;
}

/** Tells whether time and memory of the planned job can be measured: this machine trains it, with the open-weights trainer. */
export function canMeasure({ connection, model }: Pick<TuningPlan, 'connection' | 'model'>): boolean {
  return connection.kind === 'local' && takesAdvanced(profileOf(connection.kind), model);
}

/** Settings and files of the planned job that the trainer gets, in one text. */
export function measureKey(plan: TuningPlan): string {
  const { connection, model, method, training, trainingSummary, validation, validationSummary, grader, seed } = plan;
  return JSON.stringify([
    [connection.id, model, method, seed],
    [training, trainingSummary.sha256],
    [validation, splitSeedOf(plan), validationSummary?.sha256 ?? null],
    [hyperparametersFor(plan), advancedFor(plan), method === 'reinforcement' ? (grader?.value ?? null) : null],
  ]);
}

/** What was measured for exactly this plan; null when nothing was, or something has changed since. */
export function measuredOf(plan: TuningPlan): Measured['told'] | null {
  const { measured } = plan;
  return measured !== null && canMeasure(plan) && measured.key === measureKey(plan) ? measured.told : null;
}

/** Warnings before money or time is spent, one sentence each. */
export function warningsOf(plan: TuningPlan): readonly string[] {
  const { contradictions, differences, trainingSummary, validationSummary } = plan;
  const leaked = leakedRows(plan.overlap);
  const unsaid = trainingSummary.findingCount - trainingSummary.findings.length;
  const found = plan.trainingSummary.findings.filter((finding) => finding.severity === 'warning');
  const graded = plan.method === 'reinforcement' ? trainingSummary.systemRows : 0;
  const told = measuredOf(plan);
  const notices = told?.kind === 'figures' ? told.notices.filter(({ level }) => level === 'warn') : [];
  const system = systemRowsWarning(profileOf(plan.connection.kind), graded, plan.connection.name);
  return [
    ...(system === null ? [] : [system]),
    ...(leaked > 0
      ? [
          tn(
            leaked,
            '{0} row of {1} in the validation file is also in the training file, so the validation loss would be too low.',
            '{0} rows of {1} in the validation file are also in the training file, so the validation loss would be too low.',
            validationSummary?.examples ?? leaked,
          ),
        ]
      : []),
    ...differences.map((difference) => t('Validation: {0}', difference)),
    ...(contradictions > 0
      ? [tn(contradictions, '{0} prompt has several different answers.', '{0} prompts have several different answers.')]
      : []),
    ...found.map((finding) =>
      finding.line > 0 ? t('Line {0}: {1}', String(finding.line), finding.message) : finding.message,
    ),
    ...notices.map(({ message }) => plainText(message)),
    ...(unsaid > 0 ? [tn(unsaid, '{0} more problem is not listed.', '{0} more problems are not listed.')] : []),
  ];
}
