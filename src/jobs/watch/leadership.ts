// One window polls a provider, the others read the records that it stores. They leave their wishes (jobs they show, a look now) in files
// beside the lease, where the polling window finds them.
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../../storage/atomicFile.ts';
import { Candidate, type Lease } from '../../storage/lease.ts';

/** Jobs that a view or a panel shows. */
export type Shown = 'all' | ReadonlySet<string>;

/** Silence of a window after which its wish is forgotten. */
const WISH_MS = 60_000;

export interface Wishes {
  readonly shown: Shown;
  /** Grows when a window wants a look now. */
  readonly pokes: number;
}

export class Leadership {
  readonly #folder: string;
  readonly #candidate: Candidate;
  readonly #wishFile: string;
  #lease: Lease | null = null;
  #wish = '';
  #pokes = 0;
  #wishedAt = -Infinity;
  readonly #now: () => number;

  /** @param folder of one connection, in the shared storage folder; @param now milliseconds, monotonic */
  constructor(folder: string, now: () => number) {
    this.#folder = folder;
    this.#now = now;
    this.#candidate = new Candidate(path.join(folder, 'lease'), { now });
    this.#wishFile = path.join(folder, 'wishes', `${process.pid}-${randomBytes(4).toString('hex')}.json`);
  }

  get token(): number | null {
    return this.#lease?.token ?? null;
  }

  /** Tells whether this window polls, after trying to become the one when no window does. */
  async lead(): Promise<boolean> {
    if (this.#lease && (await this.holds())) return true;
    this.#lease = await this.#candidate.tryAcquire();
    return this.#lease !== null;
  }

  /** Tells whether this window may still write the answers it got. */
  async holds(): Promise<boolean> {
    if (!this.#lease) return false;
    if (await this.#lease.holds()) return true;
    this.#lease = null;
    return false;
  }

  /** Gives a sign of life; false when another window has taken over. */
  async beat(): Promise<boolean> {
    if (this.#lease && (await this.#lease.beat())) return true;
    this.#lease = null;
    return false;
  }

  async release(): Promise<void> {
    const lease = this.#lease;
    this.#lease = null;
    await lease?.release();
  }

  /** Tells the polling window which jobs this one shows, and whether to look now. Cheap when nothing changed. */
  async wish(shown: Shown, poke: boolean): Promise<void> {
    if (poke) this.#pokes++;
    const text = JSON.stringify({ v: 1, shown: shown === 'all' ? shown : [...shown].sort(), pokes: this.#pokes });
    if (text === this.#wish && this.#now() - this.#wishedAt < WISH_MS / 3) return;
    this.#wish = text;
    this.#wishedAt = this.#now();
    await mkdir(path.dirname(this.#wishFile), { recursive: true });
    await writeFileAtomic(this.#wishFile, text);
  }

  /** Reads the wishes of the other windows. */
  async wishes(): Promise<Wishes> {
    const folder = path.dirname(this.#wishFile);
    const names = await readdir(folder).catch(() => []);
    const shown = new Set<string>();
    let all = false;
    let pokes = 0;
    for (const name of names) {
      const file = path.join(folder, name);
      if (!name.endsWith('.json') || file === this.#wishFile) continue;
      const wish = await readWish(file);
      if (wish === null) continue;
      pokes += wish.pokes;
      if (wish.shown === 'all') all = true;
      else for (const id of wish.shown) shown.add(id);
    }
    return { shown: all ? 'all' : shown, pokes };
  }

  /** Tells whether another window read the list within `ms`, so that its jobs are in the store. */
  async listedWithin(ms: number): Promise<boolean> {
    const age = await stat(this.#listedFile).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => Infinity,
    );
    return age >= 0 && age < ms;
  }

  async noteListed(): Promise<void> {
    const date = new Date();
    await utimes(this.#listedFile, date, date)
      .catch(() => writeFile(this.#listedFile, ''))
      .catch(() => undefined);
  }

  async dispose(): Promise<void> {
    await this.release();
    await rm(this.#wishFile, { force: true }).catch(() => undefined);
  }

  get #listedFile(): string {
    return path.join(this.#folder, 'listed');
  }
}

async function readWish(
  file: string,
): Promise<{ readonly shown: 'all' | readonly string[]; readonly pokes: number } | null> {
  try {
    // A window that was killed leaves its wish behind.
    if (Date.now() - (await stat(file)).mtimeMs > WISH_MS) {
      await rm(file, { force: true });
      return null;
    }
    const text = await readFile(file, 'utf8');
    const { wishSchema } = await import('./wishSchema.ts');
    const parsed = wishSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Union of the jobs that two windows show. */
export function shownInAny(one: Shown, other: Shown): Shown {
  return one === 'all' || other === 'all' ? 'all' : new Set([...one, ...other]);
}
