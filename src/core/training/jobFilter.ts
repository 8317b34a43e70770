import { untrustedText } from '../base/untrustedText.ts';
import type { Job } from './job.ts';
import { jobTitle } from './words/describe.ts';

export interface JobFilter {
  /** Statuses to show; null: all. */
  readonly statuses: readonly string[] | null;
  /** Words that must all occur in the job's name, model, ids or metadata; case-insensitive. */
  readonly text: string;
  readonly withHidden: boolean;
}

export const NO_FILTER: JobFilter = { statuses: null, text: '', withHidden: false };

export function isFiltered(filter: JobFilter): boolean {
  return filter.statuses !== null || filter.text.trim() !== '';
}

export function matchesFilter(
  job: Job,
  local: { readonly name: string | null; readonly hidden: boolean },
  filter: JobFilter,
): boolean {
  if (local.hidden && !filter.withHidden) return false;
  if (filter.statuses !== null && !filter.statuses.includes(job.status)) return false;
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const haystack = [
    jobTitle(job, local.name),
    job.id,
    job.model,
    job.fineTunedModel,
    job.suffix,
    job.trainingFile,
    job.validationFile,
    ...Object.entries(job.metadata).flat(),
  ]
    .join('\n')
    .toLowerCase();
  return words.every((word) => haystack.includes(word));
}

/** Description of a filter: `failed, cancelled · "pricer"`; empty when everything is shown. */
export function filterInWords(filter: JobFilter): string {
  return [
    filter.statuses === null ? '' : filter.statuses.map((status) => untrustedText(status, [], 40)).join(', '),
    filter.text.trim() === '' ? '' : `"${untrustedText(filter.text, [], 60)}"`,
  ]
    .filter(Boolean)
    .join(' · ');
}
