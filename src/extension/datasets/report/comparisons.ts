// Files that a report compares its dataset with, by itself, and the states of these comparisons.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { isHeldOut, partnersOf } from '../../../core/dataset/fileNames.ts';
import type { ComparedFile, ComparedFiles } from '../../../core/dataset/report/types.ts';
import { asProblem } from '../../ui/errors.ts';
import { siblings } from '../files.ts';
import type { DatasetWorkerClient } from '../workerClient.ts';

/** Most files that are compared by themselves. */
const MOST_FILES = 3;
/** Largest size of two files together that are compared by themselves: some seconds of the worker. */
export const MAX_BYTES = 256 * 1024 * 1024;

interface Listeners {
  /** A comparison began or ended. */
  readonly onChange: () => void;
  /** 0…1, of the comparison that goes on. */
  readonly onProgress: (fraction: number) => void;
}

/** Compares one file after the other; at most one comparison runs. */
export class Comparisons {
  readonly #datasets: Pick<DatasetWorkerClient, 'compare'>;
  readonly #file: string;
  readonly #listeners: Listeners;
  #files: ComparedFile[] = [];
  #more = 0;
  #running: AbortController | null = null;
  #progress = 0;
  #round = 0;

  constructor(datasets: Pick<DatasetWorkerClient, 'compare'>, file: string, listeners: Listeners) {
    this.#datasets = datasets;
    this.#file = file;
    this.#listeners = listeners;
  }

  get files(): ComparedFiles {
    return { files: this.#files, more: this.#more, held: isHeldOut(this.#file) };
  }

  /** 0…1; the last figure when no comparison goes on. */
  get progress(): number {
    return this.#progress;
  }

  /** Looks for likely files in the folder; `chosen`: the file that the user chose, which is compared whatever its size. */
  async find(chosen: string | null): Promise<void> {
    this.stop();
    const round = (this.#round += 1);
    const likely = partnersOf(this.#file, await siblings(this.#file)).filter((file) => file !== chosen);
    const taken = likely.slice(0, MOST_FILES);
    const files = [...(chosen === null ? [] : [chosen]), ...taken];
    const found = await Promise.all(
      files.map(async (file): Promise<ComparedFile> => {
        const named = { path: file, name: nameBeside(this.#file, file) };
        const bytes = (await sizeOf(this.#file)) + (await sizeOf(file));
        return file !== chosen && bytes > MAX_BYTES
          ? { ...named, state: 'too-large', bytes }
          : { ...named, state: 'waiting' };
      }),
    );
    // Another search has begun meanwhile.
    if (round !== this.#round) return;
    this.#files = found;
    this.#more = likely.length - taken.length;
  }

  /** Compares with the files that wait. Resolves when all are over. */
  async run(): Promise<void> {
    if (this.#running !== null) return;
    const abort = new AbortController();
    this.#running = abort;
    for (;;) {
      const index = this.#files.findIndex(({ state }) => state === 'waiting');
      const next = this.#files[index];
      if (next === undefined) break;
      this.#progress = 0;
      this.#set(index, { path: next.path, name: next.name, state: 'comparing' });
      const after = await this.#compare(next, abort);
      // The list is another one, or the panel was closed.
      if (this.#running !== abort) return;
      this.#set(index, after);
    }
    this.#running = null;
  }

  /** Compares with the file at this place, again or whatever its size. */
  async again(place: number): Promise<void> {
    const file = this.#files[place];
    if (file === undefined || file.state === 'waiting' || file.state === 'comparing') return;
    this.#set(place, { path: file.path, name: file.name, state: 'waiting' });
    await this.run();
  }

  /** Ends the comparison that goes on; it and those that wait are canceled. */
  stop(): void {
    const running = this.#running;
    this.#running = null;
    this.#files = this.#files.map((file) =>
      file.state === 'waiting' || file.state === 'comparing'
        ? { path: file.path, name: file.name, state: 'canceled' }
        : file,
    );
    running?.abort();
  }

  async #compare({ path: other, name }: ComparedFile, abort: AbortController): Promise<ComparedFile> {
    const named = { path: other, name };
    try {
      const comparison = await this.#datasets.compare(this.#file, other, abort.signal, (fraction) => {
        if (this.#running !== abort) return;
        this.#progress = fraction;
        this.#listeners.onProgress(fraction);
      });
      return { ...named, state: 'compared', comparison };
    } catch (error) {
      return abort.signal.aborted
        ? { ...named, state: 'canceled' }
        : { ...named, state: 'failed', problem: asProblem(error) };
    }
  }

  #set(index: number, file: ComparedFile): void {
    this.#files = this.#files.with(index, file);
    this.#listeners.onChange();
  }
}

/** Name of another file for sentences, with its folder where both files have the same name. */
function nameBeside(file: string, other: string): string {
  const name = path.basename(other);
  return name === path.basename(file) ? `${path.basename(path.dirname(other))}/${name}` : name;
}

async function sizeOf(file: string): Promise<number> {
  // The comparison reports why a file cannot be read.
  return await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
