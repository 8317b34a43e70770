import type { JobEvent } from '../../core/training/job.ts';
import { type EventHistory, jobHistory } from '../../core/training/history/eventHistory.ts';
import type { Lease } from '../../storage/lease.ts';
import { slices } from '../../storage/slices.ts';
import { appendEvents, type JournalPlace, journalOf, readEvents } from './eventJournal.ts';
import type { JobRecord } from './jobRecord.ts';
import { readRecord, type StoredRecord, writeRecord } from './recordFile.ts';

/** Events added at once: a few milliseconds of work. */
const PORTION = 2000;

/** What was found in the files that was not known before. */
export interface News {
  /** Newest first. */
  readonly events: readonly JobEvent[];
  readonly steps: ReadonlySet<number>;
}

/** Files of one job: its record, replaced whole, and the journal of its events beside it, which only grows. */
export class JobFiles {
  readonly #record: string;
  readonly #journal: string;
  #place: JournalPlace | null = null;
  /** Events that are not in the journal yet, oldest first. */
  #unwritten: JobEvent[] = [];
  #tellsNews = true;
  /** News from other processes. */
  readonly #news: { readonly oldestFirst: JobEvent[]; readonly steps: Set<number> } = {
    oldestFirst: [],
    steps: new Set(),
  };

  constructor(recordFile: string) {
    this.#record = recordFile;
    this.#journal = journalOf(recordFile);
  }

  /** Takes events that have to be written; `events`: newest first. */
  add(events: readonly JobEvent[]): void {
    for (const event of events.toReversed()) this.#unwritten.push(event);
  }

  /** Takes what was read since the last call, without what was read into a new history. */
  takeNews(): News {
    const { oldestFirst, steps } = this.#news;
    const news = { events: oldestFirst.splice(0).reverse(), steps: new Set(steps) };
    steps.clear();
    return news;
  }

  /**
   * Reads the record and what was added to its journal since, into `history` (a new one when it is null). Gives other work its turn.
   * Resolves to `missing` or `corrupt` as `readRecord` does; rejects when a file cannot be read.
   */
  async read(
    known: Pick<JobRecord, 'events' | 'curve'> | null,
  ): Promise<'missing' | 'corrupt' | { readonly stored: StoredRecord; readonly record: JobRecord }> {
    const stored = await readRecord(this.#record);
    if (typeof stored === 'string') return stored;
    const history = known ?? jobHistory();
    this.#tellsNews = known !== null;
    const { events } = history;
    const turn = slices();
    const { ownEvents } = stored;
    for (let end = ownEvents.length; end > 0; end -= PORTION) {
      // Those that an earlier version wrote have to go into the journal when the record is written.
      this.add(this.#take(events, ownEvents.slice(Math.max(0, end - PORTION), end)));
      await turn();
    }
    await this.#readJournal(events);
    // Events that should be here are not: they are read again from the provider.
    const isWhole = events.length >= stored.eventCount;
    this.#tellsNews = true;
    const record = { ...stored.record, events, curve: history.curve, complete: stored.record.complete && isWhole };
    return { stored, record };
  }

  /** Writes what is new: events to the end of the journal, then the record. Returns the record's stamp. */
  async write(record: JobRecord, fence: number, lock: Lease): Promise<string | null> {
    await this.#readJournal(record.events);
    const events = this.#unwritten;
    let count = 0;
    try {
      this.#place = await appendEvents(this.#journal, this.#place, events.slice(), lock, (written) => {
        count += written;
      });
    } finally {
      events.splice(0, count);
    }
    return await writeRecord(this.#record, record, { fence, lock, eventCount: record.events.length - events.length });
  }

  /** Reads what other processes added to the journal; when it was deleted or made again, what it lacks has to be written. */
  async #readJournal(history: EventHistory): Promise<void> {
    const place = await readEvents(this.#journal, this.#place, (events) => {
      this.#take(history, events.toReversed());
    });
    if (place) {
      this.#place = place;
      return;
    }
    const had = this.#place !== null;
    const ids = new Set<string>();
    this.#place = await readEvents(this.#journal, null, (events) => {
      for (const { id } of events) ids.add(id);
      this.#take(history, events.toReversed());
    });
    if (had)
      this.#unwritten = history
        .slice(0)
        .filter(({ id }) => !ids.has(id))
        .reverse();
  }

  #take(history: EventHistory, events: readonly JobEvent[]): readonly JobEvent[] {
    const added = history.add(events);
    if (this.#tellsNews) {
      for (const event of added.events.toReversed()) this.#news.oldestFirst.push(event);
      for (const step of added.steps) this.#news.steps.add(step);
    }
    return added.events;
  }
}
