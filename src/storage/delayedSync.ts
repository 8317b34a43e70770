/**
 * Brings what was written to the disk itself: at once when asked, else at the latest `everyMs` after the first write that is not there
 * yet. One sync runs at a time and serves everyone who waits for it; what failed counts as not synced.
 */
export class DelayedSync {
  readonly #syncNow: () => Promise<void>;
  readonly #everyMs: number | null;
  #unsynced = false;
  #syncing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param syncNow the system's call, e.g. `fdatasync`
   * @param everyMs null: only when asked
   */
  constructor(syncNow: () => Promise<void>, everyMs: number | null) {
    this.#syncNow = syncNow;
    this.#everyMs = everyMs;
  }

  /** Tells that something was written. */
  written(): void {
    this.#unsynced = true;
    if (this.#everyMs === null) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      // What could not be synced is tried again with the next write or at the end.
      this.now().catch(() => undefined);
    }, this.#everyMs);
  }

  /** Resolves when everything written before is on the disk; rejects with the system's error. */
  async now(): Promise<void> {
    this.stop();
    while (this.#unsynced) {
      this.#syncing ??= this.#once().finally(() => {
        this.#syncing = null;
      });
      await this.#syncing;
    }
    await this.#syncing;
  }

  /** No sync comes by itself any more until the next write. */
  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #once(): Promise<void> {
    this.#unsynced = false;
    try {
      await this.#syncNow();
    } catch (error) {
      this.#unsynced = true;
      throw error;
    }
  }
}
