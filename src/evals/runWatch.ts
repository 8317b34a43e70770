import type { Candidate, Holder } from '../storage/lease.ts';
import { JournalReader } from './reader.ts';
import { journalOf } from './runFiles.ts';

/** Watch of a run without a written end, for a list: its writer, and the number of rows with an answer. Keeps no row. */
export class RunWatch {
  readonly #candidate: Candidate;
  readonly #reader: JournalReader;
  readonly #answered = new Set<string>();
  #holder: Holder | null = null;
  #isCounted = false;

  constructor(folder: string, id: string, candidate: Candidate) {
    this.#candidate = candidate;
    this.#reader = new JournalReader(journalOf(folder, id));
  }

  /** Process that runs it, or left it behind; null: it can simply be started. */
  get holder(): Holder | null {
    return this.#holder;
  }

  /** Number of answered rows; null as long as no writer was seen: the journal is not read for the number alone. */
  get answered(): number | null {
    return this.#isCounted ? this.#answered.size : null;
  }

  /** Looks again; true when something changed. Rejects with the system's error. */
  async look(): Promise<boolean> {
    const before = this.#standing();
    this.#holder = await this.#candidate.look();
    if (this.#holder || this.#isCounted) {
      await this.#reader.read((records) => {
        for (const record of records) {
          if (record.k !== 'row') continue;
          const { contestant, item, status } = record.row;
          if (status === 'error') this.#answered.delete(`${item} ${contestant}`);
          else this.#answered.add(`${item} ${contestant}`);
        }
      });
      this.#isCounted = true;
    }
    return this.#standing() !== before;
  }

  #standing(): string {
    return JSON.stringify([this.#holder, this.answered]);
  }
}
