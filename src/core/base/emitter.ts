export interface Disposable {
  dispose(): void;
}

export type Listener<T> = (value: T) => void;

/** Function that subscribes a listener; disposing of the result ends the subscription. */
export type Event<T> = (listener: Listener<T>) => Disposable;

/**
 * Smallest safe emitter: listeners may come and go while it fires, and one that throws does not keep the value from the
 * others. Thrown values go to `onError` (dropped without one).
 */
export class Emitter<T> {
  readonly #listeners = new Set<{ readonly call: Listener<T> }>();
  readonly #onError: ((error: unknown) => void) | undefined;

  constructor(onError?: (error: unknown) => void) {
    this.#onError = onError;
  }

  readonly event: Event<T> = (listener) => {
    const entry = { call: listener };
    this.#listeners.add(entry);
    return { dispose: () => void this.#listeners.delete(entry) };
  };

  fire(value: T): void {
    for (const entry of [...this.#listeners]) {
      if (!this.#listeners.has(entry)) continue;
      try {
        entry.call(value);
      } catch (error) {
        this.#onError?.(error);
      }
    }
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
