import { writeFile } from 'node:fs/promises';
import { basename, join, parse } from 'node:path';
import { t } from '../core/base/messages.ts';
import { createRandom } from '../core/base/random.ts';
import { MOST_TESTED, POINT_SHARES, type DataParts, type HeldRow } from '../core/dataset/dataCurve/modelPoints.ts';
import { FOLDS } from '../core/dataset/dataCurve/plan.ts';
import type { ChatExample } from '../core/dataset/example.ts';
import { turnsOf } from '../local/engines/linear/prepare.ts';
import { countTokens } from '../local/tokens.ts';
import { examplesOf } from './examplesOf.ts';
import { fileProblem, WorkerProblem } from './problem.ts';

/** The same file gives the same parts. */
const SEED = 1;
/** Tokens of a small vocabulary for one of o200k, at most, and those of any answer. */
const TOKENS = { times: 4, least: 32 };

/**
 * Writes parts of the training rows into files, each within the next, in a random order that is always the same. Rows to test with, a
 * hundred at most, are those of the validation file; without one a fifth of the file is held back from all parts.
 * @param validation file with rows to test with; null: rows of the file itself
 * @param folder gets the files, and is there
 * @throws WorkerProblem when a file cannot be read or written, or has no row to test with
 */
export async function dataParts(
  path: string,
  validation: string | null,
  folder: string,
  signal: AbortSignal,
): Promise<DataParts> {
  const { examples, sha256 } = await examplesOf(path, signal);
  const tests = validation === null ? null : await answeredRows(validation, signal);
  const own = shuffled(examples.map(({ example }) => example).filter(hasAnswer));
  const tested = tests === null ? Math.ceil(own.length / FOLDS) : 0;
  const training = own.slice(tested);
  const held = (tests ?? own.slice(0, tested)).slice(0, MOST_TESTED).map(heldRow);
  if (held.length === 0 || training.length === 0) throw noRows(validation ?? path);
  const parts: DataParts['parts'][number][] = [];
  for (const share of POINT_SHARES) {
    const rows = training.slice(0, Math.round(share * training.length));
    const file = join(folder, `${parse(path).name}.${String(100 * share)}.jsonl`);
    signal.throwIfAborted();
    try {
      await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    } catch (error) {
      throw fileProblem(error, basename(file), 'write');
    }
    parts.push({ share, rows: rows.length, path: file });
  }
  const longest = held.reduce((most, { answer }) => Math.max(most, countTokens(answer)), 0);
  return { parts, held, sha256, maxTokens: Math.max(TOKENS.least, TOKENS.times * longest) };
}

async function answeredRows(path: string, signal: AbortSignal): Promise<readonly ChatExample[]> {
  const { examples } = await examplesOf(path, signal);
  return shuffled(examples.map(({ example }) => example).filter(hasAnswer));
}

function shuffled(examples: readonly ChatExample[]): readonly ChatExample[] {
  return createRandom(SEED).shuffle(examples);
}

function hasAnswer(example: ChatExample): boolean {
  return turnsOf(example).length > 0;
}

/** The last answer, as the linear engine is tested on it. */
function heldRow(example: ChatExample): HeldRow {
  const turn = turnsOf(example).at(-1);
  if (turn === undefined) throw new Error('Every tested row needs an answer in text.');
  return turn;
}

function noRows(path: string): WorkerProblem {
  return new WorkerProblem({
    code: 'no-answers',
    message: t('{0} has no row with an answer in text.', basename(path)),
    action: t('Choose another file.'),
  });
}
