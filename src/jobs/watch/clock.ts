export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Calls back after `ms`; the answer cancels it. */
  after(ms: number, callback: () => void): () => void;
}

/** The process's own; its timers keep no process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
