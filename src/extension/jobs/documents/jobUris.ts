import * as vscode from 'vscode';
import { jobTitle } from '../../../core/training/words/describe.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import type { JobRef } from '../jobRef.ts';
import { safeFileName } from '../../../core/base/fileName.ts';

/** Scheme of uploaded files. */
export const UPLOAD_SCHEME = 'tuning-fork-upload';

/** Address of a read-only document about a job: its path shows the job's name, its query identifies the job. */
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

/** Reads the job of an address. The user may type one, so callers only look it up among known jobs. */
export function jobRefOf(uri: vscode.Uri): JobRef & { readonly query: URLSearchParams } {
  const query = new URLSearchParams(uri.query);
  return { connectionId: query.get('connection') ?? '', jobId: query.get('job') ?? '', query };
}
