// Export of a fine-tuned model into a folder of its own, by `tuning_fork_trainer export` in the trainer's Python. Its messages are those of
// `ExportOutput` in trainer/src/tuning_fork_trainer/protocol.schema.json.
import { lstat, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as z from 'zod/mini';
import { fail, ok, type Result } from '../core/base/result.ts';
import { untrustedText } from '../core/base/untrustedText.ts';
import type { ExportForm } from '../core/training/card/cardInput.ts';
import { storageProblem, systemCode } from '../storage/storageProblem.ts';
import { askTrainer, count, errorMessage, progressMessage, SHOWN, text, trainerProblem } from './trainerRun.ts';

export interface ExportRequest {
  readonly form: ExportForm;
  /** Absolute folder of the adapter. */
  readonly adapter: string;
  readonly source: string;
  readonly revision: string | null;
  /** Name of the base in the files. */
  readonly baseName: string;
  /** Text of README.md. */
  readonly card: string;
  /** Absolute folder that receives the new one. */
  readonly parent: string;
  /** Name of the new folder; a number is added where there is one of that name. */
  readonly name: string;
}

export interface ExportOptions {
  readonly python: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Bytes; total 0 where it is not known. */
  readonly report: (stage: ExportStage, done: number, total: number) => void;
}

export type ExportStage = z.infer<typeof progressMessage>['stage'];

export interface ExportedFile {
  /** Relative to the folder, with `/`. */
  readonly name: string;
  readonly bytes: number;
}

export interface Exported {
  /** Absolute path. */
  readonly folder: string;
  readonly files: readonly ExportedFile[];
  /** Sentences of the trainer that should be known. */
  readonly warnings: readonly string[];
}

/** The user cancelled; nothing is left of it. */
export class ExportCancelled extends Error {}

/** As the protocol describes them; a test compares the two. */
export const exportOutput = z.discriminatedUnion('type', [
  progressMessage,
  z.strictObject({
    type: z.literal('notice'),
    level: z.enum(['info', 'warn']),
    code: z.string().check(z.regex(/^[a-z0-9-]+$/u)),
    message: text,
  }),
  z.strictObject({
    type: z.literal('exported'),
    files: z.array(z.strictObject({ name: text, bytes: count })).check(z.minLength(1)),
  }),
  errorMessage,
]);
type Message = z.infer<typeof exportOutput>;

/**
 * Writes a model into `parent/name`. The files are made in a folder beside it, which gets its name when all are there.
 * @throws ExportCancelled when the signal aborts
 */
export async function exportModel(request: ExportRequest, options: ExportOptions): Promise<Result<Exported>> {
  const { parent, name } = request;
  const own = await mkdtemp(path.join(tmpdir(), 'tuning-fork-export-'));
  let fresh: string | null = null;
  try {
    fresh = await mkdtemp(path.join(parent, `.${name}.unfinished-`));
    const file = path.join(own, 'export.json');
    await writeFile(file, JSON.stringify(documentOf(request, fresh)), { mode: 0o600 });
    const written = await ask(file, options);
    if (!written.ok) return written;
    const folder = await place(fresh, parent, name);
    return ok({ ...written.value, folder });
  } catch (error) {
    if (options.signal.aborted) throw new ExportCancelled();
    const problem = storageProblem(error, parent);
    if (problem === null) throw error;
    return fail(problem);
  } finally {
    if (fresh !== null) await rm(fresh, { recursive: true, force: true, maxRetries: 3 });
    await rm(own, { recursive: true, force: true, maxRetries: 3 });
  }
}

function documentOf({ form, adapter, source, revision, baseName, card }: ExportRequest, output: string): object {
  return { version: 1, form, adapter, model: source, revision, base_name: baseName, output, card };
}

async function ask(
  file: string,
  { python, env, signal, report }: ExportOptions,
): Promise<Result<Pick<Exported, 'files' | 'warnings'>>> {
  const { messages, odd, end } = await askTrainer<Message>({
    python,
    command: 'export',
    file,
    env,
    signal,
    read: (value) => exportOutput.safeParse(value).data ?? null,
    onMessage: (message) => {
      if (message.type === 'progress') report(message.stage, message.done, message.total);
    },
  });
  if (signal.aborted) throw new ExportCancelled();
  if (odd) return fail(odd);
  const error = messages.find((message) => message.type === 'error');
  if (error) return fail(trainerProblem(error));
  const exported = messages.find((message) => message.type === 'exported');
  if (!exported) return fail(end);
  const warnings = messages.flatMap((message) =>
    message.type === 'notice' && message.level === 'warn' ? [untrustedText(message.message, [], SHOWN)] : [],
  );
  return ok({ files: exported.files, warnings });
}

/** Gives the folder its name, or the first one with a number that is free. */
async function place(fresh: string, parent: string, name: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const folder = path.join(parent, number === 1 ? name : `${name}-${String(number)}`);
    if (await isThere(folder)) continue;
    try {
      await rename(fresh, folder);
      return folder;
    } catch (error) {
      // Made by someone else at this very moment.
      if (!(await isThere(folder))) throw error;
    }
  }
}

/** Also true for an empty folder, which a renaming would replace. */
async function isThere(place: string): Promise<boolean> {
  try {
    await lstat(place);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
