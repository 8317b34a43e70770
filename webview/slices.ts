/** Milliseconds that work may take of one frame. */
const SLICE_MS = 12;
/** After long work comes a pause this many times as long: it takes a fifth of the time at most. */
const PAUSE = 4;
/** Work below this may follow each other without a pause. */
const SHORT_MS = 16;

/**
 * Repeats a long computation while its input changes: in slices, so that the page stays free, never two at once, and with pauses,
 * so that it takes a fifth of the time at most however often it is asked for. A short one is done at once.
 */
export class Sliced<T> {
  readonly #make: () => Generator<undefined, T> | null;
  readonly #done: (result: T, isFresh: boolean) => void;
  #isRunning = false;
  #isStale = false;

  /**
   * `make` begins the computation with the present input; null: there is nothing to compute. `done` gets the result, and whether the
   * input is still the same.
   */
  constructor(make: () => Generator<undefined, T> | null, done: (result: T, isFresh: boolean) => void) {
    this.#make = make;
    this.#done = done;
  }

  /** The input has changed. */
  request(): void {
    if (this.#isRunning) {
      this.#isStale = true;
      return;
    }
    const work = this.#make();
    if (work === null) return;
    this.#isRunning = true;
    this.#isStale = false;
    this.#go(work, 0);
  }

  #go(work: Generator<undefined, T>, before: number): void {
    const start = performance.now();
    for (;;) {
      const step = work.next();
      const spent = performance.now() - start;
      if (step.done === true) {
        this.#done(step.value, !this.#isStale);
        this.#rest(before + spent);
        return;
      }
      if (spent < SLICE_MS) continue;
      setTimeout(() => {
        this.#go(work, before + spent);
      });
      return;
    }
  }

  #rest(cost: number): void {
    const end = (): void => {
      this.#isRunning = false;
      if (this.#isStale) this.request();
    };
    if (cost < SHORT_MS) end();
    else setTimeout(end, cost * PAUSE);
  }
}

/** Repeats a task that cannot be sliced, such as drawing, so that it takes a fifth of the time at most; a short one is done at once. */
export class Paced {
  readonly #task: () => void;
  #isResting = false;
  #isStale = false;

  constructor(task: () => void) {
    this.#task = task;
  }

  /** Something has changed by itself: the task is done now, or after the pause. */
  request(): void {
    if (this.#isResting) this.#isStale = true;
    else this.now();
  }

  /** The user has changed something, and waits for it. */
  now(): void {
    this.#isStale = false;
    const start = performance.now();
    this.#task();
    const cost = performance.now() - start;
    if (cost < SHORT_MS || this.#isResting) return;
    this.#isResting = true;
    setTimeout(() => {
      this.#isResting = false;
      if (this.#isStale) this.now();
    }, cost * PAUSE);
  }
}
