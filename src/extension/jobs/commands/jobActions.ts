import * as vscode from 'vscode';
import { codeSnippet, type SnippetLanguage } from '../../../core/training/words/codeSnippets.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { ProblemError } from '../../ui/errors.ts';
import type { Services } from '../../services.ts';

/** What the commands of a job are called with: a tree node or a panel's job. */
export interface JobRef {
  readonly connectionId: string;
  readonly jobId: string;
}

export function isJobRef(value: unknown): value is JobRef {
  return typeof value === 'object' && value !== null && 'connectionId' in value && 'jobId' in value;
}

export function recordOf(services: Pick<Services, 'jobs'>, ref: unknown): JobRecord {
  const record = isJobRef(ref) ? services.jobs.get(ref.connectionId, ref.jobId) : undefined;
  if (record) return record;
  throw new ProblemError({
    code: 'no-job',
    message: 'This command belongs to a job of the Jobs view.',
    action: 'Choose it from the menu of a job there.',
  });
}

async function copy(text: string, what: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage(`$(copy) ${what} copied`, 3000);
}

export async function copyModelName(services: Pick<Services, 'jobs'>, ref: unknown): Promise<void> {
  const { job } = recordOf(services, ref);
  if (job.fineTunedModel === null) {
    throw new ProblemError({
      code: 'no-model',
      message: 'This job has no fine-tuned model.',
      action: 'Wait for it to succeed, or choose another job.',
    });
  }
  await copy(job.fineTunedModel, 'Model name');
}

export async function copyJobId(services: Pick<Services, 'jobs'>, ref: unknown): Promise<void> {
  await copy(recordOf(services, ref).job.id, 'Job ID');
}

export async function copySnippet(
  services: Pick<Services, 'jobs' | 'providers'>,
  ref: unknown,
  language: SnippetLanguage,
): Promise<void> {
  const record = recordOf(services, ref);
  const provider = await services.providers.get(record.connectionId);
  await copy(codeSnippet({ language, baseUrl: provider.baseUrl, jobId: record.job.id }), 'Code');
}
