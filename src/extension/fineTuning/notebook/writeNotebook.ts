import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { t } from '../../../core/base/messages.ts';
import type { Connection } from '../../../core/provider/connection.ts';
import type { NotebookSettings } from '../../../core/training/notebook/settings.ts';
import { hashOfFile } from '../../../jobs/start/snapshot.ts';
import { writeFileAtomic } from '../../../storage/atomicFile.ts';
import { storageProblem } from '../../../storage/storageProblem.ts';
import { withRemedy } from '../../connections/providers.ts';
import { besides } from '../../datasets/commands/chooseFiles.ts';
import type { Services } from '../../services.ts';
import { ProblemError } from '../../ui/errors.ts';
import { withCancel } from '../../ui/progress.ts';

/** File on this machine, else at a provider. */
export interface DataSource {
  /** Path of a file that may be gone; null: there is none. */
  readonly path: string | null;
  readonly remote?: { readonly id: string; readonly connection: Connection };
}

interface Parts {
  readonly target: string;
  readonly training: DataSource;
  readonly validation: DataSource | null;
  readonly name: string;
}

type FileNames = Pick<NotebookSettings, 'trainingFile' | 'validationFile' | 'output'>;

const WORDS = { training: 'train', validation: 'validation' } as const;

/**
 * Writes the notebook last, after its data, so that where it is, its data is. No file but the notebook is replaced; files that were
 * written are removed when something fails.
 */
export async function writeNotebook(
  services: Pick<Services, 'providers' | 'ui'>,
  { target, training, validation }: Parts,
  textOf: (files: FileNames) => string,
): Promise<void> {
  await withCancel(services.ui, t('Writing {0}…', path.basename(target)), async (signal) => {
    const written: string[] = [];
    try {
      const first = await placed(services, training, { target, word: WORDS.training, written, signal });
      const second =
        validation === null
          ? null
          : await placed(services, validation, { target, word: WORDS.validation, written, signal });
      const stem = path.basename(target).replace(/\.ipynb$/i, '');
      const text = textOf({ trainingFile: first, validationFile: second, output: `${stem}-adapter` });
      signal.throwIfAborted();
      await writeFileAtomic(target, text);
    } catch (error) {
      await Promise.all(written.map((file) => rm(file, { force: true }).catch(() => undefined)));
      const problem = storageProblem(error, path.dirname(target));
      throw problem ? new ProblemError(problem) : error;
    }
  });
}

interface Place {
  readonly target: string;
  readonly word: string;
  /** Files that were made, for a failure later on. */
  readonly written: string[];
  readonly signal: AbortSignal;
}

/** Name of the data beside the notebook: the file itself where it is there, the copy of an earlier export, or a new one. */
async function placed(
  services: Pick<Services, 'providers'>,
  source: DataSource,
  { target, word, written, signal }: Place,
): Promise<string> {
  const here = source.path !== null && (await isFile(source.path)) ? source.path : null;
  const bytes = here === null ? await download(services, source, signal) : null;
  if (here !== null && path.dirname(here) === path.dirname(target)) return path.basename(here);
  const earlier = target.replace(/\.ipynb$/i, `.${word}.jsonl`);
  if (here !== null && (await isFile(earlier)) && (await isSame(here, earlier, signal))) return path.basename(earlier);
  const [file = earlier] = await besides(target, [word]);
  if (bytes !== null) await writeFileAtomic(file, bytes);
  else if (here !== null) await copyWhole(here, file, signal);
  written.push(file);
  return path.basename(file);
}

async function download(
  { providers }: Pick<Services, 'providers'>,
  { remote }: DataSource,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (remote === undefined)
    throw new ProblemError({
      code: 'no-file',
      message: t('The dataset is no longer there.'),
      action: t('Choose another dataset.'),
    });
  try {
    return await (await providers.get(remote.connection.id)).fileContent(remote.id, { signal });
  } catch (error) {
    throw withRemedy(error, remote.connection);
  }
}

async function isFile(file: string): Promise<boolean> {
  return await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function isSame(a: string, b: string, signal: AbortSignal): Promise<boolean> {
  const [first, second] = [await stat(a), await stat(b)];
  return first.size === second.size && (await hashOfFile(a, signal)) === (await hashOfFile(b, signal));
}

async function copyWhole(from: string, to: string, signal: AbortSignal): Promise<void> {
  const temporary = `${to}.tmp`;
  try {
    await pipeline(createReadStream(from), createWriteStream(temporary, { flags: 'wx' }), { signal });
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}
