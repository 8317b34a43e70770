import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { t } from '../core/base/messages.ts';
import { createAnswerCollector } from '../core/dataset/report/answers.ts';
import type { CheckedLine } from '../core/dataset/check/checkedLine.ts';
import { createChecker } from '../core/dataset/check/checker.ts';
import { contradictionFindings, createContradictionFinder } from '../core/dataset/compare/contradictions.ts';
import { createDuplicateFinder, duplicateFindings } from '../core/dataset/compare/duplicates.ts';
import type { Finding } from '../core/dataset/finding.ts';
import { graderFields, hasSystemMessage } from '../core/dataset/check/gradedRow.ts';
import { answerOf } from '../core/dataset/identity.ts';
import type { ExampleKind } from '../core/dataset/kind.ts';
import { createLeakageFinder, leakageFindings } from '../core/dataset/compare/leakage.ts';
import { parseGraderFile } from '../core/training/graderSchema.ts';
import { rowOfLine } from '../core/dataset/compare/row.ts';
import { exampleTokens } from '../core/tokens/count.ts';
import { o200k } from '../local/tokens.ts';
import { FileProblem, openDataset, type DatasetFile } from './datasetFile.ts';
import { place, type Printed } from './findings.ts';

export interface FileCheckOptions {
  /** File whose examples must not be in this one. */
  readonly against?: string | null;
  /** Result of `readGrader`. */
  readonly grader?: unknown;
  /** Smallest number of examples; 0: any. */
  readonly minExamples?: number;
  /** Also count tokens and read the answers, for a start. */
  readonly figures?: boolean;
  /** Also hash the checked bytes. */
  readonly hashed?: boolean;
}

export interface FileCheck {
  readonly findings: readonly Printed[];
  readonly examples: number;
  readonly kind: ExampleKind | null;
  /** Tokens of one epoch by the billing formula; null when not every line could be counted. */
  readonly tokens: number | null;
  /** Tokens of tool definitions and calls among them. */
  readonly toolTokens: number;
  /** Hexadecimal; null when it was not requested, or the file was not read to its end. */
  readonly sha256: string | null;
  /** Common beginning of all answers. */
  readonly answerPrefix: string | null;
  /** Rows for a grader that have a system message. */
  readonly systemRows: number;
}

/** Finds everything that is wrong with a file: its lines, and lines among each other. @throws FileProblem */
export async function checkFile(path: string, options: FileCheckOptions = {}): Promise<FileCheck> {
  const checker = createChecker({
    accept: 'any',
    // Loaded with the first line that might be too long.
    counter: { count: (text) => o200k().count(text), reset: () => undefined },
    ...(options.minExamples === undefined ? {} : { minExamples: options.minExamples }),
    ...(options.grader === undefined ? {} : { graderFields: graderFields(options.grader) }),
  });
  const duplicates = createDuplicateFinder();
  const contradictions = createContradictionFinder();
  const leakage = options.against === undefined || options.against === null ? null : createLeakageFinder();
  const figures = options.figures === true ? createFigures() : null;
  const findings: Finding[] = [];
  let systemRows = 0;
  const file = openDataset(path, { hashed: options.hashed === true });
  let other: DatasetFile | null = null;
  try {
    if (leakage !== null && typeof options.against === 'string') {
      other = openDataset(options.against);
      const reference = createChecker({ accept: 'any', minExamples: 0 });
      await other.each((line) => {
        const row = rowOfLine(reference.line(line));
        if (row !== null) leakage.other(line.number, row);
        return !reference.stopped;
      });
    }
    await file.each((line) => {
      const checked = checker.line(line);
      for (const finding of checked.findings) findings.push(finding);
      figures?.add(checked);
      if (checked.kind === 'reinforcement' && hasSystemMessage(checked.text ?? '')) systemRows += 1;
      const row = rowOfLine(checked);
      if (row !== null) {
        duplicates.add(line.number, row);
        contradictions.add(line.number, row);
        leakage?.check(line.number, row);
      }
      return !checker.stopped;
    });
    const load = (line: number): string | null => file.text(line);
    const end = checker.end();
    for (const finding of end.findings) findings.push(finding);
    for (const finding of duplicateFindings(await duplicates.finish(load))) findings.push(finding);
    for (const finding of contradictionFindings(contradictions.finish())) findings.push(finding);
    if (leakage !== null && other !== null) {
      const reference = other;
      const leaks = await leakage.finish(load, (line) => reference.text(line));
      for (const finding of leakageFindings(leaks, basename(reference.path))) findings.push(finding);
    }
    return {
      findings: findings
        .map((finding) => place(finding, path, file))
        .sort((a, b) => a.line - b.line || a.column - b.column),
      examples: end.examples,
      kind: end.kind,
      sha256: file.sha256(),
      tokens: figures?.tokens(end.examples) ?? null,
      toolTokens: figures?.toolTokens() ?? 0,
      answerPrefix: figures?.answerPrefix() ?? null,
      systemRows,
    };
  } finally {
    file.close();
    other?.close();
  }
}

function createFigures() {
  const answers = createAnswerCollector((text) => text.length / 4);
  let tokens = 0;
  let toolTokens = 0;
  let counted = 0;
  return {
    add(checked: CheckedLine): void {
      if (checked.example === null) return;
      const count = exampleTokens(checked.example, o200k());
      tokens += count.tokens;
      toolTokens += count.toolTokens ?? 0;
      counted += 1;
      answers.add(answerOf(checked.example) ?? '');
    },
    tokens: (examples: number): number | null => (counted > 0 && counted === examples ? tokens : null),
    toolTokens: (): number => toolTokens,
    answerPrefix: (): string | null => answers.figures().commonPrefix,
  };
}

/**
 * Reads a grader file. `problem`: the finding about a grader that no start would take; its fields are checked all the same.
 * @throws FileProblem
 */
export function readGrader(path: string): { readonly value: unknown; readonly problem: Printed | null } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new FileProblem(t('{0} cannot be read.', path));
  }
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw new FileProblem(t('{0} is not a grader: it is not JSON.', path));
  }
  const judged = parseGraderFile(text);
  if (judged.ok) return { value, problem: null };
  const { message, action } = judged.error;
  return {
    value,
    problem: { file: path, line: 1, column: 1, endColumn: 1, code: 'bad-grader', severity: 'error', message, action },
  };
}
