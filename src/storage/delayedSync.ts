/**
 * Syncs a written file to the disk itself: at once when asked, else at the latest `everyMs` after the first unsynced write. One sync
 * runs at a time and serves all waiting callers; a failed one leaves the writes unsynced.
 */
export class DelayedSync {
  readonly #syncNow: () => Promise<void>;
  readonly #everyMs: number | null;
  #unsynced = false;
  #syncing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param syncNow the system's call, e.g. `fdatasync`
   * @param everyMs milliseconds; null: only when asked
   */
  constructor(syncNow: () => Promise<void>, everyMs: number | null) {
    this.#syncNow = syncNow;
    this.#everyMs = everyMs;
  }

  /** Notes a write. */
  written(): void {
    this.#unsynced = true;
    if (this.#everyMs === null) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // A failed sync is tried again with the next write or at the end.
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

  /** Stops automatic syncs until the next write. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
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
