import { createHash } from 'node:crypto';
import type { Contestant, RunConfig, TestItem } from '../core/evaluation/types.ts';
import type { Task } from './task.ts';

/** Keys of requests: equal ones are the same request to the same model, without chance in its reply. */
export class RequestKeys {
  readonly #config: RunConfig;
  #hashed: TestItem | null = null;
  #hash = '';

  constructor(config: RunConfig) {
    this.#config = config;
  }

  /** Key of a request; null when its reply is drawn by chance. */
  keyOf(contestant: Contestant, item: TestItem): string | null {
    const { sampling } = this.#config;
    const { connectionId, model, leftOut = [], maxTokens = sampling.maxTokens } = contestant;
    if (sampling.temperature !== 0 || leftOut.includes('temperature') || model === undefined) return null;
    return JSON.stringify([connectionId ?? null, model, maxTokens, leftOut, this.#hashOf(item)]);
  }

  /** Hash of the messages; all contestants are asked an item one after the other. */
  #hashOf(item: TestItem): string {
    if (this.#hashed !== item) {
      this.#hash = createHash('sha256').update(JSON.stringify(item.messages)).digest('base64');
      this.#hashed = item;
    }
    return this.#hash;
  }
}

/** Groups of tasks with the same request: one of them is asked, the others wait for its reply. */
export class SameRequests {
  /** Tasks that wait, by the key of the one that is asked. */
  readonly #waiting = new Map<string, Task[]>();
  #count = 0;

  /** Number of tasks that wait for the reply to another one. */
  get count(): number {
    return this.#count;
  }

  /** Returns the tasks to ask, in order; the others wait. */
  sort(tasks: readonly Task[]): readonly Task[] {
    const asked = new Set<string>();
    return tasks.filter((task) => {
      if (task.key === null) return true;
      if (!asked.has(task.key)) {
        asked.add(task.key);
        return true;
      }
      const waiting = this.#waiting.get(task.key);
      if (waiting) waiting.push(task);
      else this.#waiting.set(task.key, [task]);
      this.#count++;
      return false;
    });
  }

  /** Takes all that wait for the reply to this task. */
  takeAll({ key }: Task): readonly Task[] {
    const waiting = key === null ? undefined : this.#waiting.get(key);
    if (key === null || waiting === undefined) return [];
    this.#waiting.delete(key);
    this.#count -= waiting.length;
    return waiting;
  }

  /** Takes the task that is asked instead of this one, which got no reply; the rest waits for that one. */
  takeNext({ key }: Task): Task | undefined {
    const next = key === null ? undefined : this.#waiting.get(key)?.shift();
    if (next) this.#count--;
    return next;
  }
}
