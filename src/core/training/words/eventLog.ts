import { dayAndTime } from '../../base/times.ts';
import { untrustedText } from '../../base/untrustedText.ts';
import type { JobEvent } from '../job.ts';

export interface EventLog {
  /** Oldest first, one line an event. */
  readonly text: string;
  /** First and last line of each epoch, from 0; empty when nothing tells where one ended. */
  readonly epochs: readonly { readonly start: number; readonly end: number }[];
}

/** What an event says in one line: what a server wrote is made inert. */
export function eventSentence(event: JobEvent, limit = 1000): string {
  const { moderation } = event;
  if (!moderation) return untrustedText(event.message, [], limit);
  if (moderation.flagged.length === 0) return `Policy checks passed (${String(moderation.categories)} categories)`;
  return `Policy checks flagged ${untrustedText(moderation.flagged.join(', '), [], limit)}`;
}

/** A job's events as a log file. `events`: newest first, as they are kept. */
export function eventLog(events: readonly JobEvent[]): EventLog {
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

/** In words that log viewers colour. */
function level(level: string): string {
  const word = untrustedText(level, [], 12).toLowerCase();
  return word === 'warn' ? 'warning' : word || 'info';
}
