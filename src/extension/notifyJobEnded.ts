import * as vscode from 'vscode';
import { jobTitle } from '../core/training/describe.ts';
import { untrustedText } from '../core/redact.ts';
import type { JobEnded } from '../jobs/monitor.ts';
import { notifyJobEnded } from './config.ts';
import { COMMANDS } from './contributions.ts';
import { inert } from './errors.ts';
import type { Services } from './services.ts';

/** One notification an outcome; the store remembers that it was given, also over restarts. */
export async function tellJobEnded(services: Pick<Services, 'jobs'>, { record, seenRunning }: JobEnded): Promise<void> {
  const { connectionId, job } = record;
  if (services.jobs.get(connectionId, job.id)?.local.notified) return;
  services.jobs.update(connectionId, job.id, { local: { notified: true } });
  if (!notifyJobEnded()) return;
  const ref = { connectionId, jobId: job.id };
  const title = jobTitle(job, record.local.name);
  const when = seenRunning ? '' : ' while VS Code was closed';
  const run = (id: string): void => void vscode.commands.executeCommand(id, ref);
  if (job.status === 'succeeded') {
    const choice = await vscode.window.showInformationMessage(
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
      ? await vscode.window.showErrorMessage(inert(`Fine-tuning ${title} failed${when}${reason}`), 'Open Charts')
      : await vscode.window.showInformationMessage(
          inert(`Fine-tuning ${title} was ${untrustedText(job.status, [], 40)}${when}.`),
          'Open Charts',
        );
  if (choice === 'Open Charts') run(COMMANDS.openJob);
}
