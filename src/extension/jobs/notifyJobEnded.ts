import * as vscode from 'vscode';
import { jobTitle } from '../../core/training/words/describe.ts';
import { untrustedText } from '../../core/base/untrustedText.ts';
import type { JobEnded } from '../../jobs/watch/monitorContract.ts';
import { complaintOf } from './documents/complaints.ts';
import { notifyJobEnded } from '../config.ts';
import { COMMANDS } from '../contributions.ts';
import { inert } from '../ui/errors.ts';
import type { Ui } from '../ui/ui.ts';

const activatedAt = Date.now();

/** One notification an outcome: the monitor tells each end once, also over restarts. */
export async function tellJobEnded(ui: Ui, { record, seenRunning }: JobEnded): Promise<void> {
  const { connectionId, job } = record;
  if (!notifyJobEnded()) return;
  const ref = { connectionId, jobId: job.id };
  const title = jobTitle(job, record.local.name);
  // A short job may be over before it was looked at for the first time: only what ended earlier than this window began was missed.
  const missed = !seenRunning && job.finishedAt !== null && job.finishedAt * 1000 < activatedAt;
  const when = missed ? ' while VS Code was closed' : '';
  const run = (id: string): void => void vscode.commands.executeCommand(id, ref);
  if (job.status === 'succeeded') {
    const choice = await ui.notify(
      'information',
      inert(`${title} was fine-tuned${when}: ${untrustedText(job.fineTunedModel ?? '', [], 200)}`),
      'Open Charts',
      'Evaluate',
      'Copy Model Name',
    );
    if (choice === 'Open Charts') run(COMMANDS.openJob);
    if (choice === 'Evaluate') run(COMMANDS.evaluateModel);
    if (choice === 'Copy Model Name') run(COMMANDS.copyModelName);
    return;
  }
  const reason = job.error ? `: ${untrustedText(job.error.message)}` : '.';
  const choice =
    job.status === 'failed'
      ? await ui.notify(
          'error',
          inert(`Fine-tuning ${title} failed${when}${reason}`),
          ...(complaintOf(record) === null ? [] : ['Open Line']),
          'Open Charts',
        )
      : await ui.notify(
          'information',
          inert(`Fine-tuning ${title} was ${untrustedText(job.status, [], 40)}${when}.`),
          'Open Charts',
        );
  if (choice === 'Open Line') run(COMMANDS.openFailedLine);
  if (choice === 'Open Charts') run(COMMANDS.openJob);
}
