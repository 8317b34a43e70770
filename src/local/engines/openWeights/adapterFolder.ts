// Adapters on the disk: `open-weights/JOB/run-N/checkpoint-STEP` in the server's folder. A model of the server is a small JSON document that
// names such a folder; so is the state from which a job goes on.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod/mini';
import { writeFileAtomicSync } from '../../../storage/atomicFile.ts';

const documentSchema = z.strictObject({
  engine: z.literal('open-weights'),
  version: z.literal(1),
  use: z.enum(['model', 'state']),
  /** Where the base came from at the time; it answers also after it was taken off the list. */
  source: z.string(),
  revision: z.nullable(z.string()),
  /** Relative to the server's folder, with `/`. */
  folder: z.string(),
  step: z.number(),
});

export type AdapterDocument = z.infer<typeof documentSchema>;
type AdapterFacts = Pick<AdapterDocument, 'source' | 'revision' | 'step'>;

const ADAPTERS = 'open-weights';
/** File in a folder that a model of the server needs. */
const MARK = '.of-model';
/** File in the folder of a job whose adapter is being imported. */
const IMPORTING = '.importing';
/** File of a job with the state from which it goes on. */
const STATE = 'state.json';

export class Adapters {
  readonly #root: string;

  /** @param root folder of the server */
  constructor(root: string) {
    this.#root = root;
  }

  /** Folder of a job, for its files and its checkpoints. */
  folderOf(jobId: string): string {
    return path.join(this.#root, ADAPTERS, jobId);
  }

  /** Makes a fresh folder for a process that trains a job: one that was killed may not have ended yet. */
  newRun(jobId: string): string {
    const folder = this.folderOf(jobId);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (let run = readdirSync(folder).length + 1; ; run += 1) {
      const output = path.join(folder, `run-${String(run)}`);
      if (existsSync(output)) continue;
      mkdirSync(output, { mode: 0o700 });
      return output;
    }
  }

  /** Makes a folder for an adapter that is being imported; until it is settled, a start of the server finds it unfinished. */
  beginImport(jobId: string): string {
    const folder = path.join(this.folderOf(jobId), 'run-1', 'model');
    mkdirSync(path.dirname(folder), { recursive: true, mode: 0o700 });
    writeFileSync(path.join(this.folderOf(jobId), IMPORTING), '', { mode: 0o600 });
    mkdirSync(folder, { mode: 0o700 });
    return folder;
  }

  /** Jobs whose import was not settled. */
  get importing(): readonly string[] {
    const root = path.join(this.#root, ADAPTERS);
    return namesIn(root).filter((jobId) => existsSync(path.join(root, jobId, IMPORTING)));
  }

  settleImport(jobId: string, isKept: boolean): void {
    const folder = this.folderOf(jobId);
    rmSync(isKept ? path.join(folder, IMPORTING) : folder, { recursive: true, force: true });
  }

  /** Bytes for the server's store that stand for a folder of the trainer. Throws when it is not one of the job's folders. */
  keep(folder: string, facts: AdapterFacts): Uint8Array {
    const document = this.#document(folder, 'model', facts);
    writeFileSync(path.join(folder, MARK), '', { mode: 0o600 });
    return document;
  }

  /** Notes the checkpoint from which a job goes on, also after a restart; the one before is removed unless a model needs it. */
  keepState(jobId: string, folder: string, facts: AdapterFacts): Uint8Array {
    const before = this.state(jobId);
    const document = this.#document(folder, 'state', facts);
    writeFileAtomicSync(path.join(this.folderOf(jobId), STATE), document);
    const old = before && this.locate(before.document);
    if (old !== null && old !== path.resolve(folder)) this.#removeUnneeded(old);
    return document;
  }

  /** Null where no checkpoint was made, or where it is gone. */
  state(jobId: string): { readonly document: AdapterDocument; readonly bytes: Uint8Array } | null {
    try {
      const bytes = readFileSync(path.join(this.folderOf(jobId), STATE));
      const document = this.read(bytes);
      return document && this.locate(document) !== null ? { document, bytes } : null;
    } catch {
      return null;
    }
  }

  /** Null for other bytes, and for a folder outside of the server's. */
  read(bytes: Uint8Array): AdapterDocument | null {
    // Models of other engines are megabytes and do not begin like this.
    if (bytes.length > 4096 || bytes[0] !== 0x7b) return null;
    try {
      const document = documentSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
      return document.success && isInside(document.data.folder) ? document.data : null;
    } catch {
      return null;
    }
  }

  /** Absolute path of the folder; null when it is gone. */
  locate(document: AdapterDocument): string | null {
    const folder = path.join(this.#root, ...document.folder.split('/'));
    return existsSync(folder) ? folder : null;
  }

  /** Removes the folder of a model that is being deleted, unless its job is to go on from there. Other bytes are left alone. */
  discard(bytes: Uint8Array): void {
    const document = this.read(bytes);
    const folder = document?.use === 'model' ? this.locate(document) : null;
    if (folder === null) return;
    rmSync(path.join(folder, MARK), { force: true });
    const jobFolder = path.dirname(path.dirname(folder));
    const state = this.state(path.basename(jobFolder));
    if (state && this.locate(state.document) === folder) return;
    rmSync(folder, { recursive: true, force: true });
    this.#removeEmpty(jobFolder);
  }

  /** Removes everything of a job that has ended but the folders that models need. */
  tidy(jobId: string): void {
    const jobFolder = this.folderOf(jobId);
    for (const name of namesIn(jobFolder)) {
      const run = path.join(jobFolder, name);
      for (const inner of namesIn(run)) this.#removeUnneeded(path.join(run, inner));
      if (namesIn(run).length === 0) rmSync(run, { recursive: true, force: true });
    }
    this.#removeEmpty(jobFolder);
  }

  #document(folder: string, use: AdapterDocument['use'], facts: AdapterFacts): Uint8Array {
    const relative = path.relative(this.#root, folder).split(path.sep).join('/');
    if (!isInside(relative) || !existsSync(folder)) throw new Error(`${folder} is no folder of this server`);
    const { source, revision, step } = facts;
    const document: AdapterDocument = {
      engine: 'open-weights',
      version: 1,
      use,
      source,
      revision,
      folder: relative,
      step,
    };
    return Buffer.from(JSON.stringify(document));
  }

  #removeUnneeded(folder: string): void {
    if (!existsSync(path.join(folder, MARK))) rmSync(folder, { recursive: true, force: true });
  }

  #removeEmpty(jobFolder: string): void {
    for (const name of namesIn(jobFolder)) {
      if (name.startsWith('run-') && namesIn(path.join(jobFolder, name)).length > 0) return;
      if (name === STATE) return;
    }
    rmSync(jobFolder, { recursive: true, force: true });
  }
}

/** Nothing for a file and for a folder that is not there. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** `open-weights/JOB/run-N/NAME` */
function isInside(relative: string): boolean {
  const parts = relative.split('/');
  return (
    parts.length === 4 && parts[0] === ADAPTERS && parts.every((part) => part !== '' && part !== '..' && part !== '.')
  );
}
