import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type * as z from 'zod/mini';
import { writeFileAtomicSync } from '../../storage/atomicFile.ts';

/**
 * A folder of small JSON records, each replaced as a whole, and of the larger files that belong to them. Names are made
 * of ids that this server has made itself, never of text from a request.
 */
export class RecordFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  path(name: string): string {
    return path.join(this.#folder, name);
  }

  /** Reads all records that fit `schema`. Others are set aside, and leftovers of writes that a crash cut off are removed. */
  load<T extends z.ZodMiniType>(schema: T): z.infer<T>[] {
    const records: z.infer<T>[] = [];
    for (const name of readdirSync(this.#folder)) {
      const file = this.path(name);
      if (name.endsWith('.tmp')) rmSync(file, { force: true });
      if (!name.endsWith('.json')) continue;
      try {
        const record = schema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
        if (!record.success) throw new Error('Another shape');
        records.push(record.data);
      } catch {
        renameSync(file, `${file}.unreadable`);
      }
    }
    return records;
  }

  save(name: string, record: unknown): void {
    writeFileAtomicSync(this.path(`${name}.json`), JSON.stringify(record));
  }

  /** Removes files that are there; `name` with its ending. */
  remove(...names: readonly string[]): void {
    for (const name of names) rmSync(this.path(name), { force: true });
  }

  names(): string[] {
    return readdirSync(this.#folder);
  }
}
