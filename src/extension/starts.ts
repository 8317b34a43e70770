import { Emitter } from '../core/emitter.ts';
import { unfinishedStarts, type UnfinishedStart } from '../jobs/recovery.ts';
import { readUnfinished } from '../jobs/unfinished.ts';

/** Starts that were interrupted and are not taken up yet: what the tree shows and the commands offer. */
export class Starts {
  readonly #folder: string;
  readonly #changed = new Emitter<void>();
  #list: readonly UnfinishedStart[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  readonly onDidChange = this.#changed.event;

  /** As last read; nothing before the first `refresh`. */
  list(connectionId?: string): readonly UnfinishedStart[] {
    return this.#list.filter((start) => connectionId === undefined || start.connectionId === connectionId);
  }

  /** Reads the journals again, and nothing but one small file when no start is open. */
  async refresh(): Promise<readonly UnfinishedStart[]> {
    const { starts } = await readUnfinished(this.#folder);
    const before = this.#list;
    this.#list = starts.length === 0 ? [] : await unfinishedStarts(this.#folder);
    if (before.length > 0 || this.#list.length > 0) this.#changed.fire();
    return this.#list;
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
