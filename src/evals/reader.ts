import { open } from 'node:fs/promises';
import type {
  RowResult,
  RowSample,
  RunConfig,
  RunStatus,
  SamplingParameter,
  TestItem,
  TokenUsage,
} from '../core/evaluation/types.ts';
import type { Look } from '../core/statistics/earlyStop.ts';
import { totalUsage } from '../core/evaluation/usage.ts';
import { decodeRecords } from '../core/journal/lines.ts';
import type { Problem } from '../core/base/result.ts';
import type { RunRecord } from './record.ts';
import { asItCounts } from './ungradable.ts';

/** Bytes parsed at a time: a few milliseconds, so that the thread stays free for other work in between. */
const SLICE_BYTES = 131_072;

/** Reader of a growing journal that reads each line once. Never changes the file, and keeps it open only while it reads. */
export class JournalReader {
  readonly #file: string;
  #offset: number;

  /** @param offset bytes of whole lines that are known already */
  constructor(file: string, offset = 0) {
    this.#file = file;
    this.#offset = offset;
  }

  /** Bytes of the good lines read so far; a torn tail comes after them. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * Passes on the records that were added since the last call, in slices. Rejects with the system's error (ENOENT). A damaged line is
   * skipped when good ones follow; a torn last line is left for the next call, when its rest may be there.
   */
  async read(take: (records: readonly RunRecord[]) => void): Promise<void> {
    // On first use, and before anything is read: activation pays for no schema.
    const { parseRecord } = await import('./record.ts');
    const handle = await open(this.#file, 'r');
    try {
      let length = SLICE_BYTES;
      for (;;) {
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, this.#offset);
        const { records, validBytes } = decodeRecords(buffer.subarray(0, bytesRead));
        this.#offset += validBytes;
        if (records.length > 0) take(records.flatMap((record) => parseRecord(record) ?? []));
        if (bytesRead < length) return;
        // A line longer than the slice needs a larger one.
        length = validBytes > 0 ? SLICE_BYTES : length * 2;
      }
    } finally {
      await handle.close();
    }
  }
}

export async function parseRecords(records: readonly unknown[]): Promise<readonly RunRecord[]> {
  const { parseRecord } = await import('./record.ts');
  return records.flatMap((record) => parseRecord(record) ?? []);
}

/** State of a run as far as its journal was read. */
export class RunState {
  #config: RunConfig | null = null;
  readonly #items: TestItem[] = [];
  readonly #rows = new Map<string, RowResult>();
  readonly #leftOut = new Map<string, readonly SamplingParameter[]>();
  readonly #samples = new Map<string, RowSample[]>();
  readonly #looks = new Map<string, Look[]>();
  readonly #usage = new Map<string, TokenUsage>();
  #answered = 0;
  #status: RunStatus = 'running';
  #notice: Problem | null = null;

  /** State of a run that begins. @param rows recorded answers that it has from its beginning */
  static of(config: RunConfig, items: readonly TestItem[], rows: readonly RowResult[]): RunState {
    const state = new RunState();
    state.take({ k: 'run', v: 1, config });
    for (const item of items) state.take({ k: 'item', item });
    for (const row of rows) state.put(row);
    return state;
  }

  /** Null until the first line was read. */
  get config(): RunConfig | null {
    return this.#config;
  }

  get items(): readonly TestItem[] {
    return this.#items;
  }

  /** Last row for each contestant and item, in the order of arrival. */
  get rows(): readonly RowResult[] {
    return [...this.#rows.values()];
  }

  /** Rows with an answer. */
  get answered(): number {
    return this.#answered;
  }

  /** `running` until an end is written. */
  get status(): RunStatus {
    return this.#status;
  }

  get notice(): Problem | null {
    return this.#notice;
  }

  row(contestant: string, item: number): RowResult | undefined {
    return this.#rows.get(rowKey(contestant, item));
  }

  rowsOf(contestant: string): readonly RowResult[] {
    return [...this.#rows.values()].filter((row) => row.contestant === contestant);
  }

  /** Parameters that the contestant's model turned out to refuse. */
  leftOut(contestant: string): readonly SamplingParameter[] {
    return this.#leftOut.get(contestant) ?? [];
  }

  leaveOut(contestant: string, parameters: readonly SamplingParameter[]): void {
    this.#leftOut.set(contestant, parameters);
  }

  /** Replies for a row that needs more of them. */
  samples(contestant: string, item: number): readonly RowSample[] {
    return this.#samples.get(rowKey(contestant, item)) ?? [];
  }

  addSample(contestant: string, item: number, sample: RowSample): void {
    const key = rowKey(contestant, item);
    const samples = this.#samples.get(key);
    if (samples) samples.push(sample);
    else this.#samples.set(key, [sample]);
  }

  /** Looks at the contestant's difference from the baseline so far, in order. */
  looks(contestant: string): readonly Look[] {
    return this.#looks.get(contestant) ?? [];
  }

  addLook(contestant: string, look: Look): void {
    this.#looks.set(contestant, [...this.looks(contestant), look]);
  }

  /** Tokens of all rows that the contestant was asked, replaced ones included; null when none are known. */
  usage(contestant: string): TokenUsage | null {
    return this.#usage.get(contestant) ?? null;
  }

  take(record: RunRecord): void {
    switch (record.k) {
      case 'run':
        this.#config ??= record.config;
        return;
      case 'item':
        this.#items.push(record.item);
        return;
      case 'row':
        this.put(record.row);
        return;
      case 'sample':
        this.addSample(record.contestant, record.item, record.sample);
        return;
      case 'look':
        this.addLook(record.contestant, record.look);
        return;
      case 'leftOut':
        this.leaveOut(record.contestant, record.parameters);
        return;
      case 'status':
        this.mark(record.status, record.notice);
    }
  }

  /** Adds a row; returns it as it counts. */
  put(stored: RowResult): RowResult {
    const row = this.#config === null ? stored : asItCounts(this.#config, this.#items, stored);
    const key = rowKey(row.contestant, row.item);
    const known = this.#rows.get(key);
    if (known && known.status !== 'error') this.#answered--;
    if (row.status !== 'error') {
      this.#answered++;
      this.#samples.delete(key);
    }
    if (row.usage) {
      const usage = totalUsage([this.#usage.get(row.contestant), row.usage]);
      if (usage) this.#usage.set(row.contestant, usage);
    }
    // The row of a second try moves to the end: rows are in the order of arrival.
    this.#rows.delete(key);
    this.#rows.set(key, row);
    return row;
  }

  mark(status: RunStatus, notice: Problem | null): void {
    this.#status = status;
    this.#notice = notice;
  }
}

/** Reads new records into the state; returns the new rows. */
export async function readInto(state: RunState, reader: JournalReader): Promise<readonly RowResult[]> {
  const rows: RowResult[] = [];
  await reader.read((records) => {
    for (const record of records) {
      if (record.k === 'row') rows.push(state.put(record.row));
      else state.take(record);
    }
  });
  return rows;
}

function rowKey(contestant: string, item: number): string {
  return `${item} ${contestant}`;
}
