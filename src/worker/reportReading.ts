// One reading of the dataset that a report is about.
import { t } from '../core/base/messages.ts';
import { CONTEXT_LIMITS } from '../core/cost/contexts.ts';
import { CONTEXT_TOKENS, createChecker } from '../core/dataset/check/checker.ts';
import { createContradictionFinder } from '../core/dataset/compare/contradictions.ts';
import { createDuplicateFinder } from '../core/dataset/compare/duplicates.ts';
import { rowOfLine } from '../core/dataset/compare/row.ts';
import { isHeldOut } from '../core/dataset/fileNames.ts';
import type { Finding } from '../core/dataset/finding.ts';
import { RowCollector, rowLines } from '../core/dataset/report/rowLines.ts';
import { createStatistics } from '../core/dataset/report/statistics.ts';
import type { RuleProblems } from '../core/dataset/report/types.ts';
import type { TokenCounter } from '../core/tokens/count.ts';
import type { LineIndex } from './lineIndex.ts';
import { isOfRow, measurable } from './measurable.ts';
import { readLines } from './readLines.ts';

export interface Reading {
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

/** Reads the dataset once: its report, and the finder of duplicates, which still needs other lines. */
export async function readOwn(path: string, index: LineIndex, counter: TokenCounter, { signal, onBytes }: Reading) {
  const checker = createChecker({ accept: 'any', ...(isHeldOut(path) ? { minExamples: 0 } : {}) });
  const statistics = createStatistics(counter, CONTEXT_LIMITS);
  const duplicates = createDuplicateFinder();
  const contradictions = createContradictionFinder();
  const problems = createProblems();
  const uncounted = new RowCollector();
  const wrong = new RowCollector();
  const noteWrong = (findings: readonly Finding[], at: number): void => {
    const lines = new Set(findings.filter(isOfRow).map(({ line }) => (line === 0 ? at : line)));
    for (const line of lines) wrong.add(line);
  };
  const { bytes } = await readLines(
    { path },
    {
      signal,
      afterChunk: onBytes,
      onLine: (line) => {
        index.add(line);
        const checked = checker.line(line);
        problems.add(checked.findings);
        if (checker.stopped) return false;
        noteWrong(checked.findings, line.number);
        if (checked.blank) return true;
        const { example } = checked;
        const measured = example ?? measurable(checked);
        if (measured === null) uncounted.add(line.number);
        else {
          if (statistics.add(line.number, measured) > CONTEXT_TOKENS) wrong.add(line.number);
        }
        const row = rowOfLine(checked);
        if (row === null) return true;
        duplicates.add(line.number, row);
        contradictions.add(line.number, row);
        return true;
      },
    },
  );
  const late = checker.late();
  problems.add(late);
  noteWrong(late, 0);
  const end = checker.end();
  problems.add(end.findings);
  const figures = statistics.figures();
  const contradicted = contradictions.finish();
  const cut = figures.overLimit.find(({ limit }) => limit === CONTEXT_TOKENS)?.rows;
  if (cut !== undefined && cut.count > 0) {
    problems.put({
      code: 'example-too-long',
      severity: 'error',
      message: t('The example is longer than the context: its end, which is the answer, is cut off.'),
      rows: cut,
    });
  }
  return {
    duplicates,
    report: {
      bytes,
      kind: end.kind,
      examples: end.examples,
      uncounted: uncounted.rows(),
      wrong: wrong.rows(),
      statistics: figures,
      problems: problems.all(),
      contradictions: {
        prompts: new Set(contradicted.map(({ group }) => group)).size,
        rows: rowLines(contradicted.map(({ line }) => line)),
      },
    },
  };
}

function createProblems() {
  const found = new Map<string, Omit<RuleProblems, 'rows'> & { readonly rows: RowCollector }>();
  const ready: RuleProblems[] = [];
  const order = { error: 0, warning: 1, information: 2 } as const;
  return {
    add(findings: readonly Finding[]): void {
      for (const { code, severity, message, line } of findings) {
        let known = found.get(code);
        if (known === undefined) {
          known = { code, severity, message, rows: new RowCollector() };
          found.set(code, known);
        }
        if (line > 0) known.rows.add(line);
      }
    },
    put(problem: RuleProblems): void {
      ready.push(problem);
    },
    all(): readonly RuleProblems[] {
      return [...found.values()]
        .map((problem) => ({ ...problem, rows: problem.rows.rows() }))
        .concat(ready)
        .sort((a, b) => order[a.severity] - order[b.severity] || b.rows.count - a.rows.count);
    },
  };
}
