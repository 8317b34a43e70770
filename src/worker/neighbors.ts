import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { createChecker } from '../core/dataset/check/checker.ts';
import { answerOf } from '../core/dataset/identity.ts';
import { NeighborIndex } from '../core/evaluation/baselines/nearest.ts';
import { questionOf } from '../core/evaluation/prompt.ts';
import type { NearExample } from '../protocol/datasetWorker.ts';
import { fileProblem } from './problem.ts';
import { readLines } from './readLines.ts';

/** Units of a question and an answer that are passed on: enough to be recognized. */
const MOST_UNITS = 400;

interface Indexed {
  readonly path: string;
  /** Size and time of the file that was read. */
  readonly stamp: string;
  readonly index: NeighborIndex;
  readonly examples: readonly Pick<NearExample, 'line' | 'question' | 'answer'>[];
}

// The last file: its rows are looked up one after the other, and reading it takes most of the time.
let last: Indexed | null = null;

/** The examples of a training file that are nearest to a question, nearest first; broken lines are left out. */
export async function neighbors(
  path: string,
  question: string,
  most: number,
  signal: AbortSignal,
): Promise<readonly NearExample[]> {
  const { size, mtimeMs } = await stat(path).catch((error: unknown) => {
    throw fileProblem(error, basename(path), 'read');
  });
  const stamp = `${String(size)} ${String(mtimeMs)}`;
  const indexed = last?.path === path && last.stamp === stamp ? last : await read(path, stamp, signal);
  last = indexed;
  return indexed.index.nearest(question, most).flatMap(({ index, similarity }) => {
    const example = indexed.examples[index];
    return example === undefined ? [] : [{ ...example, similarity }];
  });
}

async function read(path: string, stamp: string, signal: AbortSignal): Promise<Indexed> {
  const checker = createChecker({ minExamples: 0 });
  const questions: { question: string }[] = [];
  const examples: Pick<NearExample, 'line' | 'question' | 'answer'>[] = [];
  const onLine = (line: Parameters<typeof checker.line>[0]): boolean => {
    const { example, line: number } = checker.line(line);
    if (example !== null) {
      const question = questionOf(example);
      questions.push({ question });
      const answer = answerOf(example) ?? '';
      examples.push({ line: number, question: question.slice(0, MOST_UNITS), answer: answer.slice(0, MOST_UNITS) });
    }
    return !checker.stopped;
  };
  await readLines({ path }, { signal, onLine, hashed: false });
  return { path, stamp, index: new NeighborIndex(questions), examples };
}
