import * as vscode from 'vscode';
import { jobTitle } from '../../../core/training/words/describe.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import type { JobRef } from '../jobRef.ts';
import { safeFileName } from './names.ts';

/** Read-only documents about a job: the name is for people, the query says which job it is. */
export function jobUri(
  scheme: string,
  record: JobRecord,
  ending: string,
  more: Record<string, string> = {},
): vscode.Uri {
  const { connectionId, job, local } = record;
  const query = new URLSearchParams({ connection: connectionId, job: job.id, ...more }).toString();
  return vscode.Uri.from({ scheme, path: `/${safeFileName(jobTitle(job, local.name))}.${ending}`, query });
}

/** An address may be typed by anybody: it is only ever looked up among the jobs that are known. */
export function jobRefOf(uri: vscode.Uri): JobRef & { readonly query: URLSearchParams } {
  const query = new URLSearchParams(uri.query);
  return { connectionId: query.get('connection') ?? '', jobId: query.get('job') ?? '', query };
}
