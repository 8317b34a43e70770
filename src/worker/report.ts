// Everything that can be said of a dataset, in one reading of it.
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { CONTEXT_LIMITS } from '../core/cost/contexts.ts';
import { compareFormats, createFormatCollector } from '../core/dataset/compare/formats.ts';
import { CONTEXT_TOKENS, createChecker, type CheckedLine } from '../core/dataset/check/checker.ts';
import { createContradictionFinder } from '../core/dataset/compare/contradictions.ts';
import { convertRow } from '../core/dataset/transform/convert.ts';
import { createDuplicateFinder } from '../core/dataset/compare/duplicates.ts';
import type { ChatExample, ChatMessage } from '../core/dataset/example.ts';
import { isHeldOut } from '../core/dataset/fileNames.ts';
import type { Finding } from '../core/dataset/finding.ts';
import type { ExampleKind } from '../core/dataset/kind.ts';
import { createLeakageFinder, type Leak, type LeakageCode } from '../core/dataset/compare/leakage.ts';
import { exampleOfGoodLine, parseExample } from '../core/dataset/check/parseExample.ts';
import type { DatasetComparison, DatasetReport, LeakedRows, RuleProblems } from '../core/dataset/report/types.ts';
import { rowOfLine, type DataRow } from '../core/dataset/compare/row.ts';
import { RowCollector, rowLines } from '../core/dataset/report/rowLines.ts';
import { isRecord } from '../core/dataset/check/rules/rule.ts';
import { createStatistics } from '../core/dataset/report/statistics.ts';
import type { TokenCounter } from '../core/tokens/count.ts';
import { LineIndex } from './lineIndex.ts';
import { toProblem, WorkerProblem } from './problem.ts';
import { readLines } from './readLines.ts';

/** `onProgress`: the share of the bytes that has been read, 0…1. */
export async function report(
  path: string,
  { against }: { readonly against: string | null },
  counter: TokenCounter,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<DatasetReport> {
  const sizes = await Promise.all([path, ...(against === null ? [] : [against])].map(sizeOf));
  const total = Math.max(
    1,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  let before = 0;
  const reading = {
    signal,
    onBytes: (bytes: number): void => {
      onProgress(Math.min(1, (before + bytes) / total));
    },
  };
  const held = isHeldOut(path) && (against === null || !isHeldOut(against)) ? 'file' : 'against';
  const leakage = against === null ? null : createLeakageFinder();
  const index = await LineIndex.open(path);
  try {
    const other =
      against === null || leakage === null
        ? null
        : createOther(against, reading, (line, row) => {
            if (held === 'file') leakage.other(line, row);
            else leakage.check(line, row);
          });
    try {
      // The rows to train on come first: the others are looked up among them.
      if (held === 'file' && other !== null) {
        await other.read();
        before = sizes[1] ?? 0;
      }
      const own = await readOwn(path, index, counter, reading, (line, row) => {
        if (held === 'file') leakage?.check(line, row);
        else leakage?.other(line, row);
      });
      if (held === 'against' && other !== null) {
        before = sizes[0] ?? 0;
        await other.read();
      }
      counter.reset();
      const load = (line: number): Promise<string | null> => index.text(line);
      const duplicates = await own.duplicates.finish(load, signal);
      const loadOther = (line: number): Promise<string | null> => other?.text(line) ?? Promise.resolve(null);
      const leaks =
        leakage === null
          ? []
          : held === 'file'
            ? await leakage.finish(load, loadOther, signal)
            : await leakage.finish(loadOther, load, signal);
      signal.throwIfAborted();
      const near = duplicates.near.filter(({ part }) => part === 'whole').map(({ line }) => line);
      return {
        ...own.report,
        duplicates: {
          exact: rowLines(duplicates.exact.map(({ line }) => line)),
          near: rowLines(near.sort((a, b) => a - b)),
        },
        comparison:
          against === null || other === null
            ? null
            : (other.problem() ?? {
                against,
                held,
                heldRows: held === 'file' ? own.compared() : other.compared(),
                ...byCode(leaks),
                format:
                  held === 'file'
                    ? compareFormats(other.formats.format(null), own.formats.format(null))
                    : compareFormats(own.formats.format(null), other.formats.format(null)),
              }),
      };
    } finally {
      await other?.close();
    }
  } finally {
    await index.close();
  }
}

interface Reading {
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

async function sizeOf(path: string): Promise<number> {
  // What cannot be looked at is told by opening it.
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function readOwn(
  path: string,
  index: LineIndex,
  counter: TokenCounter,
  { signal, onBytes }: Reading,
  compare: (line: number, row: DataRow) => void,
) {
  const checker = createChecker({ accept: 'any', ...(isHeldOut(path) ? { minExamples: 0 } : {}) });
  const statistics = createStatistics(counter, CONTEXT_LIMITS);
  const duplicates = createDuplicateFinder();
  const contradictions = createContradictionFinder();
  const formats = createFormatCollector();
  const problems = createProblems();
  const uncounted = new RowCollector();
  const wrong = new RowCollector();
  let compared = 0;
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
        if (checked.findings.some(isOfRow)) wrong.add(line.number);
        if (checked.blank) return true;
        const { example } = checked;
        const measured = example ?? measurable(checked);
        if (measured === null) uncounted.add(line.number);
        else {
          if (statistics.add(line.number, measured) > CONTEXT_TOKENS) wrong.add(line.number);
          formats.add(measured);
        }
        const row = rowOfLine(checked);
        if (row === null) return true;
        compared += 1;
        duplicates.add(line.number, row);
        contradictions.add(line.number, row);
        compare(line.number, row);
        return true;
      },
    },
  );
  const end = checker.end();
  problems.add(end.findings);
  const figures = statistics.figures();
  const contradicted = contradictions.finish();
  const cut = figures.overLimit.find(({ limit }) => limit === CONTEXT_TOKENS)?.rows;
  if (cut !== undefined && cut.count > 0) {
    problems.put({
      code: 'example-too-long',
      severity: 'error',
      message: 'The example is longer than the context: its end is cut off, and that is the answer.',
      rows: cut,
    });
  }
  return {
    duplicates,
    formats,
    compared: () => compared,
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

/** An error of the row itself: that a kind is not trained on is said at its first row, and meant of all. */
function isOfRow({ severity, code }: Finding): boolean {
  return severity === 'error' && !code.startsWith('kind-');
}

/**
 * What can be counted of a row that is no chat example but well written: other forms as the chat example they would be,
 * preference pairs with both answers, rows for reinforcement as they are. Null for everything else.
 */
function measurable({ text, kind, findings }: CheckedLine): ChatExample | null {
  if (text === null || kind === null || kind === 'chat') return null;
  if (findings.some(isOfRow)) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  switch (kind satisfies ExampleKind) {
    case 'preference': {
      const input = isRecord(value['input']) ? value['input'] : {};
      // The preferred answer last: it is the one that counts as the answer.
      const turns = [input['messages'], value['non_preferred_output'], value['preferred_output']];
      const messages = turns.flatMap((list: unknown) => (Array.isArray(list) ? (list as readonly ChatMessage[]) : []));
      return Array.isArray(input['tools']) ? { messages, tools: input['tools'] } : { messages };
    }
    case 'reinforcement':
      return exampleOfGoodLine(text);
    default: {
      const converted = convertRow(value, text);
      const parsed = converted.ok ? parseExample(converted.value) : null;
      return parsed?.ok === true ? parsed.value : null;
    }
  }
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

/** The file the dataset is held against. One that cannot be read is a problem of its own: the report says the rest. */
function createOther(path: string, { signal, onBytes }: Reading, use: (line: number, row: DataRow) => void) {
  const formats = createFormatCollector();
  let index: LineIndex | null = null;
  let compared = 0;
  let problem: { readonly against: string; readonly problem: WorkerProblem['problem'] } | null = null;
  const read = async (): Promise<void> => {
    const checker = createChecker({ accept: 'any', minExamples: 0 });
    const opened = await LineIndex.open(path);
    index = opened;
    await readLines(
      { path },
      {
        signal,
        afterChunk: onBytes,
        onLine: (line) => {
          opened.add(line);
          const checked = checker.line(line);
          if (checked.blank || checked.text === null) return !checker.stopped;
          const { example } = checked;
          if (example !== null) formats.add(example);
          const row = rowOfLine(checked);
          if (row === null) return !checker.stopped;
          compared += 1;
          use(line.number, row);
          return !checker.stopped;
        },
      },
    );
    if (compared > 0) return;
    throw new WorkerProblem({
      code: 'no-examples',
      message: `${basename(path)} has no examples that could be compared.`,
      action: 'Choose another file to compare with.',
    });
  };
  return {
    formats,
    compared: () => compared,
    problem: () => problem,
    text: (line: number): Promise<string | null> => index?.text(line) ?? Promise.resolve(null),
    read: async (): Promise<void> => {
      try {
        await read();
      } catch (error) {
        signal.throwIfAborted();
        problem = { against: path, problem: toProblem(error, signal) };
      }
    },
    close: async (): Promise<void> => {
      await index?.close();
    },
  };
}

function byCode(leaks: readonly Leak[]): Pick<DatasetComparison, 'exact' | 'prompt' | 'near'> {
  const of = (code: LeakageCode): LeakedRows => {
    const some = leaks.filter((leak) => leak.code === code);
    const training = [...new Set(some.map(({ other }) => other))].sort((a, b) => a - b);
    return { held: rowLines(some.map(({ line }) => line)), training: rowLines(training) };
  };
  return { exact: of('leakage-exact'), prompt: of('leakage-prompt'), near: of('leakage-near') };
}
