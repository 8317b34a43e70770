import path from 'node:path';
import { t } from '../../../core/base/messages.ts';
import { namedPlaces } from '../../../core/training/words/complaint.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { inert } from '../../ui/errors.ts';

/** File that the provider complains about. */
export function roleOf({ job }: JobRecord): 'training' | 'validation' {
  return job.error?.param === 'validation_file' || /\bvalidation file\b/i.test(job.error?.message ?? '')
    ? 'validation'
    : 'training';
}

/** Complaint of the provider when it names a place in the file; null otherwise. */
export function complaintOf({ job }: JobRecord): string | null {
  if (job.status !== 'failed' || job.error === null) return null;
  return namedPlaces(job.error.message).length > 0 ? job.error.message : null;
}

/** Sentence about a dataset that differs from its upload; null when it does not, or when that cannot be known. */
export async function sourceChange({ local }: JobRecord): Promise<string | null> {
  const { sourcePath, sourceSha256 } = local;
  if (sourcePath === null || sourceSha256 === null) return null;
  const name = path.basename(sourcePath);
  const { hashOfFile } = await import('../../../jobs/start/snapshot.ts');
  const now = await hashOfFile(sourcePath);
  if (now === sourceSha256) return null;
  const before = `sha256 ${sourceSha256.slice(0, 12)}…`;
  return now === null
    ? inert(t('{0} is no longer where it was; this is the uploaded version ({1}).', name, before))
    : inert(
        t('{0} has changed since the upload: {1} was uploaded, it is now {2}.', name, before, `${now.slice(0, 12)}…`),
      );
}
