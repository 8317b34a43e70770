// Details of a job in the tree, a row each.
import { t } from '../../../core/base/messages.ts';
import { count } from '../../../core/base/numbers.ts';
import { dayAndTime } from '../../../core/base/times.ts';
import { untrustedText } from '../../../core/base/untrustedText.ts';
import { costInWords } from '../../../core/training/jobCost.ts';
import { isImported } from '../../../core/training/imported.ts';
import { trainedOnInWords } from '../../../core/training/words/trainedOnText.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { costOf, isOwnJob } from '../jobState.ts';
import { trainerSettings } from '../trainerSettings.ts';
import type { JobConnection } from './jobItems.ts';

/** Rows by label and value, as the provider sent them; a null or empty value is not shown. */
export function detailRows(
  record: JobRecord,
  connection: JobConnection,
): readonly (readonly [string, string | null])[] {
  const { job, local } = record;
  const { hyperparameters: used, wandb } = job;
  const number = (value: number | string | undefined): string | null => (value === undefined ? null : String(value));
  return [
    [t('Job'), job.id],
    [t('Status'), job.status],
    [t('Problem'), job.error && job.error.message],
    [t('Started with'), isOwnJob(record) ? null : t('another tool')],
    [t('Imported'), isImported(job) ? t('an adapter that was trained elsewhere') : null],
    [t('Base model'), job.model],
    [t('Method'), job.method],
    [t('Epochs'), number(used.n_epochs)],
    [t('Batch size'), number(used.batch_size)],
    [t('Learning rate multiplier'), number(used.learning_rate_multiplier)],
    [t('Beta'), number(used.beta)],
    [t('Compute multiplier'), number(used.compute_multiplier)],
    [t('Evaluation interval'), number(used.eval_interval)],
    [t('Evaluation samples'), number(used.eval_samples)],
    [t('Reasoning effort'), number(used.reasoning_effort)],
    // `512 (auto)`: the trainer chose it.
    ...trainerSettings(record).map(
      ({ title, value, asked }) =>
        [title, asked === null || asked === value ? value : t('{0} ({1})', value, asked)] as const,
    ),
    [t('Suffix'), job.suffix],
    [t('Seed'), number(job.seed ?? undefined)],
    [t('Trained tokens'), job.trainedTokens === null ? null : count(job.trainedTokens)],
    ...trainedOnInWords(job),
    [t('Price'), costInWords(costOf(record, connection), local.priceEstimate)],
    [t('Created'), dayAndTime(job.createdAt)],
    [t('Finished'), job.finishedAt === null ? null : dayAndTime(job.finishedAt)],
    [t('Weights & Biases'), wandb ? [wandb.entity, wandb.project].filter(Boolean).join(' / ') : null],
    ...Object.entries(job.metadata)
      .filter(([key]) => !key.startsWith('tuning_fork_'))
      .map(([key, value]) => [untrustedText(key, [], 64), value] as const),
  ];
}
