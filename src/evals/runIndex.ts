import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunFact } from '../core/evaluation/comparison/fact.ts';
import { updateFile, writeFileAtomic } from '../storage/atomicFile.ts';
import type { RunHead } from './heads.ts';

/** Entry of the index: what a list shows of a run, and the journal that it was read from. */
export interface IndexedRun {
  /** Size and time of the journal. */
  readonly stamp: string;
  readonly head: RunHead;
  /** Absent: not known yet; null: the run has nothing to say. */
  readonly fact?: RunFact | null;
}

interface Content {
  readonly v: 1;
  readonly runs: Readonly<Record<string, IndexedRun>>;
}

const SAVE_PAUSE_MS = 500;

/**
 * What a list shows of all runs, in one small file, so that it is there at once: `index.json` can be thrown away and is made again
 * from the journals. The names that users gave to runs are in a file of their own, `names.json`.
 */
export class RunIndex {
  readonly #folder: string;
  readonly #runs = new Map<string, IndexedRun>();
  readonly #names = new Map<string, string>();
  #isKept = false;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads both files; a missing or damaged index is empty. */
  async read(): Promise<void> {
    const content = await json(path.join(this.#folder, 'index.json'));
    if (isContent(content))
      for (const [id, run] of Object.entries(content.runs)) if (isRun(id, run)) this.#runs.set(id, run);
    await this.readNames();
  }

  /** Reads the names again, which other windows change; true when one is another. */
  async readNames(): Promise<boolean> {
    const names = namesOf(await json(path.join(this.#folder, 'names.json')));
    const isSame = names.size === this.#names.size && [...names].every(([id, name]) => this.#names.get(id) === name);
    if (isSame) return false;
    this.#names.clear();
    for (const [id, name] of names) this.#names.set(id, name);
    return true;
  }

  /** Writes the index from now on: a process that only reads the runs leaves the folder as it is. */
  keep(): void {
    if (this.#isKept) return;
    this.#isKept = true;
    this.#soon();
  }

  get runs(): ReadonlyMap<string, IndexedRun> {
    return this.#runs;
  }

  name(id: string): string | undefined {
    return this.#names.get(id);
  }

  /** Keeps the head of a run; its fact is forgotten when the journal is another one. */
  put(id: string, stamp: string, head: RunHead): void {
    const known = this.#runs.get(id);
    if (known?.stamp === stamp) return;
    this.#runs.set(id, { stamp, head });
    this.#soon();
  }

  /** Keeps the fact of a run, unless its journal has changed since it was read. */
  setFact(id: string, stamp: string, fact: RunFact | null): void {
    const known = this.#runs.get(id);
    if (known?.stamp !== stamp) return;
    this.#runs.set(id, { ...known, fact });
    this.#soon();
  }

  drop(id: string): void {
    if (this.#runs.delete(id)) this.#soon();
  }

  /** Gives a run a name; an empty one gives it back its own. Rejects with the system's error. */
  async rename(id: string, name: string): Promise<void> {
    await updateFile(path.join(this.#folder, 'names.json'), (text) => {
      const names = namesOf(parsed(text ?? ''));
      if (name === '') names.delete(id);
      else names.set(id, name);
      return `${JSON.stringify({ v: 1, names: Object.fromEntries(names) })}\n`;
    });
    await this.readNames();
  }

  async dispose(): Promise<void> {
    if (this.#timer !== undefined) {
      clearTimeout(this.#timer);
      this.#save();
    }
    await this.#saving;
  }

  #soon(): void {
    if (!this.#isKept) return;
    this.#timer ??= setTimeout(() => {
      this.#save();
    }, SAVE_PAUSE_MS);
    this.#timer.unref();
  }

  #save(): void {
    this.#timer = undefined;
    const content: Content = { v: 1, runs: Object.fromEntries(this.#runs) };
    this.#saving = this.#saving
      .then(() => writeFileAtomic(path.join(this.#folder, 'index.json'), JSON.stringify(content)))
      // Without it the list is read from the journals again.
      .catch(() => undefined);
  }
}

async function json(file: string): Promise<unknown> {
  return parsed(await readFile(file, 'utf8').catch(() => ''));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function namesOf(content: unknown): Map<string, string> {
  const names = isObject(content) ? content['names'] : null;
  if (!isObject(names)) return new Map();
  return new Map(Object.entries(names).flatMap(([id, name]) => (typeof name === 'string' ? [[id, name]] : [])));
}

function isContent(content: unknown): content is Content {
  return isObject(content) && content['v'] === 1 && isObject(content['runs']);
}

/** A cache that this extension wrote: it is checked as far as a list would fail on it. */
function isRun(id: string, run: unknown): run is IndexedRun {
  if (!isObject(run) || typeof run['stamp'] !== 'string' || !isObject(run['head'])) return false;
  const { config, status } = run['head'];
  if (!isObject(config) || typeof status !== 'string' || config['id'] !== id) return false;
  const { testFile, contestants, createdAt, name } = config;
  return (
    isObject(testFile) &&
    typeof testFile['path'] === 'string' &&
    Array.isArray(contestants) &&
    contestants.every((contestant) => isObject(contestant) && typeof contestant['label'] === 'string') &&
    typeof createdAt === 'number' &&
    typeof name === 'string'
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
