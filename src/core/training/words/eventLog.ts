import { t, tn } from '../../base/messages.ts';
import { dayAndTime } from '../../base/times.ts';
import { untrustedText } from '../../base/untrustedText.ts';
import type { EventHistory } from '../history/eventHistory.ts';
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

/** Log file of a job's events. */
export function eventLog(events: Pick<EventHistory, 'oldestFirst'>): EventLog {
  const lines: string[] = [];
  const parts = eventLines(events);
  let part = parts.next();
  for (; part.done !== true; part = parts.next()) lines.push(part.value);
  return { text: lines.join(''), epochs: part.value };
}

/** Lines of the log, one after the other, each with its end; returns the epochs. A million of them are made in slices by the caller. */
export function* eventLines(
  events: Pick<EventHistory, 'oldestFirst'>,
): Generator<string, EventLog['epochs'], undefined> {
  const epochs: { start: number; end: number }[] = [];
  let start: number | null = null;
  let index = 0;
  for (const event of events.oldestFirst()) {
    if (event.metrics !== null) {
      start ??= index;
      // Full validation is measured once an epoch, at its end.
      if (event.metrics.fullValidLoss !== null) {
        epochs.push({ start, end: index });
        start = null;
      }
    }
    yield `${dayAndTime(event.createdAt)} [${level(event.level)}] ${eventSentence(event)}\n`;
    index += 1;
  }
  return epochs;
}

/** Level in words that log viewers color. */
function level(level: string): string {
  const word = untrustedText(level, [], 12).toLowerCase();
  return word === 'warn' ? 'warning' : word || 'info';
}
