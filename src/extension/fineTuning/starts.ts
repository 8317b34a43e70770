import { Emitter } from '../../core/base/emitter.ts';
import type { UnfinishedStart } from '../../jobs/start/recovery.ts';
import { readUnfinished } from '../../jobs/start/unfinished.ts';

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
    // Its code is read when there is something to recover.
    this.#list =
      starts.length === 0 ? [] : await (await import('../../jobs/start/recovery.ts')).unfinishedStarts(this.#folder);
    if (before.length > 0 || this.#list.length > 0) this.#changed.fire();
    return this.#list;
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

/** What a start's stage means for the person's money, as half a sentence. */
export function stageInWords({ stage }: Pick<UnfinishedStart, 'stage'>): string {
  switch (stage) {
    case 'planned':
    case 'uploading':
    case 'uploaded':
      return stage === 'uploaded' ? 'interrupted after the upload' : 'interrupted before the upload was done';
    case 'unknown':
      return 'not known whether a job was made';
    case 'created':
      return 'a job was made; its record is missing';
  }
}
