import { Worker } from 'node:worker_threads';

/** Longest time that one reply may take: a pattern such as `(a+)+$` would otherwise never end. */
const DEADLINE_MS = 1000;

/** Runs in the thread: replies come one at a time, and are answered one at a time. No file of its own, so that every host can start it. */
// eslint-disable-next-line tuning-fork/translated -- code
const THREAD = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ pattern, flags, text }) => {
    parentPort.postMessage(new RegExp(pattern, flags).test(text));
  });
`;

interface Waiting {
  readonly pattern: string;
  readonly flags: string;
  readonly text: string;
  readonly resolve: (matches: boolean | null) => void;
}

/** Looks for patterns in a thread of its own, with a deadline for each text. */
export class RegexMatcher {
  readonly #deadlineMs: number;
  readonly #queue: Waiting[] = [];
  #worker: Worker | null = null;
  #current: Waiting | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(deadlineMs = DEADLINE_MS) {
    this.#deadlineMs = deadlineMs;
  }

  /** Tells whether the pattern, which must be valid, occurs in the text; null when that could not be told within the deadline. */
  matches(pattern: string, flags: string, text: string): Promise<boolean | null> {
    return new Promise((resolve) => {
      this.#queue.push({ pattern, flags, text, resolve });
      this.#next();
    });
  }

  /** Ends the thread; texts that wait are answered with null. */
  dispose(): void {
    for (const { resolve } of this.#queue.splice(0)) resolve(null);
    this.#done(null);
    this.#stop();
  }

  #next(): void {
    if (this.#current) return;
    const next = this.#queue.shift();
    if (next === undefined) {
      // An idle thread must not keep the process alive.
      this.#worker?.unref();
      return;
    }
    this.#current = next;
    const worker = this.#worker ?? this.#start();
    worker.ref();
    this.#timer = setTimeout(() => {
      this.#stop();
      this.#done(null);
      this.#next();
    }, this.#deadlineMs);
    worker.postMessage({ pattern: next.pattern, flags: next.flags, text: next.text });
  }

  #start(): Worker {
    const worker = new Worker(THREAD, { eval: true });
    this.#worker = worker;
    worker.on('message', (matches: boolean) => {
      if (this.#worker !== worker) return;
      this.#done(matches);
      this.#next();
    });
    worker.on('error', () => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      this.#done(null);
      this.#next();
    });
    return worker;
  }

  #stop(): void {
    const worker = this.#worker;
    this.#worker = null;
    void worker?.terminate();
  }

  #done(matches: boolean | null): void {
    clearTimeout(this.#timer);
    const current = this.#current;
    this.#current = null;
    current?.resolve(matches);
  }
}
