/** Seconds of a training: from its start to its last report, so that a process that takes its time to end is not counted. */
export class TrainingClock {
  readonly #before: number | null;
  readonly #begun: number;
  readonly #now: () => number;
  #last: number;

  /** @param before seconds of earlier parts of the training; null: not known, and then the sum is not known either */
  constructor(before: number | null, now: () => number = () => performance.now()) {
    this.#before = before;
    this.#now = now;
    this.#begun = now();
    this.#last = this.#begun;
  }

  /** Called at each report. */
  tick(): void {
    this.#last = this.#now();
  }

  get seconds(): number | null {
    return this.#before === null ? null : this.#before + (this.#last - this.#begun) / 1000;
  }
}
