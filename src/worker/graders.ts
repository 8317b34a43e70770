// Graders of reinforcement fine-tuning: JSON files whose templates read fields of the rows.
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { t } from '../core/base/messages.ts';
import { isGraderName, kinship } from '../core/dataset/fileNames.ts';
import { graderFields, isGradedRow } from '../core/dataset/check/gradedRow.ts';
import type { DatasetSource, GraderSource, GraderUse } from '../protocol/datasetWorker.ts';
import { fileProblem, WorkerProblem } from './problem.ts';

/** A grader is a page of JSON; larger files are something else. */
const MAX_GRADER_BYTES = 4 * 1024 * 1024;
/** Bytes that suffice for a first row; a longer one is not read before the user chooses a grader. */
const HEAD_BYTES = 256 * 1024;

/** Grader that a dataset is checked against: the chosen one, or the one beside rows that have no answers. */
export async function graderOf(source: DatasetSource, wanted: GraderSource): Promise<GraderUse | null> {
  if ('file' in wanted) return { path: wanted.file, fields: graderFields(await readGrader(wanted.file)) };
  if (!isGradedRow(await headOf(source))) return null;
  return await graderBeside(wanted.beside);
}

/** @throws WorkerProblem when the file cannot be read or is no grader */
async function readGrader(path: string): Promise<unknown> {
  const name = basename(path);
  const noGrader = (message: string): WorkerProblem =>
    new WorkerProblem({
      code: 'not-a-grader',
      message,
      action: t('Choose the JSON file of the job’s grader.'),
    });
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > MAX_GRADER_BYTES) throw noGrader(t('{0} is not a grader: it is too large.', name));
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw error instanceof WorkerProblem ? error : fileProblem(error, name, 'read');
  }
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw noGrader(t('{0} is not a grader: it is not JSON.', name));
  }
  if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string')
    throw noGrader(t('{0} is not a grader: it has no "type".', name));
  return value;
}

/** Name of a grader without a subject, which belongs to every dataset of its folder. */
const GRADER_OF_ALL = /^graders?\.json$/i;

/** A JSON file of the folder that is called a grader and shares a word with the dataset; the nearest name wins. */
async function graderBeside(dataset: string): Promise<GraderUse | null> {
  const folder = dirname(dataset);
  const names = await readdir(folder).catch(() => []);
  const near = names
    .filter((name) => isGraderName(name) && (kinship(dataset, name) > 0 || GRADER_OF_ALL.test(name)))
    .sort((a, b) => kinship(dataset, b) - kinship(dataset, a) || a.localeCompare(b));
  for (const name of near) {
    const path = join(folder, name);
    // The user did not choose this file: one that is not a grader is skipped.
    const grader = await readGrader(path).catch(() => null);
    const fields = graderFields(grader);
    if (fields.length > 0) return { path, fields };
  }
  return null;
}

/** The first row that is not blank, or as much of it as is worth a look. */
async function headOf(source: DatasetSource): Promise<string> {
  const head = 'text' in source ? source.text.slice(0, HEAD_BYTES) : await readHead(source.path);
  return /[^\s][^\n]*/.exec(head.replace(/^\uFEFF/, ''))?.[0] ?? '';
}

async function readHead(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw fileProblem(error, basename(path), 'read');
  });
  try {
    // A pipe or a device would wait; what reads it afterwards says so.
    if (!(await file.stat()).isFile()) return '';
    const { bytesRead, buffer } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return new TextDecoder().decode(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
