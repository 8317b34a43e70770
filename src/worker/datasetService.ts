import { basename } from 'node:path';
import { t } from '../core/base/messages.ts';
import type { CheckedLine } from '../core/dataset/check/checkedLine.ts';
import { createChecker, type Checker } from '../core/dataset/check/checker.ts';
import type { Finding } from '../core/dataset/finding.ts';
import { answerOf } from '../core/dataset/identity.ts';
import { rowTitles } from '../core/dataset/rowTitles.ts';
import { promptOf, questionOf, toTestItems, type NumberedExample } from '../core/evaluation/prompt.ts';
import type { TokenCounter } from '../core/tokens/count.ts';
import type { DatasetRow, DatasetSource, DatasetSummary, DatasetWorkerApi } from '../protocol/datasetWorker.ts';
import { createInspection, type Inspection } from './accumulators.ts';
import { cleanSplitFiles } from './cleanSplitFiles.ts';
import { compareFiles } from './compareFiles.ts';
import { compareFileFormats, comparePrefixWith } from './compareFormats.ts';
import { convertFile, tableOf } from './convertFile.ts';
import { curveFile } from './curveFile.ts';
import { checkDocument, countTokens, describeLine, outline } from './documents.ts';
import { excerpt } from './excerpt.ts';
import { fixesOfLine, fixFile, fixText } from './fixDocument.ts';
import { floors } from './floors.ts';
import { neighbors } from './neighbors.ts';
import { accumulate } from './parts.ts';
import { WorkerProblem } from './problem.ts';
import { readLines } from './readLines.ts';
import { findContradictions, findDuplicates, findLeakage } from './relations.ts';
import { report } from './report.ts';
import { rowChanges } from './rowChanges.ts';
import { removeLines, sampleFile } from './sampleFile.ts';
import { splitFile, splitParts } from './splitFile.ts';

/** Rows looked at to find the beginnings that questions share. */
const SAMPLE_ROWS = 200;

/** The worker's methods; each gets a signal after its arguments, and the report and the comparison what takes its progress (0…1). */
export type DatasetService = {
  readonly [Method in keyof DatasetWorkerApi]: (
    args: Parameters<DatasetWorkerApi[Method]>,
    signal: AbortSignal,
    ...rest: Method extends 'report' | 'compare' ? [onProgress: (fraction: number) => void] : []
  ) => ReturnType<DatasetWorkerApi[Method]>;
};

/**
 * `counter` is called when the first token is to be counted: its table takes about 50 ms to make. `warm` is called when that is
 * likely to come next, and may begin with what goes on beside the work of this thread.
 */
export function createDatasetService(counter: () => TokenCounter, warm: () => void = () => undefined): DatasetService {
  return {
    inspect: async ([source, options], signal) => inspect(source, options.countTokens ? counter() : null, signal),
    rows: ([source, offset, limit], signal) => rows(source, offset, limit, signal),
    testItems: ([path, answerPrefix], signal) => testItems(path, answerPrefix, signal),
    floors: ([path, training, options], signal) => floors(path, training, options, signal),
    check: async ([source, options], signal) => {
      const check = await checkDocument(source, options, counter, signal);
      // Not before: somebody waits for the findings.
      warm();
      return check;
    },
    countTokens: async ([source], signal) => countTokens(source, counter(), signal),
    outline: ([source, limit], signal) => outline(source, limit, signal),
    describeLine: async ([text]) => describeLine(text, counter()),
    fixesOfLine: ([text, findings]) => fixesOfLine(text, findings),
    fixText: ([source, codes], signal) => fixText(source, codes, signal),
    fixFile: ([path, target, codes], signal) => fixFile(path, target, codes, signal),
    findDuplicates: ([path, limit], signal) => findDuplicates(path, limit, signal),
    findContradictions: ([path, limit], signal) => findContradictions(path, limit, signal),
    findLeakage: ([path, against, limit], signal) => findLeakage(path, against, limit, signal),
    compareFormats: ([path, training], signal) => compareFileFormats(path, training, signal),
    comparePrefix: ([prefix, training], signal) => comparePrefixWith(prefix, training, signal),
    report: async ([path], signal, onProgress) => report(path, counter(), signal, onProgress),
    compare: ([path, against], signal, onProgress) => compareFiles(path, against, signal, onProgress),
    rowChanges: ([before, path], signal) => rowChanges(before, path, signal),
    readCurve: ([path], signal) => curveFile(path, signal),
    neighbors: ([path, question, most], signal) => neighbors(path, question, most, signal),
    excerpt: ([path, lines, maxUnits], signal) => excerpt(path, lines, maxUnits, signal),
    removeLines: ([path, target, lines, before], signal) => removeLines(path, target, lines, before, signal),
    splitParts: ([path, parts, seed], signal) => splitParts(path, parts, seed, signal),
    cleanSplit: ([files, targets, seed], signal) => cleanSplitFiles(files, targets, seed, signal),
    tableOf: ([path]) => tableOf(path),
    convert: ([path, target, table], signal) => convertFile(path, target, table, signal),
    sample: ([path, target, options], signal) => sampleFile(path, target, options, signal),
    split: ([path, target, options], signal) => splitFile(path, target, options, signal),
  };
}

async function inspect(
  source: DatasetSource,
  counter: TokenCounter | null,
  signal: AbortSignal,
): Promise<DatasetSummary> {
  const task = { kind: 'inspect', countTokens: counter !== null } as const;
  const make = (): Inspection => createInspection(counter);
  let { accumulator, read } = await accumulate(source, task, make, { signal, hashed: true });
  if (accumulator.lost)
    ({ accumulator, read } = await accumulate(source, task, make, { signal, hashed: true, parts: 1 }));
  counter?.reset();
  return accumulator.result(read.bytes, read.sha256);
}

async function rows(
  source: DatasetSource,
  offset: number,
  limit: number,
  signal: AbortSignal,
): Promise<readonly DatasetRow[]> {
  const checker = createChecker({ minExamples: 0 });
  const sample: string[] = [];
  const chosen: NumberedExample[] = [];
  let row = 0;
  let firstError: Finding | null = null;
  await readLines(source, {
    signal,
    onLine: (line) => {
      const checked = checker.line(line);
      firstError ??= checked.findings.find((finding) => finding.severity === 'error') ?? null;
      if (checked.example === null) return !checker.stopped;
      if (sample.length < SAMPLE_ROWS) sample.push(questionOf(checked.example));
      if (row >= offset && chosen.length < limit) chosen.push({ line: checked.line, example: checked.example });
      row += 1;
      return chosen.length < limit || sample.length < SAMPLE_ROWS;
    },
  });
  // Broken lines are left out of a list to pick from, but a file without any row says why.
  if (row === 0) throw nothingToRead(firstError, checker, nameOf(source));
  const titleOf = rowTitles(sample);
  return chosen.map(({ line, example }) => ({
    line,
    title: titleOf(questionOf(example)),
    messages: promptOf(example, null) ?? [],
    answer: answerOf(example) ?? '',
  }));
}

async function testItems(
  path: string,
  answerPrefix: string | null,
  signal: AbortSignal,
): ReturnType<DatasetWorkerApi['testItems']> {
  const checker = createChecker({ minExamples: 0 });
  const examples: NumberedExample[] = [];
  const { sha256 } = await readLines(
    { path },
    {
      signal,
      onLine: (line) => {
        const checked: CheckedLine = checker.line(line);
        // A row left out silently would change the figures: the first error ends it.
        const error = checked.findings.find((finding) => finding.severity === 'error');
        if (error !== undefined) throw new WorkerProblem(findingProblem(error));
        if (checked.example !== null) examples.push({ line: checked.line, example: checked.example });
        return true;
      },
    },
  );
  const late = checker.end().findings.find(({ severity }) => severity === 'error');
  if (late !== undefined && examples.length > 0) throw new WorkerProblem(findingProblem(late));
  if (examples.length === 0) throw nothingToRead(late ?? null, checker, basename(path));
  return { sha256, items: toTestItems(examples, answerPrefix) };
}

function nameOf(source: DatasetSource): string {
  return 'path' in source ? basename(source.path) : source.name;
}

function nothingToRead(error: Finding | null, checker: Checker, name: string): WorkerProblem {
  const finding = error ?? checker.end().findings.find((candidate) => candidate.severity === 'error');
  return new WorkerProblem(
    finding === undefined
      ? { code: 'empty-file', message: t('{0} has no examples.', name), action: t('Choose another file.') }
      : findingProblem(finding),
  );
}

function findingProblem({ code, line, message, action }: Finding) {
  return { code, message: line === 0 ? message : t('Line {0}: {1}', line, message), action };
}
