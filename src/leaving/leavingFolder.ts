// Folder of everything that is taken from a provider. Its index is replaced whole after each file, so that a process may be killed at any time.
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { t } from '../core/base/messages.ts';
import { fail, ok, type Problem, type Result } from '../core/base/result.ts';
import {
  INDEX_NAME,
  newIndex,
  parseIndex,
  type LeavingIndex,
  type MissingFile,
  type RecordedModel,
  type TakenFile,
} from '../core/leaving/leavingIndex.ts';
import type { Connection } from '../core/provider/connection.ts';
import { hashOfFile } from '../jobs/start/snapshot.ts';
import { updateFile, writeFileAtomic } from '../storage/atomicFile.ts';
import { reasonOf, storageProblem, systemCode } from '../storage/storageProblem.ts';

/** Bytes hashed at a time: a millisecond, so that the thread stays free for other work in between. */
const SLICE_BYTES = 1_048_576;

export class LeavingFolder {
  /** Absolute path. */
  readonly folder: string;
  #index: LeavingIndex;

  private constructor(folder: string, index: LeavingIndex) {
    this.folder = folder;
    this.#index = index;
  }

  /** Opens the folder, new or begun. Fails for that of another provider, and for an index that is not understood. */
  static async open(
    folder: string,
    connection: Pick<Connection, 'id' | 'name' | 'baseUrl'>,
  ): Promise<Result<LeavingFolder>> {
    const found = await readIndex(folder);
    if (!found.ok) return found;
    const { id, name, baseUrl } = connection;
    if (found.value !== null && found.value.provider.id !== id && found.value.provider.baseUrl !== baseUrl) {
      return fail({
        code: 'folder-taken',
        message: t('The folder already holds what was taken from {0}.', found.value.provider.name),
        action: t('Choose another folder.'),
      });
    }
    return ok(new LeavingFolder(path.resolve(folder), found.value ?? newIndex({ id, name, baseUrl }, Date.now())));
  }

  get index(): LeavingIndex {
    return this.#index;
  }

  /**
   * Writes a file into the folder and lists it. Rejects with the system's error.
   * @param wanted all but size and hash; another path is chosen where another file has it already
   */
  async take(bytes: Uint8Array, wanted: Omit<TakenFile, 'bytes' | 'sha256'>): Promise<TakenFile> {
    const facts = { ...wanted, path: this.#freePath(wanted) };
    const file = this.pathOf(facts);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFileAtomic(file, bytes);
    const sha256 = await hashOf(bytes);
    // What is on the disk is what is listed: a disk may lie.
    if ((await hashOfFile(file)) !== sha256) throw Object.assign(new Error(`${facts.path} differs`), { code: 'EIO' });
    const taken: TakenFile = { ...facts, bytes: bytes.length, sha256 };
    await this.#change(({ files, missing }) => ({
      files: [...files.filter((one) => !isSame(one, taken)), taken],
      missing: missing.filter((one) => !isSame(one, taken)),
    }));
    return taken;
  }

  /** Lists what could not be had. */
  async miss(missing: MissingFile): Promise<void> {
    await this.#change((index) => ({
      missing: [...index.missing.filter((one) => !isSame(one, missing)), missing],
    }));
  }

  /** Keeps the state of a model's recording. */
  async keepRecording(recording: RecordedModel): Promise<void> {
    await this.#change(({ recordings }) => ({
      recordings: [...recordings.filter(({ model }) => model !== recording.model), recording],
    }));
  }

  /** The listed file when it is on the disk as it was written; undefined when it has to be taken again. */
  async intact(what: TakenFile['what'], id: string): Promise<TakenFile | undefined> {
    const taken = this.#index.files.find((one) => one.what === what && one.id === id);
    if (taken === undefined) return undefined;
    return (await hashOfFile(this.pathOf(taken))) === taken.sha256 ? taken : undefined;
  }

  /** Absolute path of a listed file. */
  pathOf({ path: listed }: { readonly path: string }): string {
    return path.join(this.folder, ...listed.split('/'));
  }

  /** Ids that differ only in what a file name cannot show, or in capitals on some disks, get a number. */
  #freePath(wanted: Omit<TakenFile, 'bytes' | 'sha256'>): string {
    const others = this.#index.files.filter((one) => !isSame(one, wanted));
    const taken = new Set(others.map((one) => one.path.toLowerCase()));
    const { dir, name, ext } = path.posix.parse(wanted.path);
    let free = wanted.path;
    for (let number = 2; taken.has(free.toLowerCase()); number += 1) free = `${dir}/${name}-${String(number)}${ext}`;
    return free;
  }

  /** Changes the index as it is on the disk now: a window and the command line may work on one folder. */
  async #change(change: (index: LeavingIndex) => Partial<LeavingIndex>): Promise<void> {
    await updateFile(path.join(this.folder, INDEX_NAME), (text) => {
      const found = text === null ? null : parseIndex(text);
      const index = found?.ok === true ? found.value : this.#index;
      this.#index = { ...index, ...change(index), updatedAt: Date.now() };
      return `${JSON.stringify(this.#index, null, 2)}\n`;
    });
  }
}

function isSame(
  a: { readonly what: string; readonly id: string },
  b: { readonly what: string; readonly id: string },
): boolean {
  return a.what === b.what && a.id === b.id;
}

/** Index of a folder; null where there is none yet. */
export async function readIndex(folder: string): Promise<Result<LeavingIndex | null>> {
  try {
    return parseIndex(await readFile(path.join(folder, INDEX_NAME), 'utf8'));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return ok(null);
    return fail(folderProblem(error, folder));
  }
}

/** Problem of a folder that cannot be read or written. */
export function folderProblem(error: unknown, folder: string): Problem {
  return (
    storageProblem(error, folder) ?? {
      code: 'folder-unusable',
      message: t('{0} cannot be used: {1}.', folder, reasonOf(error)),
      action: t('Choose another folder.'),
    }
  );
}

/** Sha-256, hexadecimal, in slices. */
export async function hashOf(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  for (let from = 0; from < bytes.length; from += SLICE_BYTES) {
    hash.update(bytes.subarray(from, from + SLICE_BYTES));
    if (from + SLICE_BYTES < bytes.length) await new Promise(setImmediate);
  }
  return hash.digest('hex');
}
