import path from 'node:path';
import { namedPlaces } from '../../../core/training/words/complaint.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { hashOfFile } from '../../../jobs/start/snapshot.ts';
import { inert } from '../../ui/errors.ts';

/** Which file the provider complains about. */
export function roleOf({ job }: JobRecord): 'training' | 'validation' {
  return job.error?.param === 'validation_file' || /\bvalidation file\b/i.test(job.error?.message ?? '')
    ? 'validation'
    : 'training';
}

/** The provider's complaint when it names a place in the file; null otherwise. */
export function complaintOf({ job }: JobRecord): string | null {
  if (job.status !== 'failed' || job.error === null) return null;
  return namedPlaces(job.error.message).length > 0 ? job.error.message : null;
}

/** One sentence when the dataset is no longer what was uploaded; null when it is, or when nobody knows. */
export async function sourceChange({ local }: JobRecord): Promise<string | null> {
  const { sourcePath, sourceSha256 } = local;
  if (sourcePath === null || sourceSha256 === null) return null;
  const name = path.basename(sourcePath);
  const now = await hashOfFile(sourcePath);
  if (now === sourceSha256) return null;
  const before = `sha256 ${sourceSha256.slice(0, 12)}…`;
  return now === null
    ? inert(`${name} is no longer where it was; this is what was uploaded (${before}).`)
    : inert(`${name} has changed since: ${before} was uploaded, it is ${now.slice(0, 12)}… now.`);
}
