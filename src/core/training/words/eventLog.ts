import { t, tn } from '../../base/messages.ts';
import { dayAndTime } from '../../base/times.ts';
import { untrustedText } from '../../base/untrustedText.ts';
import type { JobEvent } from '../job.ts';

export interface EventLog {
  /** Events, oldest first, one per line. */
  readonly text: string;
  /** First and last line of each epoch, from 0; empty when no event marks the end of one. */
  readonly epochs: readonly { readonly start: number; readonly end: number }[];
}

/** Line for an event; text from a server is made inert. */
export function eventSentence(event: JobEvent, limit = 1000): string {
  const { moderation } = event;
  if (!moderation) return untrustedText(event.message, [], limit);
  if (moderation.flagged.length === 0)
    return tn(moderation.categories, 'Policy checks passed ({0} category)', 'Policy checks passed ({0} categories)');
  return t('Policy checks flagged {0}', untrustedText(moderation.flagged.join(', '), [], limit));
}

/** Log file of a job's events. `events`: newest first, as they are kept. */
export function eventLog(events: Iterable<JobEvent>): EventLog {
  const ordered = [...events].reverse();
  const epochs: { start: number; end: number }[] = [];
  let start: number | null = null;
  const lines = ordered.map((event, index) => {
    if (event.metrics !== null) {
      start ??= index;
      // Full validation is measured once an epoch, at its end.
      if (event.metrics.fullValidLoss !== null) {
        epochs.push({ start, end: index });
        start = null;
      }
    }
    return `${dayAndTime(event.createdAt)} [${level(event.level)}] ${eventSentence(event)}`;
  });
  return { text: lines.length === 0 ? '' : `${lines.join('\n')}\n`, epochs };
}

/** Level in words that log viewers color. */
function level(level: string): string {
  const word = untrustedText(level, [], 12).toLowerCase();
  return word === 'warn' ? 'warning' : word || 'info';
}
