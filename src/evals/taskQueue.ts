import type { Task } from './task.ts';

/** Queue of the rows to ask: those that were asked before and are due again go first, so that no row is left to the end. */
export class TaskQueue {
  readonly #fresh: readonly Task[];
  #next = 0;
  #due: Task[] = [];
  #nextDue = 0;

  constructor(fresh: readonly Task[]) {
    this.#fresh = fresh;
  }

  get isEmpty(): boolean {
    return this.#next >= this.#fresh.length && this.#nextDue >= this.#due.length;
  }

  /** Puts a task before all that were not asked yet. */
  putBack(task: Task): void {
    this.#due.push(task);
  }

  /** Takes the next task; undefined when there is none. */
  take(): Task | undefined {
    const due = this.#due[this.#nextDue];
    if (due === undefined) return this.#fresh[this.#next++];
    if (++this.#nextDue >= this.#due.length) {
      this.#due = [];
      this.#nextDue = 0;
    }
    return due;
  }
}
