import { Emitter } from '../../core/base/emitter.ts';
import { t } from '../../core/base/messages.ts';
import type { UnfinishedStart } from '../../jobs/start/recovery.ts';
import { readUnfinished } from '../../jobs/start/unfinished.ts';

/** Interrupted starts that are not resumed yet, for the tree and the commands. */
export class Starts {
  readonly #folder: string;
  readonly #changed = new Emitter<void>();
  #list: readonly UnfinishedStart[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Sweeps that this window runs, by their ids. */
  readonly sweeps = new Map<string, AbortController>();

  readonly onDidChange = this.#changed.event;

  /** Starts as last read; empty before the first `refresh`. */
  list(connectionId?: string): readonly UnfinishedStart[] {
    return this.#list.filter((start) => connectionId === undefined || start.connectionId === connectionId);
  }

  /** Reads the journals again, or only one small file when no start is open. */
  async refresh(): Promise<readonly UnfinishedStart[]> {
    const { starts } = await readUnfinished(this.#folder);
    const before = this.#list;
    // The code is loaded only for starts to recover.
    this.#list =
      starts.length === 0 ? [] : await (await import('../../jobs/start/recovery.ts')).unfinishedStarts(this.#folder);
    if (before.length > 0 || this.#list.length > 0) this.#changed.fire();
    return this.#list;
  }

  /** A sweep took a step. */
  changed(): void {
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

/** Label for the stage of an interrupted start. */
export function stageInWords({ stage }: Pick<UnfinishedStart, 'stage'>): string {
  switch (stage) {
    case 'planned':
    case 'uploading':
      return t('interrupted before the upload was complete');
    case 'uploaded':
      return t('interrupted after the upload');
    case 'unknown':
      return t('unknown whether a job was created');
    case 'created':
      return t('a job was created; its record is missing');
  }
}
