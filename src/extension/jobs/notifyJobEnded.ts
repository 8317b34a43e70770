import * as vscode from 'vscode';
import { t } from '../../core/base/messages.ts';
import { jobTitle } from '../../core/training/words/describe.ts';
import { untrustedText } from '../../core/base/untrustedText.ts';
import type { JobEnded } from '../../jobs/watch/monitorContract.ts';
import { complaintOf } from './documents/complaints.ts';
import { notifyJobEnded } from '../config.ts';
import { COMMANDS } from '../contributions.ts';
import { inert } from '../ui/errors.ts';
import type { Ui } from '../ui/ui.ts';

const activatedAt = Date.now();

/** Shows one notification per ended job: the monitor fires once for each, also across restarts. */
export async function tellJobEnded(ui: Ui, { record, seenRunning }: JobEnded): Promise<void> {
  const { connectionId, job } = record;
  if (!notifyJobEnded()) return;
  const ref = { connectionId, jobId: job.id };
  const title = jobTitle(job, record.local.name);
  // A short job may end before the first look at it: only a job that ended before this window opened was missed.
  const missed = !seenRunning && job.finishedAt !== null && job.finishedAt * 1000 < activatedAt;
  const [openCharts, evaluate, copyModelName] = [t('Open Charts'), t('Evaluate'), t('Copy Model Name')];
  const run = (id: string): void => void vscode.commands.executeCommand(id, ref);
  if (job.status === 'succeeded') {
    const choice = await ui.notify(
      'information',
      inert(succeeded(title, untrustedText(job.fineTunedModel ?? '', [], 200), missed)),
      openCharts,
      evaluate,
      copyModelName,
    );
    if (choice === openCharts) run(COMMANDS.openJob);
    if (choice === evaluate) run(COMMANDS.evaluateModel);
    if (choice === copyModelName) run(COMMANDS.copyModelName);
    return;
  }
  const goToLine = t('Go to Failing Line');
  const choice =
    job.status === 'failed'
      ? await ui.notify(
          'error',
          inert(failed(title, job.error ? untrustedText(job.error.message) : null, missed)),
          ...(complaintOf(record) === null ? [] : [goToLine]),
          openCharts,
        )
      : await ui.notify('information', inert(ended(title, untrustedText(job.status, [], 40), missed)), openCharts);
  if (choice === goToLine) run(COMMANDS.openFailedLine);
  if (choice === openCharts) run(COMMANDS.openJob);
}

function succeeded(title: string, model: string, missed: boolean): string {
  return missed
    ? t('{0} was fine-tuned while VS Code was closed: {1}', title, model)
    : t('{0} was fine-tuned: {1}', title, model);
}

function failed(title: string, reason: string | null, missed: boolean): string {
  if (reason === null) {
    return missed ? t('Fine-tuning {0} failed while VS Code was closed.', title) : t('Fine-tuning {0} failed.', title);
  }
  return missed
    ? t('Fine-tuning {0} failed while VS Code was closed: {1}', title, reason)
    : t('Fine-tuning {0} failed: {1}', title, reason);
}

function ended(title: string, status: string, missed: boolean): string {
  if (status === 'cancelled') {
    return missed
      ? t('Fine-tuning {0} was canceled while VS Code was closed.', title)
      : t('Fine-tuning {0} was canceled.', title);
  }
  return missed
    ? t('Fine-tuning {0} ended while VS Code was closed, with the status {1}.', title, status)
    : t('Fine-tuning {0} ended with the status {1}.', title, status);
}
