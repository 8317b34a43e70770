// Relations between rows: within a file, and between two files.
import { basename } from 'node:path';
import { t } from '../core/base/messages.ts';
import { createChecker } from '../core/dataset/check/checker.ts';
import { contradictionFindings, createContradictionFinder } from '../core/dataset/compare/contradictions.ts';
import { createDuplicateFinder, duplicateFindings } from '../core/dataset/compare/duplicates.ts';
import type { Finding } from '../core/dataset/finding.ts';
import { countLeaks, leakageFindings, leaksBetween } from '../core/dataset/compare/leakage.ts';
import { rowOfLine, type DataRow } from '../core/dataset/compare/row.ts';
import type { ContradictionReport, DuplicateReport, FoundRows, LeakageReport } from '../protocol/datasetWorker.ts';
import { createKeeper } from './keeper.ts';
import { LineIndex } from './lineIndex.ts';
import { contentOf, type ReadFile } from './partFiles.ts';
import { WorkerProblem } from './problem.ts';
import { readLines } from './readLines.ts';

export async function findDuplicates(path: string, limit: number, signal: AbortSignal): Promise<DuplicateReport> {
  const finder = createDuplicateFinder();
  const index = await LineIndex.open(path);
  try {
    const read = await readRows(path, index, signal, (line, row) => {
      finder.add(line, row);
    });
    const report = await finder.finish((line) => index.text(line), signal);
    signal.throwIfAborted();
    const whole = report.near.filter(({ part }) => part === 'whole');
    return {
      ...found(read, duplicateFindings(report), limit),
      exact: report.exact.map(({ line }) => line),
      near: whole.map(({ line }) => line).sort((a, b) => a - b),
    };
  } finally {
    await index.close();
  }
}

export async function findContradictions(
  path: string,
  limit: number,
  signal: AbortSignal,
): Promise<ContradictionReport> {
  const finder = createContradictionFinder();
  const read = await readRows(path, null, signal, (line, row) => {
    finder.add(line, row);
  });
  const contradictions = finder.finish();
  const prompts = new Set(contradictions.map(({ group }) => group)).size;
  return { ...found(read, contradictionFindings(contradictions), limit), prompts };
}

export async function findLeakage(
  path: string,
  against: string,
  limit: number,
  signal: AbortSignal,
): Promise<LeakageReport> {
  const other = await LineIndex.open(against);
  try {
    const index = await LineIndex.open(path);
    try {
      let read: ReadFile = { sha256: '', rows: 0 };
      const leaks = await leaksBetween(
        {
          each: async (use) => {
            read = await readRows(path, index, signal, use);
          },
          text: (line) => index.text(line),
        },
        {
          each: async (use) => {
            await readRows(against, other, signal, use);
          },
          text: (line) => other.text(line),
        },
        signal,
      );
      signal.throwIfAborted();
      return {
        ...found(read, leakageFindings(leaks, basename(against)), limit),
        lines: leaks.map(({ line }) => line),
        ...countLeaks(leaks),
      };
    } finally {
      await index.close();
    }
  } finally {
    await other.close();
  }
}

function found(read: ReadFile, findings: readonly Finding[], limit: number): FoundRows {
  const kept = createKeeper(limit);
  kept.add(findings);
  return { sha256: read.sha256, examples: read.rows, ...kept.result() };
}

/** Every row that can be compared; what cannot be read has no relations. */
export async function readRows(
  path: string,
  index: LineIndex | null,
  signal: AbortSignal,
  /** The row's texts can be had only inside. */
  use: (line: number, row: DataRow) => void,
): Promise<ReadFile> {
  const checker = createChecker({ accept: 'any', minExamples: 0 });
  let rows = 0;
  let compared = 0;
  const { sha256 } = await readLines(
    { path },
    {
      signal,
      onLine: (line) => {
        index?.add(line);
        const checked = checker.line(line);
        if (contentOf(line) !== null) rows += 1;
        const row = rowOfLine(checked);
        if (row === null) return !checker.stopped;
        compared += 1;
        use(line.number, row);
        return !checker.stopped;
      },
    },
  );
  if (compared === 0) {
    throw new WorkerProblem({
      code: 'no-examples',
      message: t('{0} has no examples that can be compared.', basename(path)),
      action: t('Look at its problems, or choose another file.'),
    });
  }
  return { sha256, rows };
}
