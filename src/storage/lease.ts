// Decides between processes which one may write or poll. A lease is a folder of numbered files: the process that creates the next number
// (O_EXCL) holds it, and the number is the fencing token. No file of the highest number is ever deleted, so numbers only grow and two
// processes that both think a lease was left behind cannot both get it (deleting and creating one lock file has that race).
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemCode } from './storageProblem.ts';

/** Interval of a holder's signs of life. */
export const BEAT_MS = 2000;
/** Silence after which a holder has lost the lease. */
const STALE_MS = 10_000;
const LOCK_PATIENCE_MS = 30_000;
/** Time of the last sign of life of a released lease: the year 1970. */
const RELEASED = new Date(0);
/** Files of the leases that this process holds: any other file with its number was left behind. */
const HELD = new Set<string>();

/** Lease that this process holds: `token` grows with every holder. */
export class Lease {
  readonly folder: string;
  readonly token: number;
  readonly #now: () => number;
  #beatAt: number;

  constructor(folder: string, token: number, now: () => number) {
    this.folder = folder;
    this.token = token;
    this.#now = now;
    this.#beatAt = now();
  }

  /**
   * Name for a file that is renamed into its place later. The next holder deletes it before it does anything else, so that no earlier
   * one can put it there afterwards.
   */
  temporaryName(): string {
    return `${fileOf(this.folder, this.token)}.${randomBytes(6).toString('hex')}.tmp`;
  }

  /** Tells, from the disk, whether no other process took it over. */
  async check(): Promise<boolean> {
    return (await highest(this.folder)) === this.token;
  }

  /** Tells whether the last sign of life is too recent for a takeover. Never reads the disk. */
  get isFresh(): boolean {
    return this.#now() - this.#beatAt < STALE_MS - BEAT_MS;
  }

  /** Like `check`, without the disk as long as the last sign of life is too recent for a takeover. */
  async holds(): Promise<boolean> {
    return this.isFresh || (await this.beat());
  }

  /** Writes a sign of life; false when the lease was taken over or its folder deleted. */
  async beat(): Promise<boolean> {
    const file = fileOf(this.folder, this.token);
    try {
      if (await this.check()) {
        const at = this.#now();
        const date = new Date();
        await utimes(file, date, date);
        this.#beatAt = at;
        return true;
      }
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
    HELD.delete(file);
    return false;
  }

  /** Lets the next process have it at once. */
  async release(): Promise<void> {
    HELD.delete(fileOf(this.folder, this.token));
    try {
      // A special time marks the release, not a text: that works on a full disk too.
      if (await this.check()) await utimes(fileOf(this.folder, this.token), RELEASED, RELEASED);
    } catch {
      // The next process then waits until the lease is stale.
    }
  }
}

export interface CandidateOptions {
  /** Milliseconds, monotonic: a changed clock makes no holder stale. */
  readonly now?: () => number;
  readonly staleMs?: number;
  /**
   * Silence in milliseconds by the wall clock after which a living holder loses the lease, decided by one look; for work that costs
   * money and that the user asked for.
   */
  readonly silentMs?: number;
}

/** Holder of a lease, as far as its file tells. */
export interface Holder {
  /** Null: its file is not yet written, or not understood. */
  readonly pid: number | null;
  readonly host: string | null;
  /** The holder ended without releasing the lease, or was silent for too long: `tryAcquire` gets it. Null: it lives. */
  readonly leftBehind: 'dead' | 'silent' | null;
}

/** Applicant for a lease. Remembers since when the holder has been silent, by its own clock. */
export class Candidate {
  readonly #folder: string;
  readonly #now: () => number;
  readonly #staleMs: number;
  readonly #silentMs: number | null;
  #seen: { readonly token: number; readonly beat: number; readonly at: number } | null = null;

  constructor(folder: string, options: CandidateOptions = {}) {
    this.#folder = folder;
    this.#now = options.now ?? (() => performance.now());
    this.#staleMs = options.staleMs ?? STALE_MS;
    this.#silentMs = options.silentMs ?? null;
  }

  /** Returns the holder at this moment; null when the lease is free or was released. Takes nothing and writes nothing. */
  async look(): Promise<Holder | null> {
    for (;;) {
      const token = await highest(this.#folder);
      if (token === 0) return null;
      const found = await look(this.#folder, token);
      // Cleared away meanwhile: a newer one exists, or the whole folder was deleted.
      if (found === null) continue;
      if (found.released) return null;
      const { pid, host } = found;
      if (found.over) return { pid, host, leftBehind: 'dead' };
      return { pid, host, leftBehind: this.#isSilent(token, found.beat) ? 'silent' : null };
    }
  }

  /** Takes the lease if it is free, released, or its holder dead or silent for too long; else null. */
  async tryAcquire(): Promise<Lease | null> {
    const last = await highest(this.#folder);
    if (last > 0 && !(await this.#isFree(last))) return null;
    const token = last + 1;
    const file = fileOf(this.#folder, token);
    // Added before the file exists: another candidate of this process must not take it for one that was left behind.
    if (HELD.has(file)) return null;
    HELD.add(file);
    try {
      const lease = await this.#create(token, file);
      if (!lease) HELD.delete(file);
      return lease;
    } catch (error) {
      HELD.delete(file);
      throw error;
    }
  }

  async #create(token: number, file: string): Promise<Lease | null> {
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeFile(file, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return null;
      throw error;
    }
    // A process that looked earlier may have created a number that had been used and cleared away.
    if ((await highest(this.#folder)) !== token) {
      await rm(file, { force: true });
      return null;
    }
    // With the earlier holders goes what they had not yet put into its place: one that was suspended right before it renames finds nothing
    // to rename.
    for (const name of await readdir(this.#folder)) {
      if (numberOf(name) < token) await rm(path.join(this.#folder, name), { force: true });
    }
    return new Lease(this.#folder, token, this.#now);
  }

  async #isFree(token: number): Promise<boolean> {
    const holder = await look(this.#folder, token);
    return holder !== null && (holder.over || this.#isSilent(token, holder.beat));
  }

  #isSilent(token: number, beat: number): boolean {
    if (this.#silentMs !== null) return Date.now() - beat > this.#silentMs;
    if (this.#seen?.token !== token || this.#seen.beat !== beat) {
      this.#seen = { token, beat, at: this.#now() };
      return false;
    }
    return this.#now() - this.#seen.at >= this.#staleMs;
  }
}

/** Tells whether a living process holds the lease and gave a sign of life within `silentMs` (one look; for lists). */
export async function isHeld(folder: string, silentMs: number): Promise<boolean> {
  const token = await highest(folder);
  if (token === 0) return false;
  const holder = await look(folder, token);
  return holder !== null && !holder.over && Date.now() - holder.beat <= silentMs;
}

/** Runs `work` while no other process runs anything under the same lock; waits at most half a minute for it. */
export async function withLock<T>(folder: string, work: (lock: Lease) => Promise<T>): Promise<T> {
  const candidate = new Candidate(folder);
  const until = performance.now() + LOCK_PATIENCE_MS;
  for (let wait = 2; ; wait = Math.min(wait * 1.5, 40)) {
    const lease = await candidate.tryAcquire();
    if (lease) {
      try {
        return await work(lease);
      } finally {
        await lease.release();
      }
    }
    if (performance.now() > until) {
      throw Object.assign(new Error(`${folder} is locked.`), { code: 'EBUSY' });
    }
    await delay(wait * (0.5 + Math.random()));
  }
}

async function tokens(folder: string): Promise<readonly number[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => /^\d{1,15}$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

async function highest(folder: string): Promise<number> {
  return (await tokens(folder)).at(-1) ?? 0;
}

/** Number of the holder to whom a file in the folder of a lease belongs; infinite for any other file. */
function numberOf(name: string): number {
  return Number(/^(\d{1,15})(?:\.[0-9a-f]+\.tmp)?$/.exec(name)?.[1] ?? Infinity);
}

function fileOf(folder: string, token: number): string {
  return path.join(folder, String(token));
}

interface Found {
  readonly pid: number | null;
  readonly host: string | null;
  /** The lease was released, or its process is dead. */
  readonly over: boolean;
  readonly released: boolean;
  /** Last sign of life. */
  readonly beat: number;
}

/** Reads a holder's file; null when it was cleared away meanwhile, so a newer one exists. */
async function look(folder: string, token: number): Promise<Found | null> {
  const file = fileOf(folder, token);
  try {
    const beat = (await stat(file)).mtimeMs;
    const released = beat === 0;
    const { pid, host } = parseHolder(await readFile(file, 'utf8'));
    const dead = host === hostname() && pid !== null && (pid === process.pid ? !HELD.has(file) : !isAlive(pid));
    return { pid, host, over: released || dead, released, beat };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Parses a holder's file; nulls for one just created and not yet written, which counts as a silent holder. */
function parseHolder(text: string): { readonly pid: number | null; readonly host: string | null } {
  try {
    const { pid, host } = JSON.parse(text) as { pid?: unknown; host?: unknown };
    return { pid: typeof pid === 'number' ? pid : null, host: typeof host === 'string' ? host : null };
  } catch {
    return { pid: null, host: null };
  }
}

/** Tells whether a process exists. Signal 0 only asks: EPERM means that another user's process has the number. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
